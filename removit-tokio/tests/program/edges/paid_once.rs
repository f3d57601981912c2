//! What was paid for is known from then on, in another command and another folder.

use std::fs;
use std::time::Duration;

use removit_tokio::proto::simulator::{Config, Fault, Kind, Odd, Rule, When};

use crate::bench::{Bench, finish, wait_until};
use crate::listening::Listening;
use crate::ran::Ran;

/// An answer that comes when the test releases it.
const LATE: Fault = Fault::Delay(Duration::from_secs(3600));

#[test]
fn one_photo_twice_is_one_job_with_the_same_files() {
    let bench = Bench::new();
    let first = bench.run(&["process", "cup.png"]).exits(0);
    let second = bench.run(&["process", "cup.png"]).exits(0);
    assert_eq!((first.out.trim(), bench.jobs()), ("./cup-clipping.png", 1));
    assert_eq!(second.out, first.out);
    assert!(second.err.contains(&format!("job {}; --again pays anew", bench.id(0))), "{second:?}");
    assert!(second.err.contains(bench.state().to_str().unwrap()), "names the ledger: {second:?}");
}

#[test]
fn a_photo_is_known_in_each_command_and_folder_with_the_same_options() {
    let bench = Bench::new();
    bench.run(&["process", "cup.png"]).exits(0);
    let id = bench.id(0);
    bench.photo("elsewhere/copy.png", "cup");
    bench.run(&["process", "elsewhere/copy.png", "--out-dir", "other"]).exits(0);
    assert_eq!(bench.names("other"), ["copy-clipping.png"]);
    assert_eq!(bench.run(&["submit", "cup.png"]).exits(0).out.trim(), id);
    let urls = bench.run(&["process", "cup.png", "--no-download"]).exits(0).out;
    assert!(urls.contains(&id), "{urls}");
    bench.run(&["process", ".", "--recursive", "--out-dir", "all"]).exits(0);
    assert_eq!(bench.jobs(), 1);
    // Spelled out, the vendor's defaults are no other options; a mode is.
    bench.run(&["submit", "cup.png", "--mode", "clipping", "--format", "png"]).exits(0);
    assert_eq!(bench.jobs(), 1);
    bench.run(&["submit", "cup.png", "--mode", "background"]).exits(0);
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn what_a_catalogue_paid_for_is_known_to_one_photo_and_to_another_catalogue() {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    bench.photo("photos/b.png", "b");
    bench.run(&["process", "photos", "--out-dir", "out"]).exits(0);
    assert_eq!(bench.jobs(), 2);
    let one = bench.run(&["process", "photos/a.png", "--out-dir", "one"]).exits(0);
    assert_eq!(bench.names("one"), ["a-clipping.png"], "{one:?}");
    bench.run(&["process", "photos", "--out-dir", "again"]).exits(0);
    assert_eq!(bench.names("again").len(), 3);
    assert_eq!(bench.run(&["submit", "photos/b.png"]).exits(0).out.lines().count(), 1);
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn results_that_lie_in_another_folder_are_copied_from_there_and_no_server_is_asked() {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    bench.photo("photos/b.png", "b");
    bench.run(&["process", "cup.png", "--params", "set", "--out-dir", "out"]).exits(0);
    bench.run(&["process", "photos", "--out-dir", "many"]).exits(0);
    let all = |bench: &Bench| bench.server.account().requests.clone();
    let asked = all(&bench);
    let same = |one: &str, other: &str| {
        assert!(!bench.names(one).is_empty());
        for name in bench.names(one).iter().filter(|name| *name != "removit.journal") {
            let read = |folder: &str| fs::read(bench.path(folder).join(name)).unwrap();
            assert_eq!(read(one), read(other), "{name}");
        }
    };
    let ran = bench.run(&["process", "cup.png", "--params", "set", "--out-dir", "out2"]).exits(0);
    assert_eq!(ran.out.lines().count(), 4, "{ran:?}");
    same("out", "out2");
    // Of a catalogue, to another one, and to one photo.
    let ran = bench.run(&["process", "photos", "--out-dir", "many2", "--json"]).exits(0);
    assert_eq!(ran.lines_of("summary")[0]["files"], 2, "{ran:?}");
    same("many", "many2");
    bench.run(&["process", "photos/a.png", "-o", "one.png"]).exits(0);
    let id = bench.server.account().jobs[0].id.to_string();
    let ran = bench.run(&["wait", &id, "--out-dir", "waited"]).exits(0);
    assert_eq!((ran.out.lines().count(), bench.names("waited").len()), (4, 4), "{ran:?}");
    // `-o` is another delivery, and so another job; the rest was there.
    let (mut now, mut before) = (all(&bench), asked);
    for requests in [&mut now, &mut before] {
        requests.remove(&Kind::Upload);
    }
    assert_eq!(bench.jobs(), 4);
    assert_eq!(now[&Kind::Result], before[&Kind::Result] + 1);
    // What was changed or removed meanwhile is fetched.
    fs::write(bench.path("many/a-clipping.png"), "painted over").unwrap();
    fs::remove_file(bench.path("many2/a-clipping.png")).unwrap();
    bench.run(&["process", "photos", "--out-dir", "many3"]).exits(0);
    assert_eq!(all(&bench)[&Kind::Result], now[&Kind::Result] + 1);
    assert_eq!(
        fs::read(bench.path("many3/a-clipping.png")).unwrap(),
        fs::read(bench.path("photos/a.png")).unwrap()
    );
}

#[test]
fn again_pays_anew_and_keeps_what_was_known() {
    let bench = Bench::new();
    bench.run(&["process", "cup.png", "--out-dir", "out"]).exits(0);
    let ran = bench.run(&["process", "cup.png", "--out-dir", "out", "--again"]).exits(0);
    // The same result, under the same name.
    assert_eq!((bench.names("out"), bench.jobs()), (vec!["cup-clipping.png".to_owned()], 2));
    let report = ran.err.lines().find_map(|line| line.split_once("removit report ")).unwrap().1;
    assert!(bench.run(&["report", report]).exits(0).out.contains("jobs         1 known"));
    assert_ne!(bench.run(&["submit", "cup.png"]).exits(0).out.trim(), bench.id(0));
    bench.run(&["submit", "cup.png", "--again"]).exits(0);
    assert_eq!(bench.jobs(), 3);

    bench.run(&["process", ".", "--out-dir", "many"]).exits(0);
    bench.run(&["process", ".", "--out-dir", "many", "--again"]).exits(0);
    assert_eq!(bench.jobs(), 4);
}

#[test]
fn results_beside_their_photos_are_never_taken_for_photos() {
    let bench = Bench::new();
    bench.run(&["process", "cup.png"]).exits(0);
    let id = bench.run(&["submit", "cup.png", "--mode", "background"]).exits(0).out;
    bench.run(&["wait", id.trim(), "--name", "waited"]).exits(0);
    bench.run(&["wait", id.trim(), "-o", "named.png"]).exits(0);
    assert_eq!(bench.jobs(), 2);

    let dry = bench.run(&["process", ".", "--dry-run"]).exits(0);
    assert!(dry.err.contains("left out         3  results of earlier runs"), "{dry:?}");
    let ran = bench.run(&["process", ".", "--json"]).exits(0);
    assert_eq!(ran.lines_of("summary")[0]["results_left_out"], 3);
    assert_eq!((ran.json()["input"].as_str(), bench.jobs()), (Some("./cup.png"), 2));
}

#[test]
fn a_ledger_that_cannot_be_had_is_told_and_costs_no_job() {
    let bench = Bench::new();
    fs::write(bench.path("file"), "no folder").unwrap();
    for (variable, value) in [("XDG_STATE_HOME", bench.path("file")), ("HOME", "relative".into())] {
        let mut command = bench.command(&["process", "cup.png", "--out-dir", "out"]);
        command.env_remove("XDG_STATE_HOME").env_remove("HOME").env(variable, &value);
        let ran = Ran::new(&command.output().unwrap()).exits(0);
        assert!(ran.err.contains("is not remembered"), "{ran:?}");
        assert!(ran.err.contains("XDG_STATE_HOME"), "{ran:?}");
    }
    let mut quiet = bench.command(&["submit", "cup.png", "--quiet"]);
    let ran = Ran::new(&quiet.env("XDG_STATE_HOME", bench.path("file")).output().unwrap()).exits(0);
    assert_eq!(ran.out.trim(), bench.id(2));
}

/// Its folder is there, and takes no file of such a long name.
#[cfg(target_os = "linux")]
#[test]
fn a_ledger_that_takes_no_journal_is_told_and_costs_no_job() {
    const LONGEST_PATH: usize = 4095;
    let bench = Bench::new();
    bench.run(&["process", "cup.png"]).exits(0);
    let api = fs::read_dir(bench.state()).unwrap().next().unwrap().unwrap().file_name();
    let below = std::path::Path::new("removit").join(api).as_os_str().len() + "/".len();
    let mut state = bench.path("deep");
    while state.as_os_str().len() + below < LONGEST_PATH - 40 {
        let room = LONGEST_PATH - 20 - below - state.as_os_str().len() - 1;
        state.push("d".repeat(room.min(200)));
    }
    fs::create_dir_all(&state).unwrap();
    let mut command = bench.command(&["process", "cup.png", "--out-dir", "out"]);
    let ran = Ran::new(&command.env("XDG_STATE_HOME", &state).output().unwrap()).exits(0);
    assert!(ran.err.contains("is not remembered") && ran.err.contains("too long"), "{ran:?}");
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn a_journal_of_one_photo_that_was_damaged_pays_for_nothing_unasked() {
    let bench = Bench::new();
    bench.run(&["submit", "cup.png"]).exits(0);
    let api = fs::read_dir(bench.state()).unwrap().next().unwrap().unwrap().path();
    let journal = fs::read_dir(api).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace("\"kind\":\"accepted\"", "\"kond\":\"accepted\"")).unwrap();
    let ran = bench.run(&["submit", "cup.png"]).exits(1);
    assert!(ran.err.contains("is damaged") && ran.err.contains("--again"), "{ran:?}");
    assert_eq!(bench.jobs(), 1);
    bench.run(&["submit", "cup.png", "--again"]).exits(0);
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn what_cannot_be_opened_in_place_of_a_photos_journal_pays_for_nothing_unasked() {
    let bench = Bench::new();
    bench.run(&["submit", "cup.png"]).exits(0);
    let api = fs::read_dir(bench.state()).unwrap().next().unwrap().unwrap().path();
    let entries = fs::read_dir(api).unwrap().map(|entry| entry.unwrap().path());
    let is_journal = |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "journal");
    let journal = entries.into_iter().find(is_journal).unwrap();
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    let ran = bench.run(&["submit", "cup.png"]).exits(1);
    assert!(ran.err.contains("--again pays for it anew"), "{ran:?}");
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn a_dry_run_of_one_photo_knows_what_was_paid_for() {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    bench.photo("photos/b.png", "b");
    bench.run(&["process", "cup.png"]).exits(0);
    bench.run(&["process", "photos", "--out-dir", "out"]).exits(0);
    let next = |words: &[&str]| {
        let args = [&["process", "--dry-run"], words].concat();
        bench.run(&args).exits(0).out.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(next(&["cup.png"]), "done");
    assert_eq!(next(&["photos/a.png"]), "fetch");
    assert_eq!(next(&["cup.png", "--again"]), "send");
    assert_eq!(next(&["photos/a.png", "--again"]), "send");
}

#[test]
fn the_copy_of_the_only_result_has_the_name_that_was_asked_for() {
    let bench = Bench::new();
    bench.run(&["process", "cup.png", "--out-dir", "out"]).exits(0);
    let id = bench.id(0);
    bench.run(&["wait", &id, "-o", "mine.png"]).exits(0);
    assert_eq!(bench.names("."), ["cup.png", "mine.png", "out"]);
    assert_eq!(bench.server.account().jobs[0].downloads, 1, "it was copied");
}

#[test]
fn two_processes_with_one_photo_make_one_job() {
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Upload, When::First(1), LATE));
    }));
    let first = bench.command(&["process", "cup.png"]).spawn().unwrap();
    wait_until("the first upload", || bench.uploads() > 0);
    let mut second = Listening::to(&mut bench.command(&["process", "cup.png"]));
    second.until_it_says("waiting for another process");
    bench.server.release();
    let (first, second) = (finish(first).exits(0), second.finish().exits(0));
    assert_eq!((second.out, bench.jobs()), (first.out, 1));
}

