//! What can be typed about many inputs: which they are, and how fast they go.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

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
    /// Empty lines, and lines that begin with #, are skipped.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}
