//! What is said at the end, and each JSON line by its schema.

use removit_tokio::proto::simulator::{Canned, Config, Fault, Kind, Odd, RetryAfter, Rule, When};
use serde_json::{Value, json};

use crate::bench::Bench;

fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

#[test]
fn one_photo_and_many_have_the_same_lines() {
    let bench = Bench::new();
    bench.photo("photos/hat.png", "hat");
    let args = |input| ["process", input, "--params", "set", "--out-dir", "out", "--json"];
    let mut one = bench.run(&args("cup.png")).exits(0).lines_by_schema();
    let mut many = bench.run(&args("photos")).exits(0).lines_by_schema();
    assert_eq!((types(&one), types(&many)), (vec!["input", "summary"], vec!["input", "summary"]));
    for line in [&mut one[0], &mut many[0]] {
        assert_eq!(line["files"].as_array().unwrap().len(), 4);
        assert_eq!(line["urls"].as_object().unwrap().len(), 4);
        assert!(line["warnings"]["shadow_wall"][0].is_string());
        assert_eq!(line["ignored_variations"], json!(["shadow_wall"]));
    }
    for line in [&mut one[1], &mut many[1]] {
        for (field, value) in [
            ("inputs", 1),
            ("saved", 1),
            ("files", 4),
            ("done_not_saved", 0),
            ("jobs_paid", 1),
            ("by_earlier_runs", 0),
            ("held", 0),
            ("exit", 0),
        ] {
            assert_eq!(line[field], value, "{field}");
        }
        assert_eq!(line["outcomes"], json!({"done": 1}));
        assert!(line["elapsed_ms"].as_u64().unwrap() > 0 && line["go_on"].is_null());
    }
    assert_eq!(many[1]["journal"], "out/removit.journal");
}

#[test]
fn looks_at_a_job_have_lines_where_they_are_asked_for() {
    let bench = Bench::with(Config::instant().with(|config| {
        let state = Fault::Odd(Odd::State("napping".to_owned()));
        config.script.push(Rule::new(Kind::Status, When::First(1), state));
    }));
    let ran = bench.run(&["process", "cup.png", "--json", "--json-status"]).exits(0);
    let lines_of_run = ran.lines_by_schema();
    let statuses = ran.lines_of("status");
    assert!(statuses.len() > 1 && statuses.len() + 2 == lines_of_run.len(), "{ran:?}");
    assert_eq!(
        (&statuses[0]["outcome"], &statuses[0]["state"]),
        (&json!("pending"), &json!("napping"))
    );
    assert_eq!(statuses.last().unwrap()["outcome"], "done");
    let id = bench.id(0);
    let look = bench.run(&["status", &id, "--json"]).exits(0).lines_by_schema();
    assert_eq!(types(&look), ["status"]);
    assert_eq!((&look[0]["job_id"], &look[0]["progress"]), (&json!(id), &json!(100)));
    let look = bench.run(&["status", &id, "--json", "--json-status"]).exits(0);
    assert_eq!(look.lines_json().len(), 1, "one look is one line: {look:?}");
    bench.run(&["status", &id, "--json-status"]).exits(2);
}

#[test]
fn what_goes_wrong_with_the_run_as_a_whole_is_a_line() {
    let bench = Bench::new();
    for (args, exit) in [
        (&["process", "cup.png", "-o", "x.gif", "--json"][..], 2),
        (&["process", "--from", "absent", "--json"], 1),
        (&["resume", "absent.journal", "--json"], 1),
        (&["process", "cup.png", "--base-url", "http://example.com", "--json"], 2),
        (&["status", "unknown", "--json"], 8),
        (&["report", "absent.journal", "--json"], 1),
    ] {
        let ran = bench.run(args).exits(exit);
        let lines = ran.lines_by_schema();
        assert_eq!(types(&lines), ["error"], "{args:?}");
        assert_eq!(lines[0]["exit"], exit, "{args:?}");
        let error = lines[0]["error"].as_str().unwrap();
        assert!(ran.err.contains(error.lines().next().unwrap()), "{ran:?}");
    }
}

