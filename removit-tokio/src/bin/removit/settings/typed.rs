//! From what was typed to what is to be done: words are parsed, and what was not typed
//! is filled in from the settings.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::{BoolishValueParser, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};

use super::held::Held;
use super::loaded::Loaded;
use super::options::is_flag;
use super::origin::Origin;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::json;
use crate::output;
use crate::refused::Refused;

/// What comes of the words.
pub(crate) enum Parsed {
    /// Something to do; nothing is loaded for a command that needs no settings.
    Do(Box<Cli>, Option<Box<Loaded>>),
    /// All was said already.
    Said(ExitCode),
}

/// Options that mean something only beside another.
const BESIDE: [(&str, &str); 2] = [("json-status", "json"), ("keep", "baseline")];

/// Parses the words that were typed.
pub(crate) fn parse(words: &[OsString]) -> Parsed {
    match read(words) {
        Ok((cli, loaded)) => Parsed::Do(Box::new(cli), loaded.map(Box::new)),
        Err(Wrong::Words(error)) => Parsed::Said(told(&error, words)),
        Err(Wrong::Settings(refused)) => Parsed::Said(refuse(&refused, words)),
    }
}

enum Wrong {
    Words(clap::Error),
    Settings(Refused),
}

impl From<clap::Error> for Wrong {
    fn from(error: clap::Error) -> Self {
        Self::Words(error)
    }
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        Self::Settings(refused)
    }
}

fn read(words: &[OsString]) -> Result<(Cli, Option<Loaded>), Wrong> {
    let typed = parser(true).try_get_matches_from(words)?;
    let Some((name, of_command)) = typed.subcommand() else {
        return Ok((Cli::from_arg_matches(&typed)?, None));
    };
    if matches!(name, "completions" | "man") {
        return Ok((Cli::from_arg_matches(&typed)?, None));
    }
    let loaded = Loaded::load(of_command)?;
    let Some(command) = loaded.command(name) else {
        return Ok((Cli::from_arg_matches(&typed)?, Some(loaded)));
    };
    let mut held = loaded.held(command)?;
    stand_alone(&mut held)?;
    let is_listed = held.iter().any(|held| held.name() == "from" && !held.words.is_empty());
    let mut filled = parser(is_listed);
    for held in held.iter().filter(|held| held.is_set() && !held.words.is_empty()) {
        filled = fill(filled, name, held);
    }
    let matches = filled.try_get_matches_from(words)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let by_file = held.iter().filter(|held| matches!(held.origin, Origin::File { .. }));
    cli.shared.from_file = by_file.map(|held| held.name().to_owned()).collect();
    Ok((cli, Some(loaded)))
}

/// The arguments as they are parsed: an option without a value takes `=no`.
fn parser(is_listed: bool) -> Command {
    let with_no = |arg: Arg| match is_flag(&arg) {
        true => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .hide_default_value(true)
            .value_parser(BoolishValueParser::new())
            .requires(Resettable::Reset),
        false => arg,
    };
    let mut parser = Cli::command().mut_args(with_no);
    let names: Vec<_> = parser.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        parser = parser.mut_subcommand(name, |command| command.mut_args(with_no));
    }
    if is_listed {
        let free = |arg: Arg| arg.required_unless_present(Resettable::Reset);
        parser = parser.mut_subcommand("process", |process| process.mut_arg("inputs", free));
    }
    parser
}

/// What is set stands in for what would be so by default.
fn fill(parser: Command, command: &str, held: &Held<'_>) -> Command {
    let (id, words) = (held.arg.get_id().clone(), held.words.clone());
    let set = |arg: Arg| arg.default_values(words);
    match held.arg.is_global_set() {
        true => parser.mut_arg(id, set),
        false => parser.mut_subcommand(command, |command| command.mut_arg(id, set)),
    }
}

/// What means nothing alone is an error where it was typed, and left out where it is
/// only set.
fn stand_alone(held: &mut [Held<'_>]) -> Result<(), Wrong> {
    let is_on = |held: &[Held<'_>], name: &str| {
        let is_off = |held: &Held<'_>| held.words.first().is_none_or(|word| word == "false");
        held.iter().any(|held| held.name() == name && !is_off(held))
    };
    for (option, other) in BESIDE {
        if is_on(held, option) && !is_on(held, other) {
            for one in held.iter_mut().filter(|held| held.name() == option) {
                if one.origin == Origin::Flag {
                    let message = format!("--{option} means nothing without --{other}\n");
                    return Err(parser(true)
                        .error(ErrorKind::MissingRequiredArgument, message)
                        .into());
                }
                one.words.clear();
            }
        }
    }
    Ok(())
}

/// What clap says, as it says it.
fn told(error: &clap::Error, words: &[OsString]) -> ExitCode {
    // Help is that of the arguments as they are shown: without the `=no` of each.
    let plain = match error.kind() {
        ErrorKind::DisplayHelp => Cli::command().try_get_matches_from(words).err(),
        _ => None,
    };
    let error = plain.as_ref().filter(|plain| plain.kind() == error.kind()).unwrap_or(error);
    // A proxy's URL may hold a password.
    if names_proxy(error) {
        let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        return refuse(&Refused::usage(format!("--proxy: {why}")), words);
    }
    // Where nobody reads it, nothing is lost.
    let _ = error.print();
    if error.exit_code() == 0 {
        return ExitCode::SUCCESS;
    }
    if wants_json(words) {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        json::print_error(first.strip_prefix("error: ").unwrap_or(first), Exit::Usage);
    }
    Exit::Usage.into()
}

fn names_proxy(error: &clap::Error) -> bool {
    let named = error.get(ContextKind::InvalidArg);
    error.kind() == ErrorKind::ValueValidation
        && matches!(named, Some(ContextValue::String(name)) if name.starts_with("--proxy "))
}

/// What is wrong with the settings.
fn refuse(refused: &Refused, words: &[OsString]) -> ExitCode {
    output::say(&format!("removit: {}", refused.message));
    if wants_json(words) {
        json::print_error(&refused.message, refused.exit);
    }
    output::exit(refused.exit).into()
}

/// Whether JSON lines were asked for, as far as that can be seen in words that make no
/// sense.
fn wants_json(words: &[OsString]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| word == "--json")
        || std::env::var_os("REMOVIT_JSON").is_some_and(|value| value == "true" || value == "1")
}