/// A catalogue that has not come to its last photo yet; that photo is its own.
fn catalogue_at_work() -> (Bench, std::process::Child) {
    let bench = Bench::with(Config::instant().with(|config| {
        config.script.push(Rule::new(Kind::Upload, When::First(1), LATE));
    }));
    bench.photo("photos/1.png", "first");
    bench.photo("photos/2.png", "last");
    bench.photo("copies/2.png", "last");
    bench.photo("copies/3.png", "last");
    let args = ["process", "photos", "--out-dir", "out", "--jobs", "1"];
    let child = bench.command(&args).spawn().unwrap();
    wait_until("the first upload", || bench.uploads() == 1);
    (bench, child)
}

#[test]
fn a_photo_that_a_catalogue_is_about_to_send_is_waited_for() {
    let (bench, child) = catalogue_at_work();
    let args = ["process", "photos/2.png", "--out-dir", "one"];
    let mut one = Listening::to(&mut bench.command(&args));
    one.until_it_says("waiting for another process");
    bench.server.release();
    one.finish().exits(0);
    finish(child).exits(0);
    assert_eq!((bench.jobs(), bench.names("one")), (2, vec!["2-clipping.png".to_owned()]));
}

#[test]
fn two_catalogues_at_once_send_no_photo_twice() {
    let (bench, mut child) = catalogue_at_work();
    let ran = bench.run(&["process", "photos", "--out-dir", "other", "--json"]).exits(1);
    assert!(ran.err.contains("another process is about to send it"), "{ran:?}");
    assert!(ran.json_lines().iter().all(|line| line["outcome"] == "not_sent"), "{ran:?}");
    bench.run(&["process", "copies", "--out-dir", "third"]).exits(1);
    let one = bench.run(&["submit", "photos/2.png", "--timeout", "1s"]).exits(1);
    assert!(one.err.contains("another process is about to send it"), "{one:?}");
    assert_eq!(one.err.matches("waiting for another process").count(), 1, "{one:?}");
    assert_eq!(bench.uploads(), 1);
    // Once it is gone, what it did not send is free, and what it may have sent is not.
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = bench.run(&["process", "photos", "--out-dir", "other", "--json"]).exits(3);
    let mut outcomes: Vec<_> =
        ran.json_lines().iter().map(|line| line["outcome"].as_str().unwrap().to_owned()).collect();
    outcomes.sort();
    assert_eq!((outcomes, bench.uploads()), (vec!["ambiguous".into(), "done".into()], 2));
}

