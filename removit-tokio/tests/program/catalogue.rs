//! The program with many inputs: what it sends, what it says, how it ends.
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{Config, Fault, Kind, Rule, Simulator, When};
use removit_tokio::simulator::SimulatorServer;
use tempfile::TempDir;

use crate::listening::Listening;
use crate::ran::{KEY, Ran};

/// An answer that comes when the test releases it.
const LATE: Fault = Fault::Delay(Duration::from_secs(3600));

/// What the program says of the first Ctrl-C.
#[cfg(unix)]
const STOPPING: &str = "once more leaves at once";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on: ";

struct Bench {
    server: SimulatorServer,
    folder: TempDir,
}

impl Bench {
    /// A folder `photos` with so many photos, no two alike.
    fn new(photos: usize, config: Config) -> Self {
        let server = SimulatorServer::start(Simulator::new(config)).unwrap();
        let bench = Self { server, folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("photos")).unwrap();
        for n in 0..photos {
            bench.photo(&format!("{n:03}.png"), &n.to_string());
        }
        bench
    }

    fn photo(&self, name: &str, content: &str) {
        let bytes = [PNG, content.as_bytes()].concat();
        fs::write(self.path("photos").join(name), bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
        command.env("XDG_CONFIG_HOME", "/nonexistent");
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("REMOVIT_API_KEY", KEY).env("REMOVIT_BASE_URL", self.server.base_url());
        command.env("XDG_STATE_HOME", self.path(".state"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::new(&self.command(args).output().unwrap())
    }

    fn jobs(&self) -> usize {
        self.server.account().jobs.len()
    }

    fn results(&self) -> usize {
        let Ok(folder) = fs::read_dir(self.path("out")) else { return 0 };
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".png")).count()
    }
}

const FAST: [&str; 7] = ["process", "photos", "--out-dir", "out", "--rate", "500", "--json"];

fn fast<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&FAST[..], more].concat()
}

#[test]
fn a_folder_is_processed_and_each_input_gets_one_line() {
    let bench = Bench::new(12, Config::instant());
    let ran = bench.run(&FAST).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (12, 12));
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().all(|line| line["outcome"] == "done" && line["job_id"].is_string()));
    assert!(ran.err.contains("saved           12"), "{ran:?}");
}

#[test]
fn a_second_run_pays_for_nothing_and_a_new_photo_alone_is_sent() {
    let bench = Bench::new(5, Config::instant());
    bench.run(&FAST).exits(0);
    bench.photo("new.png", "new");
    let ran = bench.run(&FAST).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (6, 6));
    assert!(ran.err.contains("5 of them by an earlier run"), "{ran:?}");
}

#[test]
fn results_among_the_inputs_are_never_taken_for_photos() {
    let bench = Bench::new(3, Config::instant());
    for _ in 0..2 {
        bench.run(&["process", "photos", "--out-dir", "photos", "--rate", "500"]).exits(0);
        assert_eq!(bench.jobs(), 3);
    }
}

#[test]
fn a_dry_run_sends_and_writes_nothing_and_needs_no_key() {
    let bench = Bench::new(3, Config::instant());
    bench.photo("copy.png", "0");
    let mut command = bench.command(&["process", "photos", "--out-dir", "out", "--dry-run"]);
    let ran = Ran::new(&command.env_remove("REMOVIT_API_KEY").output().unwrap()).exits(0);
    assert_eq!(ran.out.matches("send ").count(), 3, "{ran:?}");
    assert_eq!(ran.out.matches("copy ").count(), 1, "{ran:?}");
    assert_eq!(bench.jobs(), 0);
    assert!(!bench.path("out").exists());
}

#[test]
fn two_inputs_of_one_name_get_a_number_that_they_keep() {
    let bench = Bench::new(1, Config::instant());
    fs::create_dir_all(bench.path("photos/more")).unwrap();
    bench.photo("more/000.png", "another");
    bench.run(&fast(&["--recursive"])).exits(0);
    let file = |name: &str| fs::read(bench.path("out").join(name)).ok();
    let first = file("000-clipping.png").unwrap();
    assert!(file("000-2-clipping.png").unwrap().ends_with(b"another"));

    // One that comes before them by now takes no name away.
    fs::create_dir_all(bench.path("photos/above")).unwrap();
    bench.photo("above/000.png", "a third");
    bench.run(&fast(&["--recursive"])).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (3, 3));
    assert_eq!(file("000-clipping.png").unwrap(), first);
    assert!(file("000-2-clipping.png").unwrap().ends_with(b"another"));
    assert!(file("000-3-clipping.png").unwrap().ends_with(b"a third"));
}

