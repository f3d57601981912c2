//! Where the value of an option came from.

use std::fmt;
use std::path::PathBuf;

use crate::shell::printable;

/// In the order in which they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was typed.
    Flag,
    /// A variable.
    Environment(String),
    /// A line of the file, for one profile alone or for all.
    File {
        path: PathBuf,
        line: usize,
        profile: Option<String>,
    },
    Default,
}

impl Origin {
    /// In the words of the JSON lines.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment(_) => "environment",
            Self::File { .. } => "file",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("typed"),
            Self::Environment(variable) => f.write_str(variable),
            Self::File { path, line, profile } => {
                write!(f, "{}:{line}", printable(&path.to_string_lossy()))?;
                match profile {
                    Some(profile) => write!(f, " (profile {})", printable(profile)),
                    None => Ok(()),
                }
            }
            Self::Default => f.write_str("default"),
        }
    }
}