/// Both have looked and found that nobody knows the photo; then the one tells first, and
/// its upload is answered at once, or late.
#[test]
fn two_processes_that_looked_at_the_same_time_send_one_photo_once() {
    for is_late in [false, true] {
        let bench = Bench::with(Config::instant().with(|config| {
            let late = if is_late { LATE } else { Fault::Delay(Duration::ZERO) };
            config.script.push(Rule::new(Kind::Upload, When::Nth(2), late));
        }));
        bench.photo("photos/same.png", "cup");
        bench.run(&["submit", "cup.png", "--mode", "background"]).exits(0);
        let api = fs::read_dir(bench.state()).unwrap().next().unwrap().unwrap().path();
        let turn = removit_blocking::files::take_turn(&api.join("turn")).unwrap().unwrap();
        let before = fs::read_dir(&api).unwrap().count();
        let mut many = bench.command(&["process", "photos", "--out-dir", "out"]).spawn().unwrap();
        let mut one = bench.command(&["process", "cup.png", "--out-dir", "one"]).spawn().unwrap();
        wait_until("both journals", || {
            bench.path("out/removit.journal").exists()
                && fs::read_dir(&api).unwrap().count() >= before + 2
        });
        // Where one of them needs longer to look, it only finds out sooner.
        std::thread::sleep(Duration::from_millis(500));
        drop(turn);
        if is_late {
            // The one that came second is not kept waiting by the other's upload.
            wait_until("the end of one", || {
                [&mut many, &mut one].iter_mut().any(|run| run.try_wait().unwrap().is_some())
            });
            wait_until("the other's upload", || bench.uploads() == 2);
            bench.server.release();
        }
        let ended = [finish(many), finish(one)];
        // The other has the job too where it was accepted by then, or leaves the photo.
        let mut codes: Vec<_> = ended.iter().map(|ran| ran.code).collect();
        codes.sort_unstable();
        let left = [vec![Some(0), Some(0)], vec![Some(0), Some(1)]];
        assert!(left.contains(&codes) && (!is_late || codes == left[1]), "{ended:?}");
        assert_eq!(bench.jobs(), 2, "one of each mode: {ended:?}");
    }
}

