//! What `-v`, `-vv` and `--log-file` tell of attempts, and that they cost no job.

use std::fs;

use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, Rule, When};

use super::way::{Way, each_way, set};
use crate::bench::{Bench, finish};
use crate::ran::{KEY, Ran};

/// Neither the key nor the URL of a result.
#[track_caller]
fn tells_no_secret(bench: &Bench, log: &str) {
    for secret in [KEY, &bench.server.results_url(), "/results/", "?"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn each_attempt_is_a_line_with_its_outcome() {
    let busy = Fault::Answer(Canned::bare(http::StatusCode::SERVICE_UNAVAILABLE));
    let limited = Fault::Answer(Canned::RateLimited { retry_after: None });
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Status, When::First(1), busy));
        config.script.push(Rule::new(Kind::Upload, When::First(1), limited));
    }));
    let ran = bench.run(&["process", "cup.png", "-v"]).exits(0);
    let line = |words: &str| ran.err.lines().find(|line| line.contains(words)).unwrap();
    assert!(!line(": 429 after ").contains("before"), "{ran:?}");
    assert!(line(": 202 after ").ends_with("s, sent 1 times before"), "{ran:?}");
    let host = bench.server.base_url().replace("http://", "");
    for words in [
        format!(" POST /api/v1/upload at {host}: 202 after "),
        format!(" GET /api/v1/status at {host}: 503 after "),
        format!(" GET /api/v1/status at {host}: 200 after "),
        " GET result at 127.0.0.1:".to_owned(),
    ] {
        assert!(ran.err.contains(&words), "{words}: {ran:?}");
    }
    assert!(!ran.err.contains("begun") && !ran.err.contains("waiting "), "{ran:?}");
    tells_no_secret(&bench, &ran.err);
    let plain = bench.run(&["process", "cup.png", "--again"]).exits(0);
    assert!(!plain.err.contains("POST"), "{plain:?}");
}

#[test]
fn twice_tells_how_attempts_begin_and_what_is_waited_for() {
    let bench = Bench::new();
    let ran = bench.run(&["process", "cup.png", "-vv"]).exits(0);
    for words in [": begun, with ", " waiting ", &format!("accepted: job {}", bench.id(0))] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    tells_no_secret(&bench, &ran.err);
}

/// On a terminal, which `script` makes.
#[cfg(unix)]
#[test]
fn lines_of_a_log_on_a_terminal_stand_in_place_of_a_bar() {
    for (options, has_bar) in [(&[][..], true), (&["-v"], false)] {
        let bench = Bench::new();
        let script = "exec script -qec \"$(printf '%q ' \"$@\")\" /dev/null";
        let args = [&["process", "cup.png"][..], options].concat();
        let ran = finish(bench.shell(script, &args).spawn().unwrap()).exits(0);
        // A bar is drawn over itself.
        assert_eq!(ran.out.contains("\u{1b}["), has_bar, "{options:?}: {ran:?}");
        assert_eq!(ran.out.contains(" 202 after "), !has_bar, "{options:?}: {ran:?}");
    }
}

#[test]
fn the_log_is_set_as_every_option_is() {
    let told = |_: &Bench, ran: &Ran| ran.err.contains(" 202 after ").to_string();
    for way in [Way::Environment, Way::File] {
        let bench = Bench::new();
        let command = set(&bench, way, &["process", "cup.png"], "verbose", "1").spawn();
        let ran = finish(command.unwrap());
        assert_eq!(told(&bench, &ran), "true", "{way:?}: {ran:?}");
        assert!(!ran.err.contains("begun"), "{way:?}");
    }
    let written = |bench: &Bench, _: &Ran| bench.path("log").exists().to_string();
    each_way(("log-file", "log"), &["process", "cup.png"], Bench::new, written, "true");
}

#[test]
fn a_log_file_is_written_to_its_end_and_the_rest_is_told_as_before() {
    let bench = Bench::new();
    fs::write(bench.path("log"), "before\n").unwrap();
    let ran = bench.run(&["process", "cup.png", "--log-file", "log", "--quiet"]).exits(0);
    assert_eq!(ran.err, "");
    let log = fs::read_to_string(bench.path("log")).unwrap();
    assert!(log.starts_with("before\n") && log.contains(" 202 after "), "{log}");
    assert!(!log.contains("begun"), "{log}");
    tells_no_secret(&bench, &log);
    bench.run(&["submit", "cup.png", "--again", "-vv", "--log-file", "log"]).exits(0);
    assert!(fs::read_to_string(bench.path("log")).unwrap().contains("begun"));
}

#[cfg(unix)]
#[test]
fn a_log_that_cannot_be_written_costs_no_job() {
    let fifo = Bench::new();
    let made = std::process::Command::new("mkfifo").arg(fifo.path("fifo")).status();
    assert!(made.unwrap().success());
    for (bench, log, words) in [
        (Bench::new(), "absent/log", "the log absent/log cannot be written"),
        (Bench::new(), "/dev/full", "the log /dev/full cannot be written"),
        (Bench::new(), ".", "the log . cannot be written"),
        // Nobody reads it: it takes nothing, and never says so.
        (fifo, "fifo", ""),
    ] {
        let words_of_run = ["process", "cup.png", "--log-file", log];
        let ran = finish(bench.command(&words_of_run).spawn().unwrap()).exits(0);
        assert!(ran.err.contains(words) && bench.path("cup-clipping.png").exists(), "{ran:?}");
        assert!(ran.err.matches("cannot be written").count() <= 1, "told once: {ran:?}");
        assert_eq!(bench.jobs(), 1);
    }
    let bench = Bench::new();
    let script = "\"$@\" 2>/dev/full";
    let ran = bench.shell(script, &["process", "cup.png", "-vv"]).output().unwrap();
    Ran::new(&ran).exits(0);
    assert!(bench.path("cup-clipping.png").exists());
}
