//! The ways in which an option is set, and a test of all of them.

use std::process::Command;
use std::thread;

use crate::bench::{Bench, finish};
use crate::ran::Ran;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Default,
    Flag,
    Environment,
    File,
}

/// Those by which something is set.
pub(crate) const WAYS: [Way; 3] = [Way::Flag, Way::Environment, Way::File];

/// The name of an option's variable.
pub(crate) fn variable(option: &str) -> String {
    format!("REMOVIT_{}", option.replace('-', "_").to_uppercase())
}

/// A value as TOML has it.
pub(crate) fn toml(value: &str) -> String {
    let is_bare = matches!(value, "true" | "false") || value.parse::<u64>().is_ok();
    if is_bare { value.to_owned() } else { format!("'{value}'") }
}

/// The program with these words and an option set.
pub(crate) fn set(bench: &Bench, way: Way, words: &[&str], option: &str, value: &str) -> Command {
    let flag = match value {
        "true" => format!("--{option}"),
        value => format!("--{option}={value}"),
    };
    let line = format!("{option} = {}", toml(value));
    match way {
        Way::Default => bench.command(words),
        Way::Flag => bench.command(&[words, &[&flag]].concat()),
        Way::Environment => {
            let mut command = bench.command(words);
            command.env(variable(option), value);
            command
        }
        Way::File => {
            bench.settings(&line);
            bench.command(words)
        }
    }
}

/// An option has the same effect in whichever way it is set, and another one than none.
#[track_caller]
pub(crate) fn each_way(
    (option, value): (&str, &str),
    words: &[&str],
    make: impl Fn() -> Bench + Sync,
    look: impl Fn(&Bench, &Ran) -> String + Sync,
    expected: &str,
) {
    let seen = at_once(&[&[Way::Default], &WAYS[..]].concat(), |way| {
        let bench = make();
        let ran = finish(set(&bench, way, words, option, value).spawn().unwrap());
        (way, look(&bench, &ran), ran)
    });
    for (way, seen, ran) in seen {
        let is_it = seen == expected;
        assert_eq!(is_it, way != Way::Default, "--{option} {value} by {way:?}: {seen}: {ran:?}");
    }
}

/// Does all of these at once: each of them waits for most of its time.
#[track_caller]
pub(crate) fn at_once<T: Copy + Send, R: Send>(all: &[T], one: impl Fn(T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let begun: Vec<_> = all
            .iter()
            .map(|&each| {
                let one = &one;
                scope.spawn(move || one(each))
            })
            .collect();
        begun.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
