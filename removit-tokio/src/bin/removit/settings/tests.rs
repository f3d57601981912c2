//! No option is left out: each of every command is set by its variables and by the file.

use std::ffi::OsString;
use std::fs;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::environment::{Environment, variable_of};
use super::file::SettingsFile;
use super::loaded::Loaded;
use super::options::{allowed, commands, is_flag, is_for_all, name_of, option, options, program};
use super::origin::Origin;
use super::yields::{Said, contradict};

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

#[test]
fn variables_of_others_and_those_without_a_word_are_none() {
    let pairs = [
        ("REMOVIT_JOBS", "7"),
        ("REMOVIT_RATE", ""),
        ("REMOVIT_NAME", " \t"),
        ("REMOVE", "x"),
        ("XREMOVIT_JOBS", "x"),
    ];
    let environment =
        Environment::of(pairs.map(|(name, value)| (name.into(), value.into())).into_iter());
    assert_eq!(environment.get("REMOVIT_JOBS"), Some("7".as_ref()));
    assert_eq!(environment.unknown(|_| false), ["REMOVIT_JOBS"]);
    assert_eq!(environment.unknown(|name| name == "REMOVIT_JOBS"), [""; 0]);
    assert_eq!(variable_of(None, "out-dir"), "REMOVIT_OUT_DIR");
    assert_eq!(variable_of(Some("check"), "rate"), "REMOVIT_CHECK_RATE");
}

#[test]
fn each_origin_has_its_word_and_is_found_by_its_name() {
    let file = |profile: Option<&str>| Origin::File {
        path: "a.toml".into(),
        line: 3,
        profile: profile.map(str::to_owned),
    };
    for (origin, word, shown) in [
        (Origin::Flag, "flag", "typed"),
        (Origin::Environment("REMOVIT_JOBS".into()), "environment", "REMOVIT_JOBS"),
        (file(None), "file", "a.toml:3"),
        (file(Some("shop")), "file", "a.toml:3 (profile shop)"),
        (Origin::Default, "default", "default"),
    ] {
        assert_eq!((origin.word(), origin.to_string().as_str()), (word, shown));
    }
}

/// What an option of `process` says, in words.
fn said<'a>(command: &'a Command, name: &str, words: &'a [OsString]) -> Said<'a> {
    Said { arg: option(command, name).unwrap(), words }
}

#[test]
fn options_contradict_each_other_by_their_arguments_or_by_what_they_mean() {
    let program = program();
    let process = commands(&program).find(|command| command.get_name() == "process").unwrap();
    for (one, word, other, other_word, expected) in [
        ("output", "a.png", "out-dir", "out", true),
        ("output", "a.png", "no-download", "true", true),
        ("output", "a.png", "no-download", "false", false),
        ("output", "", "out-dir", "out", false),
        ("out-dir", "out", "format", "png", false),
        ("mode", "clipping", "params", "set", true),
        ("mode", "params", "params", "set", false),
        ("output", "a.png", "delivery", "url", true),
        ("output", "a.png", "delivery", "final-url", false),
        ("output", "-", "json", "true", true),
        ("output", "-", "json", "false", false),
        ("output", "a.png", "json", "true", false),
        ("output", "a.png", "format", "png", false),
        ("output", "a.png", "format", "webp", true),
        ("output", "a.jpg", "format", "jpeg", false),
        ("output", "a.gif", "format", "png", true),
        ("output", "a", "format", "png", false),
    ] {
        let (words, other_words) = ([OsString::from(word)], [OsString::from(other_word)]);
        let words = if word.is_empty() { &words[..0] } else { &words[..] };
        let (one, other) = (said(process, one, words), said(process, other, &other_words));
        for (first, second) in [(one, other), (other, one)] {
            let names = (name_of(first.arg), name_of(second.arg));
            assert_eq!(
                contradict(process, first, second),
                expected,
                "{names:?} {word} {other_word}"
            );
        }
    }
}

#[test]
fn what_an_option_takes_is_told_in_words() {
    let program = program();
    let words = |of: &str, name: &str| {
        let command = commands(&program).find(|command| command.get_name() == of).unwrap();
        allowed(option(command, name).unwrap())
    };
    for (command, name, expected) in [
        ("process", "quiet", "true or false"),
        ("process", "delivery", "url or final-url"),
        ("process", "mode", "background, clipping or params"),
        ("process", "timeout", "a time, such as 90s, 10m or 2h"),
        ("process", "jobs", "a whole number"),
        ("process", "base-url", "a URL"),
        ("process", "journal", "the path of a file"),
        ("process", "ca-cert", "the path of a file, or a list of such"),
        ("process", "out-dir", "the path of a folder"),
        ("process", "params", "the name of a set, or a JSON object as text"),
        ("process", "name", "a pattern, such as {stem}"),
        ("process", "verbose", "0, 1 or 2"),
        ("check", "foreign-job", "a job's id"),
        ("simulate", "accept-key", "a key, or a list of such"),
    ] {
        assert_eq!(words(command, name), expected, "{command} {name}");
    }
}