#[test]
fn the_copy_of_a_photo_that_is_left_for_later_is_left_with_it() {
    let bench = Bench::new();
    for name in ["a.png", "b.png", "c.png"] {
        bench.photo(&format!("photos/{name}"), "one content");
    }
    let args = ["process", "photos", "--out-dir", "out", "--max-jobs", "0"];
    let ran = bench.run(&args).exits(0);
    assert!(ran.err.contains("held             3"), "{ran:?}");
    assert_eq!(bench.uploads(), 0);
    bench.run(&["resume", "out/removit.journal", "--max-jobs", "0"]).exits(0);
    assert_eq!(bench.uploads(), 0);
    bench.run(&args[..4]).exits(0);
    assert_eq!((bench.jobs(), bench.names("out").len()), (1, 4));
}

#[test]
fn resume_pays_for_nothing_that_was_paid_for_meanwhile() {
    let bench = Bench::new();
    for name in ["a", "b"] {
        bench.photo(&format!("photos/{name}.png"), name);
    }
    bench.run(&["process", "photos", "--out-dir", "out", "--max-jobs", "0"]).exits(0);
    bench.run(&["process", "photos/a.png", "--out-dir", "one"]).exits(0);
    assert_eq!(bench.jobs(), 1);
    bench.run(&["resume", "out/removit.journal"]).exits(0);
    assert_eq!((bench.jobs(), bench.names("out").len()), (2, 3));
}

