//! The program `removit` as a shell sees it: exit codes, standard output, files.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Config, Kind, Origin, Scenario, Simulator};
use removit_tokio::simulator::SimulatorServer;
use serde_json::Value;
use tempfile::TempDir;

use crate::ran::{KEY, Ran};

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/rocket.jpg");

/// A simulated vendor, a folder to work in, and the program.
struct Bench {
    server: SimulatorServer,
    folder: TempDir,
}

impl Bench {
    fn new(scenario: &str) -> Self {
        Self::with(Scenario::by_name(scenario).unwrap().apply(Config::instant()))
    }

    fn with(config: Config) -> Self {
        let server = SimulatorServer::start(Simulator::new(config)).unwrap();
        Self { server, folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(args, self.folder.path());
        command.env("REMOVIT_API_KEY", KEY).env("REMOVIT_BASE_URL", self.server.base_url());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::new(&self.command(args).output().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn jobs(&self) -> usize {
        self.server.account().jobs.len()
    }
}

fn program(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env_remove("REMOVIT_API_KEY").env_remove("REMOVIT_BASE_URL");
    command.env("XDG_STATE_HOME", folder.join(".state")).env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

#[test]
fn a_photo_becomes_a_file_whose_path_is_printed() {
    let bench = Bench::new("happy");
    let ran = bench.run(&["process", PHOTO, "--format", "jpg"]).exits(0);
    assert_eq!(ran.out.trim(), "./rocket-clipping.jpg");
    assert_eq!(fs::read(bench.path("rocket-clipping.jpg")).unwrap(), fs::read(PHOTO).unwrap());
    assert!(ran.err.contains("accepted: job "), "{ran:?}");
    assert!(!bench.server.account().key_seen_at(Origin::Results));
}

#[test]
fn every_variation_gets_a_file_in_the_folder() {
    let bench = Bench::new("happy");
    let args = ["process", PHOTO, "--params", "set", "--delivery", "url", "--out-dir", "out"];
    bench.run(&args).exits(0);
    let mut names: Vec<_> = fs::read_dir(bench.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = ["background", "clipping", "compose", "shadowTop"];
    assert_eq!(names, expected.map(|name| format!("rocket-{name}.png")));
}

#[test]
fn minus_o_asks_for_one_result_and_names_it() {
    let bench = Bench::new("happy");
    bench.run(&["process", PHOTO, "-o", "cup.jpg"]).exits(0);
    assert!(bench.path("cup.jpg").is_file());
    assert_eq!(bench.server.account().jobs[0].order.delivery_mode, "final_url");
}

#[test]
fn what_was_asked_for_goes_over_the_wire() {
    let bench = Bench::new("happy");
    let object = r#"{"shadow":true}"#;
    let args = ["process", PHOTO, "--params", object, "--format", "webp", "--no-download"];
    bench.run(&args).exits(0);
    let order = bench.server.account().jobs[0].order.clone();
    assert_eq!((order.mode.as_str(), order.output_format.as_str()), ("params", "webp"));
    assert_eq!(order.params.unwrap(), serde_json::from_str::<Value>(object).unwrap());
}

#[test]
fn a_url_is_sent_as_a_url_and_without_download_the_urls_are_printed() {
    let bench = Bench::new("happy");
    let url = "https://example.com/cup.jpg?sig=1";
    let ran = bench.run(&["process", url, "--no-download"]).exits(0);
    assert!(ran.out.starts_with(&bench.server.results_url()), "{ran:?}");
    assert_eq!(bench.server.account().requests(Kind::Result), 0);
}

#[test]
fn submit_prints_the_id_alone_and_wait_goes_on_with_it() {
    let bench = Bench::new("happy");
    let id = bench.run(&["submit", PHOTO]).exits(0).out;
    assert_eq!(id, format!("{}\n", bench.server.account().jobs[0].id));
    let ran = bench.run(&["wait", id.trim(), "-o", "cup.png"]).exits(0);
    assert_eq!(ran.out.trim(), "cup.png");
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn status_tells_how_a_job_is() {
    let bench = Bench::new("happy");
    let id = bench.run(&["submit", PHOTO]).exits(0).out;
    let ran = bench.run(&["status", id.trim()]).exits(0);
    assert!(ran.out.contains("state     done") && ran.out.contains("progress  100 %"), "{ran:?}");
    bench.run(&["status", "unknown-job"]).exits(8);
}

#[test]
fn json_is_one_object_with_everything_in_it() {
    let bench = Bench::new("happy");
    let args = ["process", PHOTO, "--params", "set", "--json", "--out-dir", "out"];
    let json = bench.run(&args).exits(0).json();
    assert_eq!(json["input"], PHOTO);
    assert_eq!(json["job_id"], bench.server.account().jobs[0].id);
    assert_eq!(json["outcome"], "done");
    assert_eq!(json["files"].as_array().unwrap().len(), 4);
    assert!(json["urls"]["background"].is_string());
    assert!(json["warnings"]["shadow_wall"].is_array());
    assert_eq!(json["ignored_variations"], serde_json::json!(["shadow_wall"]));
    assert_eq!(json["error"], Value::Null);
}

#[test]
fn each_way_to_end_has_its_exit_code_and_outcome() {
    for (scenario, code, outcome, jobs) in [
        ("happy", 0, "done", 1),
        ("key-refused", 4, "rejected", 0),
        ("no-credits", 5, "rejected", 0),
        ("lost-answer", 6, "ambiguous", 1),
        ("html-error", 6, "ambiguous", 0),
        ("never-done", 7, "timed_out", 1),
        ("validation", 8, "rejected", 0),
        ("redirect-upload", 8, "rejected", 0),
        ("failed-job", 9, "failed", 1),
        ("expired-result", 8, "done", 1),
    ] {
        let bench = Bench::new(scenario);
        let args = ["process", PHOTO, "--json", "--timeout", "3s"];
        let ran = bench.run(&args).exits(code);
        let json = ran.json();
        assert_eq!(json["outcome"], outcome, "{scenario}: {ran:?}");
        assert_eq!(bench.jobs(), jobs, "{scenario}");
        assert_eq!(json["error"].is_null(), code == 0, "{scenario}");
        // Whenever there is an id to know, it is told.
        if jobs == 1 && outcome != "ambiguous" {
            assert_eq!(json["job_id"], bench.server.account().jobs[0].id, "{scenario}");
        }
    }
}

#[test]
fn a_deadline_prints_the_command_that_goes_on() {
    let bench = Bench::new("never-done");
    let ran = bench.run(&["process", PHOTO, "--timeout", "1s", "--out-dir", "a b"]).exits(7);
    let id = &bench.server.account().jobs[0].id;
    let base = bench.server.base_url();
    let command = format!("go on with: removit wait {id} --base-url {base} --out-dir 'a b'");
    assert!(ran.err.contains(&command), "{ran:?}");
}

#[test]
fn an_unreachable_server_is_exit_10_and_nothing_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["process", PHOTO, "--base-url", "http://127.0.0.1:9", "--timeout", "1s", "--json"];
    let ran = program(&args, folder.path()).env("REMOVIT_API_KEY", KEY).output().unwrap();
    assert_eq!(Ran::new(&ran).exits(10).json()["outcome"], "not_sent");
}

#[test]
fn what_is_wrong_on_this_side_is_said_before_anything_is_paid() {
    let bench = Bench::new("happy");
    fs::write(bench.path("notes.txt"), "no image").unwrap();
    fs::write(bench.path("empty.png"), "").unwrap();
    fs::write(bench.path("there.png"), "precious").unwrap();
    for (args, code, words) in [
        (&["process", "absent.png"][..], 1, "absent.png"),
        (&["process", "notes.txt"], 2, "not an image type"),
        (&["process", "empty.png"], 2, "empty"),
        (&["process", "ftp://example.com/x.png"], 2, "http"),
        (&["process", PHOTO, "-o", "there.png"], 1, "exists"),
        (&["process", PHOTO, "-o", "absent/x.png"], 1, "absent"),
        (&["process", PHOTO, "--mode", "params"], 2, "--params"),
        (&["process", PHOTO, "--mode", "clipping", "--params", "x"], 2, "--params"),
        (&["process", PHOTO, "--params", "[1]"], 2, "JSON object"),
        (&["process", PHOTO, "-o", "x.png", "--delivery", "url"], 2, "--out-dir"),
        (&["process", PHOTO, "--base-url", "http://example.com"], 2, "https"),
        (&["process", PHOTO, "--api-key-file", "absent.key"], 1, "absent.key"),
        (&["process"], 2, "Usage"),
    ] {
        let ran = bench.run(args).exits(code);
        assert!(ran.err.contains(words), "{args:?}: {ran:?}");
        assert_eq!(ran.out, "", "{args:?}");
    }
    assert_eq!(bench.server.account().requests(Kind::Upload), 0);
    assert_eq!(fs::read(bench.path("there.png")).unwrap(), b"precious");
}

#[test]
fn without_a_key_the_error_says_where_to_put_one() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::new(&program(&["process", PHOTO], folder.path()).output().unwrap()).exits(2);
    assert!(ran.err.contains("REMOVIT_API_KEY") && ran.err.contains("--api-key-file"), "{ran:?}");
}

#[test]
fn the_key_may_come_from_a_file_with_a_newline() {
    let bench = Bench::new("happy");
    fs::write(bench.path("key"), format!("{KEY}\n")).unwrap();
    let mut command =
        bench.command(&["submit", PHOTO, "--api-key-file", "key", "--auth", "bearer"]);
    let ran = command.env_remove("REMOVIT_API_KEY").output().unwrap();
    Ran::new(&ran).exits(0);
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn hostile_names_write_nothing_outside_the_folder() {
    let bench = Bench::new("hostile-names");
    bench.run(&["process", PHOTO, "--params", "x", "--out-dir", "deep/er"]).exits(0);
    let entries: Vec<_> =
        fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(entries.iter().filter(|name| *name != ".state").collect::<Vec<_>>(), ["deep"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_waiting_and_tells_how_to_go_on() {
    let bench = Bench::new("never-done");
    let mut command = bench.command(&["process", PHOTO, "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while bench.server.account().jobs.first().is_none_or(|job| job.polls.is_empty()) {
        assert!(Instant::now() < deadline, "never polled");
        thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ran = Ran::new(&child.wait_with_output().unwrap()).exits(130);
    let id = &bench.server.account().jobs[0].id;
    assert!(ran.err.contains(&format!("removit wait {id}")), "{ran:?}");
    assert_eq!(ran.json()["job_id"], *id);
}

#[test]
fn the_demo_needs_nothing_and_says_where_the_results_are() {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        Ran::new(&program(&["demo", "--out-dir", "results"], folder.path()).output().unwrap());
    let ran = ran.exits(0);
    assert_eq!(ran.out.trim(), "results");
    assert_eq!(fs::read_dir(folder.path().join("results")).unwrap().count(), 4);
    assert!(ran.err.contains("seen at the API alone"), "{ran:?}");
    assert!(ran.err.contains("no image was processed"), "{ran:?}");
    // It tells of the job's steps as they happen, each at its time.
    for told in ["s   accepted: job ", "one credit", " %"] {
        assert!(ran.err.contains(told), "{told}: {ran:?}");
    }
}

#[test]
fn the_scenarios_are_listed_and_unknown_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let listed = program(&["simulate", "--list-scenarios"], folder.path()).output().unwrap();
    assert!(Ran::new(&listed).exits(0).out.contains("lost-answer"));
    let unknown = program(&["simulate", "--scenario", "x"], folder.path()).output().unwrap();
    assert!(Ran::new(&unknown).exits(2).err.contains("--list-scenarios"));
}

#[cfg(unix)]
#[test]
fn simulate_serves_a_scenario_until_it_is_interrupted() {
    use std::io::{BufRead, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let args = ["simulate", "--listen", "127.0.0.1:0", "--scenario", "no-credits"];
    let mut server = program(&args, folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let api =
        lines.find_map(|line| line.unwrap().strip_prefix("API").map(str::trim).map(str::to_owned));
    let args = ["process", PHOTO, "--base-url", &api.unwrap()];
    let ran = program(&args, folder.path()).env("REMOVIT_API_KEY", KEY).output().unwrap();
    Ran::new(&ran).exits(5);
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let summary = lines.last().unwrap().unwrap();
    assert!(summary.contains("0 jobs created"), "{summary}");
}
