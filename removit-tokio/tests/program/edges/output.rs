//! Standard output and standard error that cannot be written cost no job.

use std::fs;
use std::process::Stdio;

use crate::bench::{Bench, finish};
use crate::ran::Ran;

/// Runs the program behind these shell words, and gives its exit code.
fn shell(bench: &Bench, script: &str, args: &[&str], code: i32) -> Ran {
    Ran::new(&bench.shell(script, args).output().unwrap()).exits(code)
}

#[cfg(unix)]
#[test]
fn standard_error_that_takes_nothing_changes_nothing() {
    let args = ["process", "cup.png", "--params", "set", "--out-dir", "out"];
    let scripts =
        ["\"$@\" 2>&-", "\"$@\" 2>/dev/full", "\"$@\" 2> >(true); exit $?", "exec \"$@\" 2>&1 >&-"];
    for script in scripts {
        let bench = Bench::new();
        shell(&bench, script, &args, 0);
        assert_eq!((bench.jobs(), bench.names("out").len()), (1, 4), "{script}");
    }
    let bench = Bench::scenario("no-credits");
    shell(&bench, "\"$@\" 2>/dev/full", &["process", "cup.png"], 5);
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_after_one_line_ends_no_work() {
    let bench = Bench::new();
    let args = ["process", "cup.png", "--params", "set", "--out-dir", "out"];
    let script = "\"$@\" 2>&1 | head -1; exit ${PIPESTATUS[0]}";
    let ran = shell(&bench, script, &args, 0);
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    assert_eq!(bench.names("out").len(), 4);
    for args in
        [&["man", "process"][..], &["completions", "bash"], &["simulate", "--list-scenarios"]]
    {
        shell(&bench, script, args, 0);
    }
}

#[cfg(unix)]
#[test]
fn an_id_that_standard_output_does_not_take_goes_to_standard_error() {
    for args in [&["submit", "cup.png"][..], &["submit", "cup.png", "-q"]] {
        let bench = Bench::new();
        let ran = shell(&bench, "\"$@\" >/dev/full", args, 1);
        assert!(ran.err.contains(&bench.id(0)), "{args:?}: {ran:?}");
        let again = shell(&bench, "\"$@\" >/dev/full", args, 1);
        assert!(again.err.contains(&bench.id(0)), "known by now: {again:?}");
        assert_eq!(bench.jobs(), 1);
    }
}

/// A closed output and a null device that is open for reading too, as Python's `DEVNULL`,
/// look the same: the id is kept, and neither is a failure.
#[cfg(target_os = "linux")]
#[test]
fn an_id_goes_to_standard_error_where_standard_output_may_be_closed() {
    let bench = Bench::new();
    for script in ["\"$@\" >&-", "\"$@\" 1<>/dev/null"] {
        let ran = shell(&bench, script, &["submit", "cup.png", "-q"], 0);
        assert!(ran.err.contains(&bench.id(0)), "{script}: {ran:?}");
    }
    let ran = shell(&bench, "\"$@\" >/dev/null", &["submit", "cup.png", "-q"], 0);
    assert_eq!(ran.err, "", "as it was asked for");
}

#[cfg(unix)]
#[test]
fn a_json_line_that_is_not_taken_leaves_its_id_on_standard_error() {
    let bench = Bench::new();
    bench.photo("hat.png", "hat");
    let args = ["process", "cup.png", "hat.png", "--out-dir", "out", "--json", "-q"];
    let ran = shell(&bench, "\"$@\" >/dev/full", &args, 1);
    for job in 0..2 {
        assert!(ran.err.contains(&bench.id(job)), "{ran:?}");
    }
    assert_eq!(ran.err.matches("cannot be written").count(), 1, "told once: {ran:?}");
    assert_eq!(bench.names("out").len(), 3);

    let bench = Bench::new();
    let mut child = bench.command(&["process", "cup.png", "--json"]).spawn().unwrap();
    drop(child.stdout.take());
    let ran = finish(child).exits(1);
    assert!(ran.err.contains(&bench.id(0)) && bench.path("cup-clipping.png").exists(), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn paths_that_are_not_taken_are_told_by_the_exit_code_unless_the_reader_left() {
    let bench = Bench::new();
    shell(&bench, "\"$@\" >/dev/full", &["process", "cup.png"], 1);
    assert!(bench.path("cup-clipping.png").exists());
    let mut child = bench.command(&["process", "cup.png"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn the_one_result_goes_to_standard_output() {
    let bench = Bench::new();
    let photo = fs::read(bench.path("cup.png")).unwrap();
    let bytes = |args: &[&str]| {
        let output = bench.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        output.stdout
    };
    assert_eq!(bytes(&["process", "cup.png", "-o", "-"]), photo);
    assert_eq!(bytes(&["process", "cup.png", "-o", "-"]), photo, "known by now");
    assert_eq!(bytes(&["wait", &bench.id(0), "-o", "-"]), photo);
    assert_eq!((bench.jobs(), bench.names(".")), (1, vec!["cup.png".to_owned()]));
    bench.run(&["process", "cup.png", "-o", "-", "--json"]).exits(2);

    let ran = shell(&bench, "\"$@\" >/dev/full", &["process", "cup.png", "-o", "-"], 1);
    assert!(ran.err.contains(&format!("go on with: removit wait {}", bench.id(0))), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_is_not_paid_for_where_standard_output_is_closed() {
    let bench = Bench::new();
    let ran = shell(&bench, "\"$@\" >&-", &["process", "cup.png", "-o", "-"], 1);
    assert!(ran.err.contains("standard output is closed"), "{ran:?}");
    assert_eq!(bench.jobs(), 0);
    shell(&bench, "\"$@\" >/dev/null", &["process", "cup.png", "-o", "-"], 0);
    assert_eq!(bench.jobs(), 1, "as it was asked for");
}

#[test]
fn several_results_are_not_written_over_each_other_to_standard_output() {
    let bench = Bench::new();
    let id = bench.run(&["submit", "cup.png", "--params", "set"]).exits(0).out;
    let ran = bench.run(&["wait", id.trim(), "-o", "-"]).exits(1);
    assert!(ran.err.contains("4 results, and standard output takes one"), "{ran:?}");
    assert_eq!(ran.out, "");
}

#[cfg(unix)]
#[test]
fn a_terminal_that_goes_away_ends_the_run_as_a_wish_to_end() {
    let bench = Bench::scenario("never-done");
    // The program's standard error is the terminal that `script` makes and takes away.
    let script = "exec script -qec \"$(printf '%q ' \"$@\") >out.json; echo $? >code\" /dev/null";
    let args = ["process", "cup.png", "--json"];
    let mut child = bench.shell(script, &args).stdin(Stdio::piped()).spawn().unwrap();
    crate::bench::wait_until("a look at the job", || {
        bench.server.account().jobs.first().is_some_and(|job| !job.polls.is_empty())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    crate::bench::wait_until("the line of the job", || {
        fs::read_to_string(bench.path("out.json")).is_ok_and(|text| text.contains("summary"))
    });
    let text = fs::read_to_string(bench.path("out.json")).unwrap();
    assert!(text.contains(&bench.id(0)) && text.contains("\"timed_out\""), "{text}");
}

#[test]
fn what_becomes_of_one_photo_is_told_once_each_time_that_it_changes() {
    let bench = Bench::with(removit_tokio::proto::simulator::Config::default());
    let ran = bench.run(&["process", "cup.png"]).exits(0);
    for told in ["queued", "done, 100 %"] {
        assert_eq!(ran.err.lines().filter(|line| *line == told).count(), 1, "{told}: {ran:?}");
    }
}