#[test]
fn a_pattern_that_names_all_alike_is_refused_before_anything_is_paid() {
    let bench = Bench::new(2, Config::instant());
    let ran = bench.run(&fast(&["--name", "shot"])).exits(2);
    assert!(ran.err.contains("{stem} or {index}"), "{ran:?}");
    assert_eq!(bench.jobs(), 0);
}

#[test]
fn the_tree_of_folders_is_kept_where_the_pattern_says_so() {
    let bench = Bench::new(1, Config::instant());
    fs::create_dir_all(bench.path("photos/a/b")).unwrap();
    bench.photo("a/b/cup.png", "deep");
    bench.run(&fast(&["--recursive", "--name", "{tree}/{stem}"])).exits(0);
    assert!(bench.path("out/a/b/cup-clipping.png").exists());
    assert!(bench.path("out/000-clipping.png").exists());
}

#[test]
fn more_than_was_confirmed_is_not_sent_where_nobody_can_be_asked() {
    let bench = Bench::new(4, Config::instant());
    let ran = bench.run(&fast(&["--confirm-over", "3"])).exits(2);
    assert!(ran.err.contains("4 photos are to be sent"), "{ran:?}");
    assert_eq!(bench.jobs(), 0);
    bench.run(&fast(&["--confirm-over", "4"])).exits(0);
    assert_eq!(bench.jobs(), 4);
}

#[test]
fn one_photo_alone_has_its_journal_in_the_ledger_and_any_other_where_it_was_named() {
    let bench = Bench::new(1, Config::instant());
    bench.run(&["process", "photos/000.png", "--out-dir", "alone"]).exits(0);
    assert!(bench.path("alone/000-clipping.png").exists());
    assert!(!bench.path("alone/removit.journal").exists());
    let one = |more: &[&str]| {
        let args = ["process", "photos/000.png", "--out-dir", "out", "--rate", "500"];
        bench.run(&[&args[..], more].concat()).exits(0);
    };
    one(&["--name", "{stem}-new"]);
    assert!(bench.path("out/000-new-clipping.png").exists());
    one(&["--journal", "my.journal"]);
    assert!(bench.path("out/000-clipping.png").exists() && bench.path("my.journal").exists());
    assert_eq!(bench.jobs(), 1, "each of them knows it");
}

#[test]
fn max_jobs_leaves_the_rest_for_resume() {
    let bench = Bench::new(5, Config::instant());
    let ran = bench.run(&fast(&["--max-jobs", "2"])).exits(0);
    assert_eq!(bench.jobs(), 2);
    assert!(ran.err.contains("go on with: removit resume out/removit.journal"), "{ran:?}");
    bench.run(&["resume", "out/removit.journal", "--rate", "500"]).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (5, 5));
}

#[test]
fn resume_does_not_send_a_photo_that_changed_since_it_was_planned() {
    let bench = Bench::new(2, Config::instant());
    bench.run(&fast(&["--max-jobs", "1"])).exits(0);
    bench.photo("001.png", "another photo by now");
    let ran = bench.run(&["resume", "out/removit.journal", "--rate", "500", "--json"]).exits(3);
    assert!(ran.err.contains("001.png") && ran.err.contains("it changed"), "{ran:?}");
    assert_eq!((ran.json_lines().len(), bench.jobs()), (2, 1));
    bench.run(&FAST).exits(0);
    assert_eq!(bench.jobs(), 2, "process takes it as a new photo");
}

#[test]
fn resume_of_a_name_that_is_no_journal_begins_none() {
    let bench = Bench::new(1, Config::instant());
    let ran = bench.run(&["resume", "removit.jurnal"]).exits(1);
    assert!(ran.err.contains("there is no journal removit.jurnal"), "{ran:?}");
    assert!(!bench.path("removit.jurnal").exists());
}

#[test]
fn an_empty_account_ends_with_5_and_after_a_top_up_resume_does_the_rest() {
    let bench = Bench::new(20, Config::instant().with(|config| config.credits = Some(8)));
    let ran = bench.run(&FAST).exits(5);
    assert_eq!((bench.jobs(), bench.results()), (8, 8), "all that was accepted is saved");
    let uploads = bench.server.account().requests(Kind::Upload);
    assert!(uploads <= 8 + 4, "those under way at most are tried after it: {uploads}");
    assert_eq!(ran.json_lines().len(), 20, "one line an input");

    bench.server.with_simulator(|simulator| simulator.add_credits(100));
    bench.run(&["resume", "out/removit.journal", "--rate", "500"]).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (20, 20));
}

