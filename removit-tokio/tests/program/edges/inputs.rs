//! One bad input is one bad input: it is told and counted, and the rest goes on.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::bench::{Bench, finish};

#[cfg(unix)]
#[test]
fn bad_inputs_are_told_and_counted_and_the_rest_goes_on() {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    std::os::unix::fs::symlink("nothing", bench.path("photos/gone.png")).unwrap();
    fs::write(bench.path("photos/text.png"), "no image").unwrap();
    // A pipe or a device is the same: none of them is a file.
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("photos/socket.png")).unwrap();
    let args =
        ["process", "photos", "absent.png", "ftp://a.example/x.png", "--out-dir", "out", "--json"];
    let ran = bench.run(&args).exits(3);
    let lines = ran.json_lines();
    let bad: Vec<_> = lines.iter().filter(|line| line["outcome"] == "not_sent").collect();
    assert_eq!((lines.len(), bad.len(), bench.jobs()), (6, 5, 1), "{ran:?}");
    for line in &bad {
        let error = line["error"].as_str().unwrap();
        assert!(ran.err.contains(error), "{error}");
    }
    assert_eq!(ran.lines_of("summary")[0]["outcomes"]["not_sent"], 5);
    assert!(ran.err.contains("not_sent         5"), "{ran:?}");
    // A dry run ends as the run would.
    let dry = bench.run(&[&args[..], &["--dry-run"]].concat()).exits(3);
    assert_eq!(dry.json_lines().len(), 6);
}

#[test]
fn inputs_that_are_refused_together_have_a_line_each() {
    let bench = Bench::new();
    let ran = bench.run(&["process", "x.png", "y.png", "--json"]).exits(1);
    let names: Vec<_> = ran.json_lines().iter().map(|line| line["input"].clone()).collect();
    assert_eq!(names, ["x.png", "y.png"]);
}

#[test]
fn lists_are_read_in_utf_16_and_with_nul() {
    let bench = Bench::new();
    bench.photo("hat.png", "hat");
    let text = "cup.png\r\nhat.png\r\nabsent.png \r\n";
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(bench.path("list.txt"), [&b"\xff\xfe"[..], &units].concat()).unwrap();
    let ran = bench.run(&["process", "--from", "list.txt", "--out-dir", "out"]).exits(3);
    assert!(ran.err.contains("line 3: 'absent.png '"), "a blank is shown: {ran:?}");
    assert_eq!(bench.jobs(), 2);

    let mut child = bench
        .command(&["process", "--from", "-", "--out-dir", "out"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"cup.png\0hat.png\0").unwrap();
    finish(child).exits(0);
    assert_eq!(bench.jobs(), 2);
}

#[test]
fn folders_below_are_taken_only_where_that_was_asked_for() {
    let bench = Bench::new();
    bench.photo("photos/a.png", "a");
    bench.photo("photos/deep/b.png", "b");
    let args = ["process", "photos", "--out-dir", "out"];
    bench.run(&args).exits(0);
    assert_eq!(bench.jobs(), 1);
    bench.run(&[&args[..], &["-r"]].concat()).exits(0);
    assert_eq!(bench.jobs(), 2);
}
