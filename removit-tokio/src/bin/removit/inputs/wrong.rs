//! A word or a line that stands for no photo, and why. The others go on.

use std::ffi::OsStr;

use crate::refused::Refused;
use crate::shell::printable;

/// An input that cannot be one.
#[derive(Debug)]
pub(crate) struct WrongInput {
    /// As it was typed.
    pub(crate) name: String,
    /// What is said of it; it names the input.
    pub(crate) refused: Refused,
}

impl WrongInput {
    /// For a word of the command line, or for a line of a list.
    pub(crate) fn new(word: &OsStr, line: Option<u64>, wrong: &Refused) -> Self {
        let name = word.to_string_lossy().into_owned();
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let message = format!("{line}{}: {}", shown(&name), wrong.message);
        Self { name, refused: Refused { exit: wrong.exit, message } }
    }
}

/// A name whose blanks at its ends can be seen.
fn shown(name: &str) -> String {
    let shown = printable(name);
    match name.trim() == name {
        true => shown,
        false => format!("'{shown}' (it begins or ends with a blank)"),
    }
}
