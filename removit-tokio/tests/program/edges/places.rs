//! The destination is tried before anything is paid for.

use std::fs;

use removit_tokio::proto::simulator::{Config, Fault, Kind, Odd, Rule, When};

use crate::bench::{Bench, finish};

/// What is said of it, and that nothing was paid for: by a run and by a dry run.
#[track_caller]
fn refused(bench: &Bench, args: &[&str], words: &str) {
    let before = bench.jobs();
    for args in [args.to_vec(), [args, &["--dry-run"]].concat()] {
        let ran = bench.run(&args).exits(1);
        assert!(ran.err.contains(words), "{args:?}: {words} is not in {ran:?}");
    }
    assert_eq!((bench.jobs(), bench.uploads()), (before, before as u64), "{args:?}");
}

#[test]
fn what_takes_no_file_is_told_before_anything_is_paid() {
    let bench = Bench::new();
    fs::create_dir(bench.path("folder")).unwrap();
    fs::write(bench.path("file"), "").unwrap();
    fs::write(bench.path("there.png"), "precious").unwrap();
    let long = format!("{}.png", "n".repeat(300));
    for (output, words) in [
        ("folder", "it is a folder"),
        ("there.png", "exists and is kept"),
        ("absent/x.png", "No such file"),
        ("file/x.png", "its folder is a file"),
        (&long, "name too long"),
    ] {
        refused(&bench, &["process", "cup.png", "-o", output], words);
    }
    refused(&bench, &["process", "cup.png", "--out-dir", "file"], "file");
    refused(&bench, &["process", "cup.png", "--out-dir", "file/deeper"], "file");
    refused(&bench, &["process", "cup.png", "-o", "folder", "--overwrite"], "it is a folder");
    assert_eq!(fs::read(bench.path("there.png")).unwrap(), b"precious");
}

#[cfg(unix)]
#[test]
fn a_device_a_pipe_and_a_socket_are_refused_whatever_overwrite_says() {
    let bench = Bench::new();
    let fifo = std::process::Command::new("mkfifo").arg(bench.path("fifo")).status();
    assert!(fifo.unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("socket")).unwrap();
    std::os::unix::fs::symlink("/dev/null", bench.path("link")).unwrap();
    for output in ["/dev/null", "fifo", "socket", "link"] {
        for overwrite in [&[][..], &["--overwrite"]] {
            let args = [&["process", "cup.png", "-o", output], overwrite].concat();
            refused(&bench, &args, "it is a device, a pipe or a socket");
        }
    }
}

/// Whoever may write everywhere cannot be kept out by permissions.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_told_for_one_photo_and_for_many() {
    let bench = Bench::new();
    bench.photo("hat.png", "hat");
    // A folder of the system's, in which nobody makes files.
    for args in [
        &["process", "cup.png", "--out-dir", "/proc"][..],
        &["process", "cup.png", "-o", "/proc/x.png"],
        &["process", "cup.png", "hat.png", "--out-dir", "/proc", "--journal", "my.journal"],
    ] {
        let ran = bench.run(args).exits(1);
        assert!(ran.err.contains("/proc"), "{ran:?}");
    }
    assert_eq!(bench.uploads(), 0);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_followed() {
    use std::os::unix::fs::symlink;

    let bench = Bench::new();
    fs::create_dir(bench.path("real")).unwrap();
    symlink("real/x.png", bench.path("link.png")).unwrap();
    let ran = bench.run(&["process", "cup.png", "-o", "link.png"]).exits(0);
    assert_eq!(ran.out.trim(), "link.png");
    assert!(bench.path("link.png").is_symlink() && bench.path("real/x.png").is_file());
    bench.run(&["process", "cup.png", "-o", "link.png", "--mode", "background"]).exits(1);
    let args = ["process", "cup.png", "-o", "link.png", "--mode", "background", "--overwrite"];
    bench.run(&args).exits(0);
    assert!(bench.path("link.png").is_symlink() && bench.path("real/x.png").is_file());
    assert_eq!((bench.jobs(), bench.names("real").len()), (2, 1));
}

#[test]
fn of_several_results_none_is_guessed_to_be_the_one_that_was_named() {
    let bench = Bench::new();
    let id = bench.run(&["submit", "cup.png", "--params", "set"]).exits(0).out;
    let ran = bench.run(&["wait", id.trim(), "-o", "x.png"]).exits(0);
    assert!(ran.err.contains("the job has 4 results"), "{ran:?}");
    let names =
        ["cup.png", "x-background.png", "x-clipping.png", "x-compose.png", "x-shadowTop.png"];
    assert_eq!(bench.names("."), names);
}

#[test]
fn wait_tries_its_place_first_and_goes_on_elsewhere() {
    let bench = Bench::new();
    let id = bench.run(&["submit", "cup.png"]).exits(0).out;
    fs::write(bench.path("x.png"), "precious").unwrap();
    let ran = bench.run(&["wait", id.trim(), "-o", "x.png"]).exits(1);
    assert!(ran.err.contains("exists and is kept"), "{ran:?}");
    assert_eq!(bench.server.account().jobs[0].polls.len(), 0);
    bench.run(&["wait", id.trim(), "-o", "y.png"]).exits(0);
}

/// The folder is there when the photo is paid for, and gone when the result comes.
#[test]
fn the_command_that_goes_on_leaves_out_the_place_that_failed_and_keeps_the_name() {
    let bench = Bench::with(Config::instant().with(|config| {
        let state = Fault::Odd(Odd::State("napping".to_owned()));
        config.script.push(Rule::new(Kind::Status, When::First(3), state));
    }));
    let child = bench.command(&["process", "cup.png", "--out-dir", "out"]).spawn().unwrap();
    crate::bench::wait_until("the job", || bench.jobs() > 0);
    fs::remove_dir_all(bench.path("out")).unwrap();
    fs::write(bench.path("out"), "a file by now").unwrap();
    let ran = finish(child).exits(1);
    let go_on = ran.err.lines().find_map(|line| line.strip_prefix("go on with: removit ")).unwrap();
    assert!(!go_on.contains("--out-dir") && go_on.ends_with("--name=cup"), "{ran:?}");
    let words: Vec<_> = go_on.split(' ').collect();
    bench.run(&words).exits(0);
    assert!(bench.path("cup-clipping.png").exists());
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn the_journal_may_lie_elsewhere() {
    let bench = Bench::new();
    bench.photo("hat.png", "hat");
    fs::create_dir(bench.path("books")).unwrap();
    let args =
        ["process", "cup.png", "hat.png", "--out-dir", "out", "--journal", "books/my.journal"];
    bench.run(&args).exits(0);
    assert_eq!((bench.names("out").len(), bench.names("books").len()), (2, 1));
    fs::write(bench.path("file"), "").unwrap();
    let args = [
        "process",
        "cup.png",
        "hat.png",
        "--again",
        "--out-dir",
        "file/x",
        "--journal",
        "b.journal",
    ];
    bench.run(&args).exits(1);
    assert_eq!(bench.jobs(), 2);
}