#[test]
fn waiting_for_another_process_ends_with_the_time_limit() {
    let bench = Bench::scenario("never-done");
    let mut first = bench.command(&["process", "cup.png"]).spawn().unwrap();
    wait_until("the job", || bench.jobs() > 0);
    let second = bench.run(&["process", "cup.png", "--timeout", "1s"]).exits(1);
    first.kill().unwrap();
    first.wait().unwrap();
    let told = second.err.matches("waiting for another process").count();
    assert_eq!((told, bench.jobs()), (1, 1), "{second:?}");
}

#[test]
fn a_process_that_was_killed_amid_one_photo_is_gone_on_with_by_the_next() {
    let bench = Bench::with(Config::instant().with(|config| {
        let state = Fault::Odd(Odd::State("napping".to_owned()));
        config.script.push(Rule::new(Kind::Status, When::Always, state));
    }));
    let mut first = bench.command(&["process", "cup.png"]).spawn().unwrap();
    wait_until("a look at the job", || {
        bench.server.account().jobs.first().is_some_and(|job| !job.polls.is_empty())
    });
    first.kill().unwrap();
    first.wait().unwrap();
    bench.server.with_simulator(|simulator| simulator.set_script(Vec::new()));
    bench.run(&["process", "cup.png"]).exits(0);
    assert_eq!(
        (bench.jobs(), bench.names(".")),
        (1, vec!["cup-clipping.png".into(), "cup.png".into()])
    );
}

