//! The question before much is paid for.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use crate::bench::Bench;
use crate::ran::Ran;

fn many(photos: usize) -> Bench {
    let bench = Bench::new();
    for n in 0..photos {
        bench.photo(&format!("photos/{n:03}.png"), &n.to_string());
    }
    bench
}

const MANY: [&str; 6] = ["process", "photos", "--out-dir", "out", "--rate", "500"];

#[test]
fn more_than_fifty_jobs_stop_where_nobody_can_be_asked() {
    let bench = many(51);
    let ran = bench.run(&MANY).exits(2);
    assert!(ran.err.contains("51 photos are to be sent") && ran.err.contains("--yes"), "{ran:?}");
    let dry = bench.run(&[&MANY[..], &["--dry-run"]].concat()).exits(0);
    assert!(dry.err.contains("it would be asked first"), "{dry:?}");
    assert_eq!(bench.uploads(), 0);
    bench.run(&[&MANY[..], &["--max-jobs", "50"]].concat()).exits(0);
    assert_eq!(bench.jobs(), 50);
    // One is left, which needs no question.
    bench.run(&MANY).exits(0);
    assert_eq!(bench.jobs(), 51);
}

#[test]
fn yes_and_a_higher_number_say_so_beforehand() {
    let bench = many(3);
    let with = |more: &[&str]| bench.run(&[&MANY[..], more].concat());
    with(&["--confirm-over", "2"]).exits(2);
    assert_eq!(bench.uploads(), 0);
    with(&["--confirm-over", "2", "--max-jobs", "1", "--yes"]).exits(0);
    with(&["--confirm-over", "2", "--yes"]).exits(0);
    assert_eq!(bench.jobs(), 3);
}

#[test]
fn resume_asks_as_well() {
    let bench = many(3);
    bench.run(&[&MANY[..], &["--max-jobs", "0"]].concat()).exits(0);
    bench.run(&["resume", "out/removit.journal", "--confirm-over", "2"]).exits(2);
    assert_eq!(bench.uploads(), 0);
    bench.run(&["resume", "out/removit.journal", "--confirm-over", "2", "-y"]).exits(0);
    assert_eq!(bench.jobs(), 3);
}

/// At a terminal of its own, which `script` makes: what is typed is `answer`.
#[cfg(target_os = "linux")]
fn at_a_terminal(bench: &Bench, answer: &str) -> (Option<i32>, String) {
    let words = [&MANY[..], &["--confirm-over", "1"]].concat();
    let script = "exec script -qec \"$(printf '%q ' \"$@\")\" /dev/null";
    let mut child = bench.shell(script, &words).stdin(Stdio::piped()).spawn().unwrap();
    let (mut typed, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut text = String::new();
    let mut byte = [0];
    while !text.contains("Go on? [y/N]") && shown.read(&mut byte).unwrap() == 1 {
        text.push(char::from(byte[0]));
    }
    assert!(!text.contains("wide_bar") && !text.contains("0/3"), "no bar before it: {text}");
    typed.write_all(answer.as_bytes()).unwrap();
    typed.flush().unwrap();
    let mut rest = Vec::new();
    // A terminal whose other end is gone gives an error at its end.
    let _ = shown.read_to_end(&mut rest);
    let code = child.wait().unwrap().code();
    (code, text + &String::from_utf8_lossy(&rest))
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_is_asked_who_cannot_type_or_cannot_see() {
    let bench = many(3);
    let words = [&MANY[..], &["--confirm-over", "1"]].concat();
    for half in ["</dev/null", "2>told"] {
        let script = format!("exec script -qec \"$(printf '%q ' \"$@\") {half}\" /dev/null");
        let shown = bench.shell(&script, &words).output().unwrap().stdout;
        let told = fs::read_to_string(bench.path("told")).unwrap_or_default();
        let text = String::from_utf8(shown).unwrap() + &told;
        assert!(text.contains("nobody can be asked here"), "{half}: {text}");
    }
    assert_eq!(bench.uploads(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_yes_is_a_yes_and_anything_else_leaves() {
    let bench = many(3);
    for no in ["\n", "no\n", "\x04"] {
        let (code, text) = at_a_terminal(&bench, no);
        assert_eq!((code, bench.uploads()), (Some(2), 0), "{no:?}: {text}");
    }
    // Ctrl-C at the question.
    let (code, text) = at_a_terminal(&bench, "\x03");
    assert_eq!((code, bench.uploads()), (Some(130), 0), "{text}");
    let (code, text) = at_a_terminal(&bench, "Yes\n");
    assert_eq!((code, bench.jobs()), (Some(0), 3), "{text}");
}

#[test]
fn a_dry_run_needs_no_answer_and_applies_each_rule() {
    let bench = many(3);
    fs::write(bench.path("photos/empty.png"), "").unwrap();
    let args = [&MANY[..], &["--dry-run", "--max-jobs", "1", "--json"]].concat();
    let ran = Ran::new(&bench.command(&args).output().unwrap()).exits(3);
    let would: Vec<_> = ran.json_lines().iter().map(|line| line["would"].clone()).collect();
    assert_eq!(would, ["send", "hold", "hold", "refused"]);
    assert_eq!((bench.uploads(), bench.path("out").exists()), (0, false));
}
