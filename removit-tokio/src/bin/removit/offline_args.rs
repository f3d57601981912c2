//! What can be typed to the commands that only print: they ask no server and need
//! no key.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The journal; another process may be at work on it
    pub(crate) journal: PathBuf,

    /// Also write a page for a browser to this file: each photo and its results side by
    /// side, what there is to do, and how long jobs took
    ///
    /// It asks no network and names the pictures by their files, from where it is: leave
    /// it where they are, or move it together with them. An earlier page is replaced, any
    /// other file never.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = INSTALL_COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = READ_MAN)]
pub(crate) struct ManArgs {
    /// The command, such as process [default: the program itself]
    pub(crate) command: Option<String>,
}

const INSTALL_COMPLETIONS: &str = "\
Where they belong:
  bash  removit completions bash > ~/.local/share/bash-completion/completions/removit
  zsh   removit completions zsh > _removit, in a folder of $fpath
  fish  removit completions fish > ~/.config/fish/completions/removit.fish";

const READ_MAN: &str = "\
To read it:     removit man process | man -l -
To install it:  removit man process > ~/.local/share/man/man1/removit-process.1";
