//! What can be typed. No decision is made here but whether it makes sense.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use removit_tokio::proto::JobId;

use crate::batch_args::{BatchArgs, InputsArgs, OnAmbiguous, PaceArgs};
use crate::check_args::CheckArgs;
use crate::offline_args::{CompletionsArgs, ConfigArgs, ManArgs, ReportArgs};
use crate::photo_args::{OptionArgs, PhotoArgs};
pub(crate) use crate::shared_args::{Auth, DEFAULT_BASE_URL, Roots, Shared};

/// Product photos through the Removit API: upload, wait, download.
///
/// The API key is read from the environment variable REMOVIT_API_KEY or from
/// --api-key-file. Results go to standard output, all else to standard error.
#[derive(Debug, Parser)]
#[command(name = "removit", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Settings: each option can be set by the environment and by a file, see removit config --help.

Exit codes:
  0 done   1 local file or folder   2 usage   3 inputs ended differently, or are left
  4 key refused   5 no credits   6 upload ambiguous: a job may exist
  7 not done in time   8 rejected   9 job failed   10 not sent, or a server not reached
  130 interrupted

What one photo cost is remembered in $XDG_STATE_HOME/removit, or else in
~/.local/state/removit; many photos have a journal beside their results. A photo that
was paid for with the same options is not paid for again, unless --again says so.

Try it without a key and without a network: removit demo";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Upload photos, wait for their jobs, save the results
    Process(ProcessArgs),
    /// Go on with a run of many photos that was cut off
    Resume(ResumeArgs),
    /// Upload a photo and print the job's id alone
    ///
    /// One that was submitted before, with the same options, is known by its job.
    Submit(SubmitArgs),
    /// Show how a job is, without waiting
    Status(StatusArgs),
    /// Wait for a job that exists and save its results
    Wait(WaitArgs),
    /// Show what a journal says: how far each input came, and what is to be done
    Report(ReportArgs),
    /// Find out whether a server keeps the contract
    Check(CheckArgs),
    /// Serve a simulated Removit API on this machine
    Simulate(SimulateArgs),
    /// Take a bundled photo through a simulated API, without key or network
    Demo(DemoArgs),
    /// Show each setting that holds, and where it came from
    Config(ConfigArgs),
    /// Print what a shell needs to complete this program's words
    Completions(CompletionsArgs),
    /// Print the manual page of this program or of one of its commands
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ProcessArgs {
    #[command(flatten)]
    pub(crate) inputs: InputsArgs,
    #[command(flatten)]
    pub(crate) options: OptionArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
    #[command(flatten)]
    pub(crate) again: AgainArgs,
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The journal of the run to go on with
    pub(crate) journal: PathBuf,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) photo: PhotoArgs,
    #[command(flatten)]
    pub(crate) again: AgainArgs,
    /// What to do where a job may exist, and be charged, that nobody knows the id of
    #[arg(long, value_enum, default_value_t = OnAmbiguous::Report)]
    pub(crate) on_ambiguous: OnAmbiguous,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// The job's id; after -- where it begins with -
    pub(crate) job_id: JobId,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// What the results are called [default: the job's id]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) time: TimeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The job's id; after -- where it begins with -
    pub(crate) job_id: JobId,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OutputArgs {
    /// Save the result to this file; - is standard output. Asks for --delivery final-url
    ///
    /// Its ending is the format that is asked for. Where a job has several results
    /// all the same, each is saved beside it with the variation's name.
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["out_dir", "no_download"])]
    pub(crate) output: Option<PathBuf>,

    /// Save each result to this folder [default: the current one]
    #[arg(long, value_name = "DIR", conflicts_with = "no_download")]
    pub(crate) out_dir: Option<PathBuf>,

    /// Print the results' URLs and save nothing
    #[arg(long)]
    pub(crate) no_download: bool,

    /// Replace files that exist
    #[arg(long, conflicts_with = "no_download")]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// How long to retry an upload that was not accepted, and to wait for a job
    /// [default: 10m for one photo; of many, 2h and 1h for each]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct AgainArgs {
    /// Pay anew for what was paid for before
    #[arg(long)]
    pub(crate) again: bool,
}

impl TimeArgs {
    /// For one photo.
    pub(crate) fn of_one(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(600))
    }
}

impl OutputArgs {
    /// Whether the one result goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.output.as_deref().is_some_and(|path| path.as_os_str() == "-")
    }
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The address to serve the API on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,

    /// What goes wrong; --list-scenarios explains each
    #[arg(long, value_name = "NAME", default_value = "happy")]
    pub(crate) scenario: String,

    /// A key that is accepted, and no other; give it once for each. By default any is
    #[arg(long = "accept-key", value_name = "KEY")]
    pub(crate) accept_keys: Vec<String>,

    /// List the scenarios and stop
    #[arg(long)]
    pub(crate) list_scenarios: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Save the results here [default: a new folder for temporary files]
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
