//! Each option has an effect, in whichever way it is set.

use std::fs;
use std::time::Duration;

use removit_tokio::proto::simulator::{Config, Fault, Keys, Kind, Rule, When};

use super::way::{WAYS, at_once, each_way, set};
use crate::bench::{Bench, finish, wait_until};
use crate::ran::{KEY, Ran};

fn code(_: &Bench, ran: &Ran) -> String {
    ran.code.unwrap().to_string()
}

fn jobs(bench: &Bench, _: &Ran) -> String {
    bench.jobs().to_string()
}

fn out(_: &Bench, ran: &Ran) -> String {
    ran.out.trim().to_owned()
}

/// Two photos more than `cup.png`, the one of them deeper.
fn three() -> Bench {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    bench.photo("photos/b.png", "b");
    bench.photo("photos/deeper/c.png", "c");
    bench
}

fn with(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    for (name, text) in files {
        fs::write(bench.path(name), text).unwrap();
    }
    bench
}

#[test]
fn what_is_to_be_made() {
    for (option, value, expected) in [
        ("mode", "background", "background url png none"),
        ("params", "my_set", "params url png \"my_set\""),
        ("params", r#"{"shadow":true}"#, "params url png {\"shadow\":true}"),
        ("delivery", "final-url", "clipping final_url png none"),
        ("format", "webp", "clipping url webp none"),
    ] {
        let look = |bench: &Bench, _: &Ran| {
            let order = bench.server.account().jobs[0].order.clone();
            let params = order.params.map_or_else(|| "none".to_owned(), |set| set.to_string());
            format!("{} {} {} {params}", order.mode, order.delivery_mode, order.output_format)
        };
        each_way((option, value), &["submit", "cup.png"], Bench::new, look, expected);
    }
}

const CUP: [&str; 2] = ["process", "cup.png"];
const FOLDER: [&str; 4] = ["process", "photos", "--out-dir", "out"];

#[test]
fn the_file_of_a_result() {
    each_way(("output", "x.png"), &CUP, Bench::new, out, "x.png");
}

#[test]
fn the_folder_of_results() {
    let names = |bench: &Bench, _: &Ran| match bench.path("out").is_dir() {
        true => bench.names("out").join(" "),
        false => String::new(),
    };
    each_way(("out-dir", "out"), &CUP, Bench::new, names, "cup-clipping.png");
}

#[test]
fn the_names_of_results() {
    each_way(("name", "{index}"), &CUP, Bench::new, out, "./1-clipping.png");
}

#[test]
fn whether_results_are_fetched() {
    let urls = |bench: &Bench, ran: &Ran| ran.out.contains(&bench.server.results_url()).to_string();
    each_way(("no-download", "true"), &CUP, Bench::new, urls, "true");
}

#[test]
fn whether_a_file_that_is_there_is_replaced() {
    let there = || with(&[("x.png", "precious")]);
    each_way(("overwrite", "true"), &["process", "cup.png", "-o", "x.png"], there, code, "0");
}

#[test]
fn where_results_go_that_are_waited_for() {
    at_once(&WAYS, |way| {
        for (option, value, expected) in
            [("output", "x.png", "x.png"), ("out-dir", "out", "out/-clipping.png")]
        {
            let bench = Bench::new();
            bench.run(&["submit", "cup.png"]).exits(0);
            let id = bench.id(0);
            let ran = Ran::new(&set(&bench, way, &["wait", &id], option, value).output().unwrap());
            let expected = expected.replace("/-", &format!("/{id}-"));
            assert_eq!(ran.exits(0).out.trim(), expected, "{option} by {way:?}");
        }
    });
}

#[test]
fn how_deep_photos_are_looked_for() {
    each_way(("recursive", "true"), &FOLDER, three, jobs, "3");
}

#[test]
fn how_many_are_paid_for() {
    each_way(("max-jobs", "1"), &FOLDER, three, jobs, "1");
    each_way(("dry-run", "true"), &FOLDER, three, jobs, "0");
}

#[test]
fn how_many_are_paid_for_without_a_question() {
    each_way(("confirm-over", "1"), &FOLDER, three, code, "2");
    let sure = [&FOLDER[..], &["--confirm-over", "1"]].concat();
    each_way(("yes", "true"), &sure, three, code, "0");
}

#[test]
fn where_the_list_of_photos_is() {
    let list = || with(&[("list", "cup.png\n")]);
    each_way(("from", "list"), &["process"], list, jobs, "1");
}

#[test]
fn where_the_journal_is() {
    let journal = |bench: &Bench, _: &Ran| bench.path("my.journal").is_file().to_string();
    each_way(("journal", "my.journal"), &FOLDER, three, journal, "true");
}

#[test]
fn whether_what_was_paid_for_is_paid_for_again() {
    let paid = || {
        let bench = Bench::new();
        bench.run(&["submit", "cup.png"]).exits(0);
        bench
    };
    for words in [&["submit", "cup.png"][..], &CUP] {
        each_way(("again", "true"), words, paid, jobs, "2");
    }
}

#[test]
fn how_many_photos_are_sent_at_once() {
    let slow = || {
        let late = Fault::Delay(Duration::from_secs(1));
        let bench = Bench::with(Config::instant().with(|config| {
            config.script.push(Rule::new(Kind::Upload, When::Always, late));
        }));
        bench.photo("hat.png", "hat");
        bench.photo("pot.png", "pot");
        bench
    };
    // The most uploads that were under way together.
    let look = |bench: &Bench, _: &Ran| {
        let log = fs::read_to_string(bench.path("log")).unwrap();
        let (mut now, mut most) = (0, 0);
        for line in log.lines().filter(|line| line.contains("POST")) {
            now += if line.contains(": begun") { 1 } else { -1 };
            most = most.max(now);
        }
        most.to_string()
    };
    let words = ["process", ".", "--out-dir", "out", "-vv", "--log-file", "log"];
    each_way(("jobs", "1"), &words, slow, look, "1");
}

#[test]
fn how_many_requests_are_made_in_a_second() {
    at_once(&WAYS, |way| {
        let bench = three();
        let words = ["process", "photos", "--out-dir", "out", "--json"];
        let ran = Ran::new(&set(&bench, way, &words, "rate", "1").output().unwrap()).exits(0);
        // Two uploads and two looks at least.
        let elapsed = ran.lines_of("summary")[0]["elapsed_ms"].as_u64().unwrap();
        assert!(elapsed >= 2900, "{way:?}: {elapsed}");
    });
}

#[test]
fn how_long_a_job_is_waited_for() {
    at_once(&WAYS, |way| {
        let bench = Bench::scenario("never-done");
        let words = ["process", "cup.png"];
        Ran::new(&set(&bench, way, &words, "timeout", "1s").output().unwrap()).exits(7);
    });
}

#[test]
fn what_an_ambiguous_upload_leads_to() {
    let ambiguous = || {
        let bench = Bench::scenario("lost-answer");
        bench.run(&["process", "cup.png"]).exits(6);
        bench
    };
    for command in ["process", "submit"] {
        let words = [command, "cup.png"];
        each_way(("on-ambiguous", "resend"), &words, ambiguous, code, "0");
    }
}

#[test]
fn what_resume_does() {
    let held = || {
        let bench = three();
        let words = ["process", "photos", "--out-dir", "out", "--max-jobs", "0"];
        bench.run(&words).exits(0);
        bench
    };
    let resume = ["resume", "out/removit.journal"];
    each_way(("max-jobs", "1"), &resume, held, jobs, "1");
    each_way(("confirm-over", "1"), &resume, held, code, "2");
}

#[test]
fn whether_lines_are_json() {
    let is_json = |_: &Bench, ran: &Ran| ran.out.starts_with('{').to_string();
    each_way(("json", "true"), &CUP, Bench::new, is_json, "true");
}

#[test]
fn whether_each_status_has_a_line() {
    let looks = |_: &Bench, ran: &Ran| (!ran.lines_of("status").is_empty()).to_string();
    let words = ["process", "cup.png", "--json"];
    each_way(("json-status", "true"), &words, Bench::new, looks, "true");
}

#[test]
fn whether_anything_is_said() {
    let err = |_: &Bench, ran: &Ran| ran.err.clone();
    each_way(("quiet", "true"), &CUP, Bench::new, err, "");
}

#[test]
fn whose_key_is_sent() {
    let strict = || {
        let bench = Bench::with(Config::instant().with(|config| config.keys = Keys::only(&[KEY])));
        fs::write(bench.path("key"), KEY).unwrap();
        bench
    };
    at_once(&WAYS, |way| {
        let bench = strict();
        let path = bench.path("key");
        let path = path.to_str().unwrap();
        let mut command = set(&bench, way, &["submit", "cup.png"], "api-key-file", path);
        command.env_remove("REMOVIT_API_KEY");
        Ran::new(&command.output().unwrap()).exits(0);
    });
}

#[test]
fn what_a_check_does() {
    let conclusion = |_: &Bench, ran: &Ran| ran.out.clone();
    let is_junit =
        |bench: &Bench, ran: &Ran| conclusion(bench, ran).starts_with("<?xml").to_string();
    let few = ["check", "--requests", "3", "--rate", "1000"];
    each_way(("junit", "true"), &few, Bench::new, is_junit, "true");
    let seed = |_: &Bench, ran: &Ran| ran.lines_json()[0]["report"]["seed"].to_string();
    let json = [&few[..], &["--json"]].concat();
    each_way(("seed", "77"), &json, Bench::new, seed, "\"0000000000000000000000000000004d\"");
    let requests = |_: &Bench, ran: &Ran| ran.lines_json()[0]["report"]["requests"].to_string();
    let words = ["check", "--rate", "1000", "--json"];
    each_way(("requests", "4"), &words, Bench::new, requests, "4");
    let kept = |bench: &Bench, _: &Ran| bench.path("kept.json").is_file().to_string();
    let strict = || Bench::with(Config::instant().with(|config| config.keys = Keys::only(&[KEY])));
    let words = ["check", "--rate", "1000", "--seed", "1"];
    each_way(("baseline", "kept.json"), &words, strict, kept, "true");
    each_way(("credits", "1"), &words, strict, jobs, "1");
    let photo = || {
        let bench = strict();
        bench.photo("hat.png", "a hat");
        bench
    };
    let lengths = |bench: &Bench, _: &Ran| format!("{:?}", bench.server.account().jobs[0].order);
    let words = ["check", "--rate", "1000", "--seed", "1", "--credits", "1"];
    let by_flag = {
        let bench = photo();
        let ran = bench.run(&[&words[..], &["--photo", "hat.png"]].concat()).exits(0);
        lengths(&bench, &ran)
    };
    each_way(("photo", "hat.png"), &words, photo, lengths, &by_flag);
}

#[test]
fn where_the_demo_and_the_simulator_are() {
    // What is set for all commands is not for the demo, whose results are none.
    let bench = Bench::new();
    bench.settings("out-dir = 'real'\n[demo]\nout-dir = 'shown'");
    assert_eq!(bench.run(&["demo"]).exits(0).out.trim(), "shown");
    assert!(!bench.path("real").exists());
    for way in WAYS {
        let bench = Bench::new();
        let command = set(&bench, way, &["simulate"], "list-scenarios", "true").spawn();
        assert!(finish(command.unwrap()).exits(0).out.contains("lost-answer"), "{way:?}");
        let words = ["simulate", "--listen", "127.0.0.1:0"];
        let mut child = set(&bench, way, &words, "scenario", "no-credits");
        let err = fs::File::create(bench.path("err")).unwrap();
        let mut child = child.stderr(err).spawn().unwrap();
        let said = || fs::read_to_string(bench.path("err")).unwrap();
        wait_until("the scenario", || said().contains("API"));
        assert!(said().contains("no-credits"), "{way:?}: {}", said());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
