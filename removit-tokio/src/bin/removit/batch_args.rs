//! What can be typed about many inputs: which they are, and how fast they go.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::name_pattern::NamePattern;

#[derive(Debug, Args)]
pub(crate) struct InputsArgs {
    /// The photos: paths, http or https URLs, folders, patterns such as 'photos/*.jpg'
    #[arg(value_name = "INPUT", required_unless_present = "from")]
    pub(crate) inputs: Vec<OsString>,

    /// Take the photos in folders of folders too
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Read further inputs from this file, one a line; - is standard input
    ///
    /// Empty lines, and lines that begin with #, are skipped. A list with a NUL byte
    /// in it has a NUL after each name, as find -print0 writes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    pub(crate) pace: PaceArgs,

    /// Keep the record of what was sent, paid and saved in this file
    /// [default: of one photo the ledger in the state folder, see removit --help;
    /// of many removit.journal beside the results]
    ///
    /// A second run with the same journal skips what is done and fetches what is
    /// paid for. One process at a time writes to it.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,

    /// Tell what would be sent and what is done already, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// What the results are called: {stem}, {folder}, {ext} of the input, its {index},
    /// and {tree}/ for the folders below the one that was named
    ///
    /// A result is saved as NAME-VARIATION.EXTENSION. A / in the pattern makes
    /// folders in the one of --out-dir. Of two inputs of one name the second gets a
    /// number.
    #[arg(long, value_name = "PATTERN", default_value = "{stem}")]
    pub(crate) name: NamePattern,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub(crate) struct PaceArgs {
    /// Send at most so many photos at once
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) jobs: NonZeroUsize,

    /// Make at most so many requests a second, uploads and polls taken together
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) rate: NonZeroU32,

    /// Pay for at most so many jobs in this run; the other inputs stay for the next
    #[arg(long, value_name = "N")]
    pub(crate) max_jobs: Option<usize>,

    /// Ask before more than so many jobs are paid for; where nobody can be asked, stop
    #[arg(long, value_name = "N", default_value = "50")]
    pub(crate) confirm_over: usize,

    /// Do not ask, however many jobs are paid for
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// What to do where a job may exist, and be charged, that nobody knows the id of
    #[arg(long, value_enum, default_value_t = OnAmbiguous::Report)]
    pub(crate) on_ambiguous: OnAmbiguous,
}

impl PaceArgs {
    /// For one photo: nothing is asked.
    pub(crate) fn of_one(on_ambiguous: OnAmbiguous) -> Self {
        Self {
            jobs: NonZeroUsize::MIN,
            rate: NonZeroU32::MIN.saturating_add(9),
            max_jobs: None,
            confirm_over: 1,
            yes: true,
            on_ambiguous,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnAmbiguous {
    /// List the input and leave it
    Report,
    /// Send it again, which may be paid for twice
    Resend,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        inputs: InputsArgs,
        #[command(flatten)]
        batch: BatchArgs,
    }

    fn parse(words: &[&str]) -> Result<Typed, clap::Error> {
        Typed::try_parse_from([&["removit"], words].concat())
    }

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Typed::command().debug_assert();
    }

    #[test]
    fn inputs_are_typed_or_listed_or_both() {
        let none = parse(&["--recursive"]).unwrap_err();
        assert_eq!(none.kind(), clap::error::ErrorKind::MissingRequiredArgument);
        assert_eq!(parse(&["a", "b"]).unwrap().inputs.inputs, ["a", "b"]);
        assert_eq!(parse(&["--from", "-"]).unwrap().inputs.from, Some("-".into()));
        assert!(parse(&["a", "-r", "--from", "x"]).unwrap().inputs.recursive);
    }

    #[test]
    fn a_batch_is_careful_unless_told_otherwise() {
        let batch = parse(&["a"]).unwrap().batch;
        assert_eq!((batch.pace.jobs.get(), batch.pace.rate.get()), (4, 10));
        assert_eq!((batch.pace.on_ambiguous, batch.dry_run), (OnAmbiguous::Report, false));
        assert_eq!((batch.pace.max_jobs, batch.journal), (None, None));
        assert_eq!((batch.pace.confirm_over, batch.pace.yes), (50, false));
        assert_eq!(batch.name, NamePattern::default());
    }

    #[test]
    fn limits_that_let_nothing_through_are_refused() {
        for words in [["a", "--jobs", "0"], ["a", "--rate", "0"], ["a", "--name", "../x"]] {
            let error = parse(&words).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::ValueValidation, "{words:?}");
        }
        assert_eq!(parse(&["a", "--max-jobs", "0"]).unwrap().batch.pace.max_jobs, Some(0));
    }
}
