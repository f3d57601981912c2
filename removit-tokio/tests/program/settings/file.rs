//! What is wrong in a file is told with its line and what is allowed, before anything is
//! sent.

use std::fs;

use crate::bench::Bench;
use crate::ran::Ran;

/// What is said of a file with this text in it.
#[track_caller]
fn told(bench: &Bench, text: &str, words: &[&str]) {
    let path = bench.settings(text);
    let ran = bench.run(&["process", "cup.png"]).exits(2);
    for word in words {
        let word = word.replace("FILE", path.to_str().unwrap());
        assert!(ran.err.contains(&word), "{text}: {word} is not in {}", ran.err);
    }
    assert_eq!((ran.out.as_str(), bench.uploads()), ("", 0));
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_what_there_is() {
    let bench = Bench::new();
    told(
        &bench,
        "jobs = 2\n\njob = 3\n",
        &["FILE:3: job: there is no such setting", "jobs, journal, json"],
    );
    told(&bench, "[check]\nmode = 'clipping'\n", &["FILE:2: mode", "setting of check", "credits"]);
    told(&bench, "[profiles.shop]\nkonfig = 'x'\n", &["FILE:2: konfig: there is no such"]);
    told(&bench, "[prozess]\njobs = 1\n", &["FILE:1: prozess: there is no such", "process"]);
    told(&bench, "process = 1\n", &["FILE:1: process: it is a command"]);
    for no_name in ["3", "''"] {
        let text = format!("profile = {no_name}\n");
        told(&bench, &text, &["FILE:1: profile: it takes the name of a profile"]);
    }
    told(&bench, "profiles = 1\n", &["FILE:1: profiles: it holds a table for each"]);
    told(&bench, "[profiles]\nshop = 1\n", &["FILE:2: shop: a profile is a table"]);
    told(&bench, "out-dir = 'a'\nout_dir = 'b'\n", &["it is set twice"]);
    told(
        &bench,
        "api-key = 'x'\n",
        &["FILE:1: api-key: the key itself is not kept", "api-key-file"],
    );
}

#[test]
fn a_wrong_value_is_told_with_its_line_and_what_is_allowed() {
    let bench = Bench::new();
    for (text, words) in [
        ("format = 'gif'", "FILE:1: format: it takes png, jpg, jpeg, psd, tiff or webp"),
        ("format = 'jpgg'", "did you mean jpg?"),
        (
            "jobs = 0",
            "FILE:1: jobs: number would be zero for non-zero type; it takes a whole number",
        ),
        ("jobs = 'many'", "FILE:1: jobs: invalid digit found in string"),
        ("timeout = '5 parsecs'", "it takes a time, such as 90s, 10m or 2h"),
        ("timeout = 5", "FILE:1: timeout"),
        ("connect-timeout = '0s'", "no time at all is not enough"),
        ("quiet = 'yes'", "FILE:1: quiet: it takes true or false"),
        ("quiet = 1", "FILE:1: quiet: it takes true or false"),
        ("out-dir = true", "FILE:1: out-dir: it takes the path of a folder"),
        ("out-dir = ['a']", "FILE:1: out-dir: it takes the path of a folder"),
        ("ca-cert = [1.5]", "FILE:1: ca-cert: it takes the path of a file, or a list of such"),
        ("base-url = 'http://example.com'", "use https; it takes a URL"),
        (
            "proxy = 'ftp://me:secret@x'",
            "URL is not that of a proxy (http://, https:// or socks5://)",
        ),
        ("params = '[1]'", "it takes the name of a set, or a JSON object as text"),
        ("name = '../{stem}'", "FILE:1: name"),
        ("verbose = 'much'", "FILE:1: verbose: it takes 0, 1 or 2"),
        ("[profiles.unused]\nformat = 'gif'", "FILE:2: format"),
    ] {
        told(&bench, text, &[words]);
        assert!(!bench.run(&["status", "x"]).exits(2).err.contains("secret"));
    }
    told(&bench, "jobs = 0\n\nformat = 'gif'", &["FILE:1: jobs", "FILE:3: format"]);
}

#[test]
fn a_wrong_variable_is_told_by_its_name_and_only_to_who_reads_it() {
    let bench = Bench::new();
    let with = |words: &[&str], variable: &str, value: &str| {
        let mut command = bench.command(words);
        Ran::new(&command.env(variable, value).output().unwrap())
    };
    for (variable, value, words) in [
        ("REMOVIT_FORMAT", "gif", "REMOVIT_FORMAT: it takes png, jpg"),
        ("REMOVIT_PROCESS_JOBS", "0", "REMOVIT_PROCESS_JOBS: number would be zero"),
        ("REMOVIT_QUIET", "perhaps", "REMOVIT_QUIET: it takes true or false"),
        ("REMOVIT_BASE_URL", "nowhere", "REMOVIT_BASE_URL: not an absolute URL"),
        ("REMOVIT_PROFILE", "shop", "REMOVIT_PROFILE: in"),
    ] {
        let ran = with(&["process", "cup.png"], variable, value).exits(2);
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    let ran = with(&["process", "cup.png", "--json"], "REMOVIT_FORMAT", "gif").exits(2);
    assert_eq!(ran.lines_of("error")[0]["exit"], 2);
    assert_eq!(bench.uploads(), 0);
    with(&["man"], "REMOVIT_FORMAT", "gif").exits(0);
    with(&["simulate", "--list-scenarios"], "REMOVIT_FORMAT", "gif").exits(0);
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let bench = Bench::new();
    told(&bench, "jobs = 2\nformat = png\n", &["FILE:2:"]);
    told(&bench, "jobs = 2\njobs = 3\n", &["FILE:2: duplicate key"]);
    let path = bench.settings("");
    fs::write(&path, b"jobs = 2\nformat = '\xff'").unwrap();
    let ran = bench.run(&["process", "cup.png"]).exits(2);
    assert!(ran.err.contains(&format!("{}:2: it is no UTF-8", path.display())), "{ran:?}");
    bench.settings("\u{feff}quiet = true\r\nformat = 'jpg'\r\n");
    assert_eq!(bench.run(&["process", "cup.png"]).exits(0).err, "");
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let bench = Bench::new();
    bench.settings("[profiles.a]\n[profiles.b]\n");
    let ran = bench.run(&["process", "cup.png", "--profile", "c"]).exits(2);
    assert!(ran.err.contains("there is no profile c; there are a, b"), "{ran:?}");
    told(&bench, "profile = 'c'\n[profiles.a]\n", &["FILE:1: there is no profile c; there are a"]);
    bench.settings("");
    let ran = bench.run(&["process", "cup.png", "--profile", "c"]).exits(2);
    assert!(ran.err.contains("there is no profile c, and no other"), "{ran:?}");
}

#[test]
fn a_file_is_named_or_lies_where_it_belongs_or_is_none() {
    let bench = Bench::new();
    let ran = bench.run(&["process", "cup.png", "--config", "absent.toml"]).exits(1);
    assert!(ran.err.contains("absent.toml: No such file"), "{ran:?}");
    assert_eq!(bench.uploads(), 0);
    bench.settings("format = 'webp'");
    fs::write(bench.path("mine.toml"), "format = 'psd'").unwrap();
    bench.run(&["submit", "cup.png", "--config", "mine.toml"]).exits(0);
    let mut command = bench.command(&["submit", "cup.png", "--again"]);
    let ran = command.env("REMOVIT_CONFIG", bench.path("mine.toml")).output().unwrap();
    Ran::new(&ran).exits(0);
    bench.run(&["submit", "cup.png"]).exits(0);
    // In the home folder, where XDG names no other.
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".config/removit")).unwrap();
    fs::write(home.path().join(".config/removit/config.toml"), "format = 'tiff'").unwrap();
    let mut command = bench.command(&["submit", "cup.png"]);
    command.env_remove("XDG_CONFIG_HOME").env("HOME", home.path());
    Ran::new(&command.output().unwrap()).exits(0);
    let account = bench.server.account();
    let formats: Vec<_> = account.jobs.iter().map(|job| job.order.output_format.as_str()).collect();
    assert_eq!(formats, ["psd", "psd", "webp", "tiff"]);
}
