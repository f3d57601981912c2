//! A key file is read as editors write it, and what is no key alone is told, unsent.

use std::fs;

use removit_tokio::proto::simulator::{Config, Keys};

use crate::bench::{Bench, finish};
use crate::ran::KEY;

/// A vendor that knows one key.
fn bench() -> Bench {
    let mut config = Config::instant();
    config.keys = Keys::only(&[KEY]);
    Bench::with(config)
}

#[test]
fn a_key_file_with_a_byte_order_mark_or_a_newline_is_read() {
    for text in [format!("\u{feff}{KEY}"), format!("{KEY}\r\n"), format!("\u{feff}{KEY}\n\n")] {
        let bench = bench();
        fs::write(bench.path("key.txt"), &text).unwrap();
        bench.run(&["process", "cup.png", "--api-key-file", "key.txt"]).exits(0);
        assert_eq!(bench.jobs(), 1, "{text:?}");
    }
}

#[test]
fn a_key_in_quotes_or_behind_a_name_is_told_without_the_key_and_nothing_is_sent() {
    let bench = bench();
    for (text, words) in [
        (format!("\"{KEY}\"\n"), "in quotes"),
        (format!("'{KEY}'"), "in quotes"),
        (format!("REMOVIT_API_KEY={KEY}\n"), "NAME=key"),
        (format!("export API_KEY=\"{KEY}\"\n"), "NAME=key"),
        (format!("\u{feff}api_key = {KEY}"), "NAME=key"),
    ] {
        fs::write(bench.path("key.txt"), &text).unwrap();
        let ran = bench.run(&["process", "cup.png", "--api-key-file", "key.txt"]).exits(2);
        assert!(ran.err.contains(words) && ran.err.contains("key.txt"), "{ran:?}");
        assert!(!ran.err.contains(KEY), "{ran:?}");
    }
    assert_eq!(bench.uploads(), 0);
}

#[test]
fn an_empty_variable_is_no_key() {
    for empty in ["", " \n"] {
        let bench = bench();
        let mut command = bench.command(&["process", "cup.png"]);
        command.env("REMOVIT_API_KEY", empty);
        let ran = finish(command.spawn().unwrap()).exits(2);
        assert!(ran.err.contains("no API key: set REMOVIT_API_KEY"), "{ran:?}");
    }
}

/// Whoever sends a journal must not learn the key of the one who opens it.
#[test]
fn the_key_goes_to_no_server_that_only_a_journal_names() {
    let (bench, own) = (bench(), bench());
    bench.run(&["process", ".", "--out-dir", "out", "--max-jobs", "0"]).exits(0);
    let mut command = bench.command(&["resume", "out/removit.journal"]);
    let ran = finish(command.env("REMOVIT_BASE_URL", own.server.base_url()).spawn().unwrap());
    let way = format!("say `--base-url {}` if your key may go there", bench.server.base_url());
    assert!(ran.exits(1).err.contains(&way));
    let mut command = bench.command(&["resume", "out/removit.journal"]);
    let ran = finish(command.env_remove("REMOVIT_BASE_URL").spawn().unwrap());
    assert!(ran.exits(1).err.contains(&way));
    assert_eq!(bench.uploads(), 0);
}

#[test]
fn of_many_a_refused_key_is_told_as_what_kept_each_from_being_sent() {
    let mut config = Config::instant();
    config.keys = Keys::only(&["another"]);
    let bench = Bench::with(config);
    for name in ["a", "b", "c"] {
        bench.photo(&format!("photos/{name}.png"), name);
    }
    let ran = bench.run(&["process", "photos", "--jobs", "1", "--json"]).exits(4);
    let lines = ran.lines_of("input");
    assert_eq!(lines.len(), 3, "{ran:?}");
    for line in lines {
        assert_eq!(line["outcome"], "not_sent", "{ran:?}");
        let error = line["error"].as_str().unwrap();
        assert!(error.starts_with("not sent, as the key is refused: 401 "), "{ran:?}");
    }
    // The table has a row for what there is, and for nothing else.
    let rows: Vec<_> = ran.err.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rows.iter().filter(|row| ["not_sent", "paid"].contains(row)).count(), 2, "{ran:?}");
    for row in ["saved", "unsaved", "held", "done", "rejected"] {
        assert!(!rows.contains(&row), "{row}: {ran:?}");
    }
    // Of one, it is the answer to it.
    let one = bench.run(&["process", "cup.png", "--json"]).exits(4);
    assert_eq!(one.json()["outcome"], "rejected", "{one:?}");
}
