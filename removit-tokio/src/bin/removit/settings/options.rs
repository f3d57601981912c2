//! The options of the program, as its arguments have them, and what each of them takes.

use std::ffi::{OsStr, OsString};

use clap::builder::{BoolishValueParser, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::Cli;

/// Commands that only print: nothing is set for them.
const UNSET: [&str; 3] = ["completions", "man", "help"];

/// Options that say where the settings are.
pub(super) const ABOUT_SETTINGS: [&str; 2] = ["config", "profile"];

/// Options that mean something of their own in one command: what is set for all
/// commands does not hold there.
const OF_ONE_COMMAND: [(&str, &str); 2] = [("demo", "out-dir"), ("wait", "name")];

/// The program's arguments, with those of every command that the program has anyway.
pub(crate) fn program() -> Command {
    let mut program = Cli::command();
    program.build();
    program
}

/// The commands for which something can be set.
pub(crate) fn commands(program: &Command) -> impl Iterator<Item = &Command> {
    program.get_subcommands().filter(|command| !UNSET.contains(&command.get_name()))
}

/// A command's options that can be set.
pub(crate) fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long().is_some_and(|name| {
            !ABOUT_SETTINGS.contains(&name)
                && !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version)
        })
    })
}

pub(crate) fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    options(command).find(|arg| name_of(arg) == name)
}

pub(crate) fn name_of(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

/// Whether what is set for all commands holds for this one.
pub(crate) fn is_for_all(command: &str, option: &str) -> bool {
    !OF_ONE_COMMAND.contains(&(command, option))
}

/// Whether it takes no value when it is typed.
pub(crate) fn is_flag(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// Whether it can be given several times, for several values.
pub(crate) fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// Whether its value is a file or a folder.
pub(crate) fn is_path(arg: &Arg) -> bool {
    matches!(value_name(arg), "FILE" | "DIR")
}

/// Whether its value is shown to nobody.
pub(crate) fn is_secret(arg: &Arg) -> bool {
    value_name(arg) == "KEY"
}

fn value_name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// Whether the option takes this value, in the form in which it is held.
///
/// # Errors
/// Why not, and what is allowed.
pub(crate) fn take(arg: &Arg, value: &OsStr) -> Result<OsString, String> {
    let mut probe = arg.clone();
    probe = probe.short(None).global(false).required(false);
    probe = probe.conflicts_with(Resettable::Reset).requires(Resettable::Reset);
    probe = probe.action(ArgAction::Set).num_args(1).allow_hyphen_values(true);
    if is_flag(arg) {
        probe = probe.value_parser(BoolishValueParser::new());
    }
    let id = probe.get_id().clone();
    let probe = Command::new("removit")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(probe);
    let mut word = OsString::from(format!("--{}=", name_of(arg)));
    word.push(value);
    match probe.try_get_matches_from([word]) {
        Ok(found) if is_flag(arg) => {
            let is_on = found.get_one::<bool>(id.as_str()).is_some_and(|is_on| *is_on);
            Ok(if is_on { "true".into() } else { "false".into() })
        }
        Ok(_) => Ok(value.to_owned()),
        Err(error) => Err(why(&error, arg)),
    }
}

/// Why a value is not taken, and what is allowed.
fn why(error: &clap::Error, arg: &Arg) -> String {
    let allowed = allowed(arg);
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.kind(), source) {
        (ErrorKind::InvalidUtf8, _) => format!("it is no UTF-8; it takes {allowed}"),
        (ErrorKind::ValueValidation, Some(why)) if !is_flag(arg) => {
            format!("{why}; it takes {allowed}")
        }
        _ => match error.get(ContextKind::SuggestedValue) {
            Some(ContextValue::String(value)) => {
                format!("it takes {allowed}; did you mean {value}?")
            }
            _ => format!("it takes {allowed}"),
        },
    }
}

/// What an option takes, in words.
pub(crate) fn allowed(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    if is_flag(arg) {
        return "true or false".to_owned();
    }
    if !values.is_empty() {
        let names: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        return match &names[..] {
            [names @ .., last] if !names.is_empty() => format!("{} or {last}", names.join(", ")),
            _ => names.join(", "),
        };
    }
    let word = match value_name(arg) {
        "TIME" => "a time, such as 90s, 10m or 2h",
        "N" => "a whole number",
        "URL" => "a URL",
        "FILE" => "the path of a file",
        "DIR" => "the path of a folder",
        "NAME_OR_JSON" => "the name of a set, or a JSON object as text",
        "PATTERN" => "a pattern, such as {stem}",
        "JOB_ID" => "a job's id",
        "KEY" => "a key",
        _ if matches!(arg.get_action(), ArgAction::Count) => "0, 1 or 2",
        _ if arg.get_id() == "listen" => "an address, such as 127.0.0.1:8787",
        _ => "a text",
    };
    if is_list(arg) { format!("{word}, or a list of such") } else { word.to_owned() }
}
