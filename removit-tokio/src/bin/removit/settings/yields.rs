//! Which options contradict each other, so that what is set makes way for what is
//! typed, and what the file says for what the environment says.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Arg, Command};
use removit_tokio::proto::OutputFormat;

use super::options::{is_flag, name_of};
use crate::photo_args::Format;

/// An option with its words.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) arg: &'a Arg,
    pub(super) words: &'a [OsString],
}

impl Said<'_> {
    /// Whether it says anything: a flag that is off, and what was unset, do not.
    fn is_on(&self) -> bool {
        let is_off = is_flag(self.arg) && self.words.iter().all(|word| word == "false");
        !is_off && !self.words.is_empty()
    }

    fn name(&self) -> &str {
        name_of(self.arg)
    }

    fn word(&self) -> &OsStr {
        self.words.first().map_or(OsStr::new(""), OsString::as_os_str)
    }
}

/// Whether the arguments themselves exclude each other.
pub(super) fn exclude_each_other(command: &Command, one: Said<'_>, other: Said<'_>) -> bool {
    let names = |arg: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(arg).iter().any(|arg| arg.get_id() == other.get_id())
    };
    let excludes = names(one.arg, other.arg) || names(other.arg, one.arg);
    one.is_on() && other.is_on() && excludes
}

/// Whether one of them has to make way for the other.
pub(super) fn contradict(command: &Command, one: Said<'_>, other: Said<'_>) -> bool {
    exclude_each_other(command, one, other)
        || (one.is_on() && other.is_on() && (by_meaning(one, other) || by_meaning(other, one)))
}

fn by_meaning(one: Said<'_>, other: Said<'_>) -> bool {
    match (one.name(), other.name()) {
        ("mode", "params") => one.word() != "params",
        ("output", "delivery") => other.word() == "url",
        ("output", "json") => one.word() == "-",
        ("output", "format") => is_another_format(one.word(), other.word()),
        _ => false,
    }
}

/// Whether a file's ending names another format. One that names none is refused
/// elsewhere.
fn is_another_format(file: &OsStr, format: &OsStr) -> bool {
    let ending = Path::new(file).extension().and_then(OsStr::to_str);
    let (Some(ending), Some(format)) = (ending, format.to_str()) else { return false };
    let plain = |word: &str| match Format::of_ending(word).map(OutputFormat::from) {
        Some(OutputFormat::Jpeg) => Some(OutputFormat::Jpg),
        format => format,
    };
    plain(ending) != plain(format)
}
