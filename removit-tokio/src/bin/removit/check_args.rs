//! What can be typed to `check`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use removit_tokio::proto::JobId;

#[derive(Debug, Args)]
#[command(after_help = NIGHTLY)]
pub(crate) struct CheckArgs {
    /// Pay for at most so many real jobs; 18 meet every pair of mode, delivery and format
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) credits: u64,

    /// Compare with the run that is kept in this file; where there is none, keep this run
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Keep this run as the baseline from now on, whatever it found
    #[arg(long, requires = "baseline")]
    pub(crate) keep: bool,

    /// Print a JUnit report on standard output
    #[arg(long, conflicts_with = "json")]
    pub(crate) junit: bool,

    /// Send at most so many requests
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) requests: u64,

    /// Make at most so many requests a second
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) rate: NonZeroU32,

    /// Send these photos in real jobs, in turn [default: a small PNG of a cup]
    #[arg(long = "photo", value_name = "FILE")]
    pub(crate) photos: Vec<PathBuf>,

    /// Where the server finds a photo, for real jobs by URL
    #[arg(long, value_name = "URL")]
    pub(crate) photo_url: Option<String>,

    /// A job of another account, which the server must not show
    #[arg(long, value_name = "JOB_ID")]
    pub(crate) foreign_job: Option<JobId>,

    /// How long a real job is followed
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10m")]
    pub(crate) timeout: Duration,

    /// Send the requests of an earlier run again: its report tells the seed
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u128>,
}

const NIGHTLY: &str = "\
Without --credits only requests are sent that a server has to refuse: they cost nothing.
One that is accepted all the same is reported with its job, and no more are sent.

Exit codes:
  0 kept   3 a rule is broken, or something is other than in the baseline
  4 key refused   5 no credits for --credits   7 a job was not done in time
  10 the server could not be reached

Every night, from cron:
  17 3 * * *  removit check --credits 2 --seed 1 --quiet --api-key-file /etc/removit.key \\
                --baseline /var/lib/removit/contract.json || mail -s 'Removit changed' ops
The first night keeps its run; each later one says what is new or gone since then. Once
that is understood, --keep makes it the usual. --junit is for a CI that shows tests.
Nights that are compared send the same: give --seed, and the same --credits.

Against a vendor on this machine:
  removit simulate --accept-key secret &
  REMOVIT_API_KEY=secret removit check --credits 18 --base-url http://127.0.0.1:8787";
