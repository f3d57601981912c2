//! Signals stop the waiting, never the job.
#![cfg(unix)]

use std::process::Child;
use std::time::Duration;

use removit_tokio::proto::simulator::{Config, Fault, Kind, Odd, Rule, When};

use crate::bench::{Bench, finish, signal, wait_until};
use crate::listening::Listening;
use crate::ran::Ran;

fn wait_for_a_look(bench: &Bench) {
    wait_until("a look at the job", || {
        bench.server.account().jobs.first().is_some_and(|job| !job.polls.is_empty())
    });
}

fn end(child: Child, code: i32) -> Ran {
    finish(child).exits(code)
}

#[test]
fn each_signal_stops_the_waiting_and_tells_how_to_go_on() {
    for name in ["INT", "TERM", "HUP"] {
        let bench = Bench::scenario("never-done");
        let child = bench.command(&["process", "cup.png", "--json", "--out-dir", "out"]).spawn();
        wait_for_a_look(&bench);
        let child = child.unwrap();
        signal(&child, name);
        let ran = end(child, 130);
        let id = bench.id(0);
        assert!(ran.err.contains(&format!("go on with: removit wait {id}")), "{name}: {ran:?}");
        assert_eq!(
            (&ran.json()["outcome"], &ran.json()["job_id"]),
            (&"timed_out".into(), &id.into())
        );
        assert_eq!(ran.lines_of("summary")[0]["exit"], 130);
    }
}

#[test]
fn each_signal_stops_many_photos_and_each_has_its_line() {
    for name in ["INT", "TERM", "HUP"] {
        let bench = Bench::scenario("never-done");
        bench.photo("hat.png", "hat");
        let args = ["process", "cup.png", "hat.png", "--out-dir", "out", "--json"];
        let child = bench.command(&args).spawn().unwrap();
        wait_until("both jobs", || bench.jobs() == 2);
        signal(&child, name);
        let ran = end(child, 130);
        assert_eq!(ran.json_lines().len(), 2, "{name}: {ran:?}");
        assert!(ran.err.contains("go on with: removit resume out/removit.journal"), "{ran:?}");
    }
}

#[test]
fn a_hangup_that_was_ignored_at_the_beginning_stays_ignored() {
    let bench = Bench::with(Config::instant().with(|config| {
        let state = Fault::Odd(Odd::State("napping".to_owned()));
        config.script.push(Rule::new(Kind::Status, When::First(2), state));
    }));
    let script = "trap '' HUP; exec \"$@\"";
    let child = bench.shell(script, &["process", "cup.png"]).spawn().unwrap();
    wait_for_a_look(&bench);
    signal(&child, "HUP");
    end(child, 0);
    assert!(bench.path("cup-clipping.png").exists());
}

#[test]
fn the_answer_to_an_upload_under_way_is_awaited_and_its_id_kept() {
    let late = Fault::Delay(Duration::from_secs(3600));
    for args in [&["process", "cup.png", "--json"][..], &["submit", "cup.png", "--json"]] {
        let bench = Bench::with(Config::instant().with(|config| {
            config.script.push(Rule::new(Kind::Upload, When::First(1), late.clone()));
        }));
        let mut run = Listening::to(&mut bench.command(args));
        wait_until("the upload", || bench.uploads() == 1);
        signal(run.child(), "INT");
        run.until_it_says("once more leaves at once");
        bench.server.release();
        let ran = run.finish().exits(130);
        assert_eq!(ran.json()["job_id"], bench.id(0), "{args:?}: {ran:?}");
        assert_eq!(bench.run(&["submit", "cup.png"]).exits(0).out.trim(), bench.id(0));
        assert_eq!(bench.jobs(), 1);
    }
}

#[test]
fn a_second_signal_leaves_at_once_and_the_upload_is_ambiguous() {
    let never = Fault::Delay(Duration::from_secs(3600));
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Upload, When::First(1), never));
    }));
    let mut child = bench.command(&["process", "cup.png", "--json"]).spawn().unwrap();
    wait_until("the upload", || bench.uploads() == 1);
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    signal(&child, "TERM");
    let mut line = String::new();
    while !line.contains("once more leaves at once") {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut told, &mut line).unwrap(), 0, "never told");
    }
    signal(&child, "TERM");
    let ran = end(child, 130);
    assert_eq!(ran.json()["outcome"], "ambiguous");
    bench.run(&["process", "cup.png"]).exits(6);
    assert_eq!(bench.uploads(), 1);
}

#[test]
fn a_look_and_a_simulator_end_when_they_are_asked_to() {
    let never = Fault::Delay(Duration::from_secs(3600));
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Status, When::Always, never));
    }));
    let id = bench.run(&["submit", "cup.png"]).exits(0).out;
    let child = bench.command(&["status", id.trim()]).spawn().unwrap();
    wait_until("the look", || bench.server.account().requests(Kind::Status) > 0);
    signal(&child, "TERM");
    end(child, 130);
}
