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
#[command(after_help = SETTINGS)]
pub(crate) struct ConfigArgs {}

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

const SETTINGS: &str = "\
An option holds as it is typed, or else as its variable says, or else the file, or else
by default. What is typed puts aside what it contradicts, such as -o an out-dir that is
set. An option that takes no value is turned off by =no, such as --quiet=no.

Variables: REMOVIT_ and the option in capitals, such as REMOVIT_OUT_DIR=results or
REMOVIT_QUIET=yes; for one command alone REMOVIT_CHECK_RATE=2. Several values of one
option are separated as in PATH. An empty variable counts as none.

The file, config.toml in $XDG_CONFIG_HOME/removit or ~/.config/removit, or as --config or
REMOVIT_CONFIG says:
  api-key-file = \"removit.key\"    # beside this file; the key itself belongs to no settings
  jobs = 8
  profile = \"shop\"               # taken where neither --profile nor REMOVIT_PROFILE says
  [check]                         # for this command alone
  rate = 2
  [profiles.shop]
  out-dir = \"~/results\"
  format = \"webp\"
An empty text unsets. demo's --out-dir and wait's --name are set for their command alone.";

const INSTALL_COMPLETIONS: &str = "\
Where they belong:
  bash  removit completions bash > ~/.local/share/bash-completion/completions/removit
  zsh   removit completions zsh > _removit, in a folder of $fpath
  fish  removit completions fish > ~/.config/fish/completions/removit.fish";

const READ_MAN: &str = "\
To read it:     removit man process | man -l -
To install it:  removit man process > ~/.local/share/man/man1/removit-process.1";