#[test]
fn submit_wait_and_a_dry_run_have_lines_as_well() {
    let bench = Bench::new();
    let submitted = bench.run(&["submit", "cup.png", "--json"]).exits(0).lines_by_schema();
    assert_eq!(
        (&submitted[0]["outcome"], &submitted[0]["input"]),
        (&json!("accepted"), &json!("cup.png"))
    );
    let again = bench.run(&["submit", "cup.png", "--json"]).exits(0).lines_by_schema();
    assert_eq!(submitted, again);
    let id = bench.id(0);
    let waited = bench.run(&["wait", &id, "--json"]).exits(0).lines_by_schema();
    assert_eq!((&waited[0]["input"], &waited[0]["outcome"]), (&Value::Null, &json!("done")));
    assert_eq!(waited[0]["files"], json!([format!("./{id}-clipping.png")]));
    let dry = bench.run(&["process", "cup.png", "--dry-run", "--json"]).exits(0).lines_by_schema();
    assert_eq!((&dry[0]["would"], &dry[0]["job_id"]), (&json!("fetch"), &json!(id)));
}

#[test]
fn the_files_of_an_incomplete_input_are_in_its_line_and_it_is_not_counted_as_saved() {
    let gone = Fault::Answer(Canned::bare(http::StatusCode::FORBIDDEN));
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Result, When::From(3), gone));
    }));
    let args = ["process", "cup.png", "--params", "set", "--out-dir", "out", "--json"];
    let ran = bench.run(&args).exits(8);
    let lines = ran.lines_by_schema();
    let files = lines[0]["files"].as_array().unwrap();
    assert_eq!((files.len(), bench.names("out").len()), (2, 2), "{ran:?}");
    for file in files {
        assert!(bench.path(file.as_str().unwrap()).exists(), "{file}");
    }
    assert_eq!(lines[0]["outcome"], "done");
    let summary = &lines[1];
    assert_eq!(
        (&summary["saved"], &summary["done_not_saved"], &summary["files"]),
        (&json!(0), &json!(1), &json!(2))
    );
    assert!(
        ran.err.contains("unsaved          1") && !ran.err.contains("saved            1  with"),
        "{ran:?}"
    );
    // Without --json the files that are there are named, too.
    let ran = bench.run(&args[..6]).exits(8);
    assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
}

#[test]
fn the_table_counts_what_is_on_disk_and_what_was_paid() {
    let bench = Bench::new();
    bench.photo("hat.png", "hat");
    let args = ["process", ".", "--out-dir", "out"];
    let first = bench.run(&[&args[..], &["--max-jobs", "1"]].concat()).exits(0);
    for line in [
        "saved            1  with all results on disk, 1 file",
        "held             1",
        "paid             1",
    ] {
        assert!(first.err.contains(line), "{line}: {first:?}");
    }
    let second = bench.run(&args).exits(0);
    for line in ["saved            2", "2 files, 1 of them by an earlier run", "paid             1"]
    {
        assert!(second.err.contains(line), "{line}: {second:?}");
    }
    let urls = bench.run(&["process", "cup.png", "--no-download"]).exits(0);
    assert!(urls.err.contains("done             1  the results are on the server"), "{urls:?}");
    let quiet = bench.run(&["process", "cup.png", "-q"]).exits(0);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_servers_wish_that_ends_the_run_is_told_with_its_length() {
    for kind in [Kind::Upload, Kind::Status] {
        let hour = Some(RetryAfter::Seconds(3600));
        let busy = Fault::Answer(Canned::RateLimited { retry_after: hour });
        let bench = Bench::with(Config::instant().with(|config| {
            config.script.push(Rule::new(kind, When::Always, busy));
        }));
        let code = if kind == Kind::Upload { 8 } else { 7 };
        let ran = bench.run(&["process", "cup.png", "--timeout", "3s"]).exits(code);
        assert!(ran.err.contains("the server asks to come back in 1h"), "{kind:?}: {ran:?}");
    }
}

#[test]
fn the_time_limit_bounds_each_of_many_photos() {
    let bench = Bench::scenario("never-done");
    bench.photo("hat.png", "hat");
    let args = ["process", ".", "--out-dir", "out", "--timeout", "2s", "--json"];
    let ran = bench.run(&args).exits(7);
    assert!(ran.json_lines().iter().all(|line| line["outcome"] == "timed_out"), "{ran:?}");
    let go_on = ran.lines_of("summary")[0]["go_on"].clone();
    let url = bench.server.base_url();
    assert_eq!(go_on, format!("removit resume out/removit.journal --base-url {url}"));
}
