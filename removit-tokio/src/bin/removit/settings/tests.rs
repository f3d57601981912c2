//! No option is left out: each of every command is set by its variables and by the file.

use std::ffi::OsString;
use std::fs;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::environment::{Environment, variable_of};
use super::file::SettingsFile;
use super::loaded::Loaded;
use super::options::{commands, is_flag, is_for_all, name_of, options, program};
use super::origin::Origin;

/// A value that an option takes, and how TOML has it.
fn value(arg: &Arg) -> (String, String) {
    let text = match name_of(arg) {
        _ if is_flag(arg) => return ("true".to_owned(), "true".to_owned()),
        _ if matches!(arg.get_action(), ArgAction::Count) => return ("1".into(), "1".into()),
        "timeout" | "connect-timeout" => "7s",
        "base-url" | "photo-url" | "proxy" => "https://example.com",
        "listen" => "127.0.0.1:1",
        "name" => "{stem}",
        "jobs" | "rate" | "max-jobs" | "confirm-over" | "credits" | "requests" | "seed" => "7",
        _ => "x",
    };
    let last = arg.get_possible_values().last().map(|value| value.get_name().to_owned());
    let text = last.unwrap_or_else(|| text.to_owned());
    (text.clone(), format!("'{text}'"))
}

fn loaded(environment: Environment, file: Option<SettingsFile>) -> Loaded {
    let (program, typed) = (program(), ArgMatches::default());
    Loaded { typed, program, environment, file, profile: None, path: None }
}

/// What an option holds, and from where.
#[track_caller]
fn holds(loaded: &Loaded, command: &str, option: &str) -> (Vec<OsString>, Origin) {
    let command = loaded.command(command).unwrap();
    let held = loaded.held(command).unwrap();
    let held = held.into_iter().find(|held| held.name() == option).unwrap();
    (held.words, held.origin)
}

fn each(mut look: impl FnMut(&Command, &Arg)) {
    let program = program();
    for command in commands(&program) {
        options(command).for_each(|arg| look(command, arg));
    }
}

#[test]
fn each_option_has_a_variable_for_all_commands_and_one_for_its_own() {
    each(|command, arg| {
        let (command, name, (text, _)) = (command.get_name(), name_of(arg), value(arg));
        for of in [None, Some(command)] {
            let variable = variable_of(of, name);
            let pair = (OsString::from(&variable), OsString::from(&text));
            let loaded = loaded(Environment::of([pair].into_iter()), None);
            let (words, origin) = holds(&loaded, command, name);
            let is_set =
                (words, origin) == (vec![text.clone().into()], Origin::Environment(variable));
            assert_eq!(is_set, of.is_some() || is_for_all(command, name), "{command} {name}");
        }
    });
}

#[test]
fn each_option_has_a_key_for_all_commands_and_one_for_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    each(|command, arg| {
        let (command, name, (_, toml)) = (command.get_name(), name_of(arg), value(arg));
        for of in [None, Some(command)] {
            if of.is_none() && !is_for_all(command, name) {
                continue;
            }
            let table = of.map(|command| format!("[{command}]\n")).unwrap_or_default();
            fs::write(&path, format!("{table}{name} = {toml}\n")).unwrap();
            let file = SettingsFile::read(&path, true, &program());
            let file = file.unwrap_or_else(|refused| panic!("{}", refused.message));
            let loaded = loaded(Environment::default(), file);
            let (words, origin) = holds(&loaded, command, name);
            let line = 1 + usize::from(of.is_some());
            let expected = Origin::File { path: path.clone(), line, profile: None };
            assert_eq!((words.len(), origin), (1, expected), "{command} {name}");
        }
    });
}

#[test]
fn there_are_options_of_every_command() {
    let mut found = Vec::new();
    each(|command, arg| found.push(format!("{} {}", command.get_name(), name_of(arg))));
    for option in ["process jobs", "wait name", "check credits", "simulate listen", "demo out-dir"]
    {
        assert!(found.iter().any(|found| found == option), "{option}");
    }
    assert!(!found.iter().any(|found| found.ends_with(" config") || found.ends_with(" help")));
}