#[test]
fn an_upload_without_an_answer_is_ambiguous_until_someone_decides() {
    let bench = Bench::scenario("lost-answer");
    bench.run(&["process", "cup.png"]).exits(6);
    let ran = bench.run(&["process", "cup.png", "--json"]).exits(6);
    assert_eq!((ran.json()["outcome"].as_str(), bench.uploads()), (Some("ambiguous"), 1));
    bench.run(&["submit", "cup.png"]).exits(6);
    // A catalogue knows of it, too.
    bench.run(&["process", ".", "--out-dir", "out"]).exits(6);
    assert_eq!(bench.uploads(), 1);
    bench.run(&["process", "cup.png", "--on-ambiguous", "resend"]).exits(0);
    assert_eq!(bench.uploads(), 2);
    bench.run(&["process", ".", "--out-dir", "out"]).exits(0);
    assert_eq!(bench.uploads(), 2);
}

#[test]
fn resume_takes_over_the_job_that_settles_what_was_ambiguous() {
    let bench = Bench::scenario("lost-answer");
    bench.run(&["process", ".", "--out-dir", "out"]).exits(6);
    let journal = ["resume", "out/removit.journal"];
    bench.run(&journal).exits(6);
    let anew = ["process", "cup.png", "--again", "--out-dir", "anew"];
    bench.run(&anew).exits(0);
    assert_eq!(bench.uploads(), 2);
    bench.run(&journal).exits(0);
    assert_eq!((bench.uploads(), bench.names("out").len()), (2, 2));
}

#[test]
fn a_photo_whose_job_failed_is_not_paid_for_again_unasked() {
    let bench = Bench::scenario("failed-job");
    bench.run(&["process", "cup.png"]).exits(9);
    let ran = bench.run(&["process", "cup.png"]).exits(9);
    assert!(ran.err.contains("--again"), "{ran:?}");
    bench.run(&["process", ".", "--out-dir", "out"]).exits(9);
    assert_eq!(bench.jobs(), 1);
    bench.run(&["process", "cup.png", "--again"]).exits(9);
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn an_empty_account_is_exit_5_for_one_photo_and_after_a_top_up_it_is_sent() {
    let bench = Bench::with(Config::instant().with(|config| config.credits = Some(0)));
    let ran = bench.run(&["process", "cup.png", "--json"]).exits(5);
    assert_eq!(ran.json()["outcome"], "rejected");
    bench.server.with_simulator(|simulator| simulator.add_credits(1));
    bench.run(&["process", "cup.png"]).exits(0);
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn another_api_has_another_ledger() {
    let (one, other) = (Bench::new(), Bench::new());
    one.run(&["submit", "cup.png"]).exits(0);
    let mut command = one.command(&["submit", "cup.png"]);
    let ran = command.env("REMOVIT_BASE_URL", other.server.base_url()).output().unwrap();
    Ran::new(&ran).exits(0);
    assert_eq!((one.jobs(), other.jobs()), (1, 1));
}