#[test]
fn inputs_that_cannot_be_sent_are_told_and_the_rest_goes_on() {
    let bench = Bench::new(2, Config::instant());
    fs::write(bench.path("photos/empty.png"), "").unwrap();
    fs::write(bench.path("photos/text.png"), "no image").unwrap();
    bench.photo("with\nnewline.png", "newline");
    let ran = bench.run(&FAST).exits(3);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 5);
    let not_sent: Vec<_> = lines.iter().filter(|line| line["outcome"] == "not_sent").collect();
    assert_eq!(not_sent.len(), 2, "{ran:?}");
    assert!(ran.err.contains("empty.png is empty"), "{ran:?}");
    assert!(!ran.err.contains("go on with"), "no run could do more: {ran:?}");
    assert_eq!((bench.jobs(), bench.results()), (3, 3));
}

#[test]
fn a_photo_that_changes_on_the_way_is_not_sent_and_the_rest_goes_on() {
    let bench = Bench::new(
        3,
        Config::instant().with(|config| {
            config.script.push(Rule::new(Kind::Upload, When::First(1), LATE));
        }),
    );
    let mut command = bench.command(&fast(&["--jobs", "1"]));
    let child = command.spawn().unwrap();
    wait_until("the first upload", || bench.server.account().requests(Kind::Upload) > 0);
    bench.photo("002.png", "another content, and of another length");
    bench.server.release();
    let ran = Ran::new(&child.wait_with_output().unwrap()).exits(3);
    assert_eq!(bench.jobs(), 2, "{ran:?}");
    assert!(ran.err.contains("002.png"), "{ran:?}");
}

#[test]
fn a_second_process_on_a_journal_stops_with_a_clear_message() {
    let bench = Bench::new(
        2,
        Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(3600);
        }),
    );
    let mut first = bench.command(&FAST).spawn().unwrap();
    wait_until("both jobs", || bench.jobs() == 2);
    let ran = bench.run(&FAST).exits(1);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(ran.err.contains("another process"), "{ran:?}");
    assert_eq!(bench.jobs(), 2);
}

#[test]
#[cfg(unix)]
fn ctrl_c_once_keeps_every_id_and_prints_the_command_that_goes_on() {
    // The fifth upload and the sixth are under way when it comes.
    let bench = Bench::new(
        40,
        Config::instant().with(|config| {
            config.script.push(Rule::new(Kind::Upload, When::From(5), LATE));
        }),
    );
    let mut run = Listening::to(&mut bench.command(&fast(&["--jobs", "2"])));
    wait_until("six uploads", || bench.server.account().requests(Kind::Upload) == 6);
    interrupt(run.child());
    run.until_it_says(STOPPING);
    bench.server.release();
    let ran = run.finish().exits(130);
    assert!(ran.err.contains("go on with: removit resume out/removit.journal"), "{ran:?}");
    assert_eq!(bench.jobs(), 6);

    bench.server.with_simulator(|simulator| simulator.set_script(Vec::new()));
    bench.run(&["resume", "out/removit.journal", "--rate", "500"]).exits(0);
    assert_eq!((bench.jobs(), bench.results()), (40, 40), "no id was lost, none doubled");
}

#[test]
#[cfg(unix)]
fn ctrl_c_gives_every_input_its_line() {
    // No job is done while the test runs; the second upload is answered late.
    let bench = Bench::new(
        10,
        Config::instant().with(|config| {
            config.pending_for = Duration::from_secs(3600);
            config.script.push(Rule::new(Kind::Upload, When::From(2), LATE));
        }),
    );
    let mut run = Listening::to(&mut bench.command(&fast(&["--jobs", "1"])));
    wait_until("the late upload", || bench.server.account().requests(Kind::Upload) == 2);
    interrupt(run.child());
    run.until_it_says(STOPPING);
    bench.server.release();
    let ran = run.finish().exits(130);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 10, "{ran:?}");
    let paid: Vec<_> = lines.iter().filter(|line| line["outcome"] == "timed_out").collect();
    assert_eq!(paid.len(), 2, "the answer under way was awaited: {ran:?}");
    assert!(paid.iter().all(|line| line["job_id"].is_string()), "{ran:?}");
    assert_eq!(lines.iter().filter(|line| line["outcome"] == "not_sent").count(), 8);
    assert_eq!(bench.jobs(), 2);
}

#[test]
#[cfg(unix)]
fn ctrl_c_twice_leaves_at_once_and_what_was_under_way_is_ambiguous() {
    let bench = Bench::new(
        10,
        Config::instant().with(|config| {
            config.script.push(Rule::new(Kind::Upload, When::First(3), LATE));
        }),
    );
    let mut run = Listening::to(&mut bench.command(&fast(&["--jobs", "3"])));
    wait_until("three uploads", || bench.server.account().requests(Kind::Upload) == 3);
    interrupt(run.child());
    run.until_it_says(STOPPING);
    assert_eq!(run.child().try_wait().unwrap(), None, "once waits for the answers");
    interrupt(run.child());
    let ran = run.finish().exits(130);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 10, "{ran:?}");
    assert_eq!(lines.iter().filter(|line| line["outcome"] == "ambiguous").count(), 3);
    assert!(ran.err.contains("ambiguous        3"), "{ran:?}");
    assert!(ran.err.contains("go on with: removit resume out/removit.journal"), "{ran:?}");

    let resumed = bench.run(&["resume", "out/removit.journal", "--rate", "500"]).exits(3);
    assert_eq!(bench.server.account().requests(Kind::Upload), 3 + 7, "{resumed:?}");
    assert_eq!(bench.results(), 7);
}

#[test]
fn a_folder_that_cannot_be_written_to_stops_its_own_photos_alone() {
    let bench = Bench::new(0, Config::instant());
    for folder in ["a", "b"] {
        fs::create_dir(bench.path("photos").join(folder)).unwrap();
        bench.photo(&format!("{folder}/1.png"), folder);
    }
    fs::create_dir(bench.path("out")).unwrap();
    fs::write(bench.path("out/a"), "a file where a folder should be").unwrap();
    let ran = bench.run(&fast(&["--recursive", "--name", "{folder}/{stem}"])).exits(3);
    assert_eq!(bench.jobs(), 1, "nothing is paid for that cannot be saved: {ran:?}");
    assert!(ran.err.contains("photos/a/1.png") && ran.err.contains("out/a"), "{ran:?}");
    assert!(bench.path("out/b/1-clipping.png").exists());
}

#[test]
fn an_output_folder_that_cannot_be_made_is_told_before_anything_is_paid() {
    let bench = Bench::new(2, Config::instant());
    fs::write(bench.path("out"), "a file").unwrap();
    let ran = bench.run(&FAST).exits(1);
    assert!(ran.err.contains("out"), "{ran:?}");
    assert_eq!(bench.jobs(), 0);
}

/// The journal cannot grow: its file may not be longer than so many blocks.
#[test]
#[cfg(unix)]
fn a_full_disk_under_the_journal_stops_uploads_and_loses_no_id() {
    let bench = Bench::new(30, Config::instant());
    let program = env!("CARGO_BIN_EXE_removit");
    let script = format!("trap '' XFSZ; ulimit -f 24; exec {program} \"$@\"");
    let mut command = bench.command(&[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", &script, "sh"]).args(FAST).current_dir(bench.folder.path());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null());
    let full = Ran::new(&limited.output().unwrap()).exits(1);
    assert!(full.err.contains("cannot be written"), "{full:?}");
    assert!(bench.jobs() < 30, "no upload without its record");
    assert_eq!(bench.results(), bench.jobs(), "what is paid for is fetched all the same");

    command.args(["resume", "out/removit.journal", "--rate", "500", "--json"]);
    let ran = Ran::new(&command.output().unwrap());
    assert_eq!(bench.results(), bench.jobs());
    // Of these the acceptance could not be written: the first run named their ids.
    let ambiguous = ran.json_lines().iter().filter(|line| line["outcome"] == "ambiguous").count();
    assert_eq!(
        ran.json_lines().iter().filter(|line| line["outcome"] == "done").count(),
        30 - ambiguous
    );
    let told = full.err.rsplit("not in it:").next().unwrap().lines().next().unwrap();
    let told = if ambiguous == 0 { 0 } else { told.split_whitespace().count() };
    // The others were about to be sent, and that they were not could not be written either.
    assert!(told <= ambiguous, "{full:?}");
    assert_eq!(bench.jobs(), 30 - ambiguous + told, "each photo once: {ran:?}");
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} never came");
        thread::sleep(Duration::from_millis(5));
    }
}
