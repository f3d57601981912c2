//! What goes before what, and what makes way.

use std::fs;

use crate::bench::Bench;
use crate::ran::Ran;

/// The format of the job that this run makes.
fn format(bench: &Bench, flags: &[&str], variables: &[(&str, &str)]) -> String {
    let words = [&["submit", "cup.png", "--again"], flags].concat();
    let mut command = bench.command(&words);
    let ran = Ran::new(&command.envs(variables.iter().copied()).output().unwrap()).exits(0);
    let account = bench.server.account();
    let job = account.jobs.last().unwrap();
    assert_eq!(ran.out.trim(), job.id);
    job.order.output_format.clone()
}

#[test]
fn a_flag_goes_before_the_environment_the_environment_before_the_file() {
    let bench = Bench::new();
    let file = "format = 'webp'\n[submit]\nformat = 'tiff'\n\
                [profiles.shop]\nformat = 'psd'\n[profiles.shop.submit]\nformat = 'jpg'";
    let env = ("REMOVIT_FORMAT", "jpeg");
    assert_eq!(format(&bench, &[], &[]), "png");
    bench.settings("format = 'webp'");
    assert_eq!(format(&bench, &[], &[]), "webp");
    assert_eq!(format(&bench, &[], &[env]), "jpeg");
    assert_eq!(format(&bench, &["--format", "psd"], &[env]), "psd");
    // What is said for one command goes before what is said for all, and a profile
    // before both.
    bench.settings(file);
    assert_eq!(format(&bench, &[], &[]), "tiff");
    assert_eq!(format(&bench, &["--profile", "shop"], &[]), "jpg");
    assert_eq!(format(&bench, &[], &[("REMOVIT_SUBMIT_FORMAT", "webp"), env]), "webp");
    assert_eq!(format(&bench, &[], &[("REMOVIT_PROCESS_FORMAT", "webp")]), "tiff");
    bench.settings(
        "profile = 'shop'\nformat = 'webp'\n[profiles.shop]\nformat = 'psd'\n[profiles.plain]",
    );
    assert_eq!(format(&bench, &[], &[]), "psd");
    assert_eq!(format(&bench, &[], &[("REMOVIT_PROFILE", "plain")]), "webp");
    assert_eq!(format(&bench, &["--profile=shop"], &[("REMOVIT_PROFILE", "plain")]), "psd");
    bench.settings("format = 'webp'\n[profiles.plain]\nformat = ''");
    assert_eq!(format(&bench, &["--profile", "plain"], &[]), "png");
}

#[test]
fn an_empty_variable_counts_as_none() {
    let bench = Bench::new();
    bench.settings("format = 'webp'");
    for empty in ["", "  "] {
        assert_eq!(format(&bench, &[], &[("REMOVIT_FORMAT", empty)]), "webp");
        assert_eq!(format(&bench, &[], &[("REMOVIT_PROFILE", empty)]), "webp");
        assert_eq!(format(&bench, &[], &[("REMOVIT_CONFIG", empty)]), "webp");
    }
    let url = bench.server.base_url();
    bench.settings(&format!("base-url = '{url}'"));
    assert_eq!(format(&bench, &[], &[("REMOVIT_BASE_URL", "")]), "png");
    let base = |value: &str| {
        let mut command = bench.command(&["config", "--json"]);
        let ran = Ran::new(&command.env("REMOVIT_BASE_URL", value).output().unwrap()).exits(0);
        let lines = ran.lines_of("setting");
        let line = lines.iter().find(|line| line["name"] == "base-url").unwrap();
        line["values"][0].as_str().unwrap().to_owned()
    };
    bench.settings("");
    assert_eq!(base(""), "https://api.removit.eu");
}

#[test]
fn what_is_typed_puts_aside_what_it_contradicts() {
    let bench = Bench::new();
    bench.settings(
        "out-dir = 'out'\nno-download = false\ndelivery = 'url'\nformat = 'webp'\njson = true\n\
         mode = 'background'\noverwrite = true\nfrom = 'absent'",
    );
    let ran = bench.run(&["process", "cup.png", "-o", "x.png", "--json=no"]).exits(0);
    assert_eq!(ran.out.trim(), "x.png");
    let result = bench.command(&["process", "cup.png", "-o", "-"]).output().unwrap();
    assert!(result.stdout.starts_with(b"RIFF"), "the result alone, as WebP: {result:?}");
    let ran = bench.run(&["process", "cup.png", "--no-download", "--params", "set"]).exits(0);
    assert_eq!(ran.json()["urls"].as_object().unwrap().len(), 4);
    let order = bench.server.account().jobs.last().unwrap().order.clone();
    assert_eq!((order.mode.as_str(), order.output_format.as_str()), ("params", "webp"));
    // What the environment says puts aside what the file says.
    let mut command = bench.command(&["process", "cup.png"]);
    let ran = command.env("REMOVIT_NO_DOWNLOAD", "yes").output().unwrap();
    assert_eq!(Ran::new(&ran).exits(0).json()["files"].as_array().unwrap().len(), 0);
    assert!(!bench.path("out").exists());
}

#[test]
fn settings_of_one_rank_that_contradict_each_other_are_told() {
    let bench = Bench::new();
    let path = bench.settings("out-dir = 'out'\nno-download = true");
    let ran = bench.run(&["process", "cup.png"]).exits(2);
    for words in [format!("{}:1: out-dir", path.display()), "contradict each other".to_owned()] {
        assert!(ran.err.contains(&words), "{words}: {ran:?}");
    }
    bench.settings("");
    let mut command = bench.command(&["process", "cup.png"]);
    command.env("REMOVIT_PROXY", "http://127.0.0.1:1").env("REMOVIT_NO_PROXY", "1");
    let ran = Ran::new(&command.output().unwrap()).exits(2);
    assert!(ran.err.contains("REMOVIT_PROXY and REMOVIT_NO_PROXY"), "{ran:?}");
    assert_eq!(bench.uploads(), 0);
}

#[test]
fn an_option_without_a_value_is_turned_off_again() {
    let bench = Bench::new();
    bench.settings("quiet = true");
    assert_eq!(bench.run(&["process", "cup.png"]).exits(0).err, "");
    assert_ne!(bench.run(&["process", "cup.png", "--quiet=no"]).exits(0).err, "");
    let mut command = bench.command(&["process", "cup.png"]);
    let ran = Ran::new(&command.env("REMOVIT_QUIET", "off").output().unwrap()).exits(0);
    assert_ne!(ran.err, "");
    bench.run(&["process", "cup.png", "--quiet=perhaps"]).exits(2);
    // Whatever the settings say, the last word is the option's alone.
    bench.run(&["process", "-q", "cup.png"]).exits(0);
}

#[test]
fn what_is_not_set_beside_its_other_half_does_nothing() {
    let bench = Bench::new();
    bench.settings("json-status = true");
    let ran = bench.run(&["process", "cup.png"]).exits(0);
    assert_eq!(ran.out.trim(), "./cup-clipping.png");
    let mut command = bench.command(&["process", "cup.png", "--json-status"]);
    Ran::new(&command.env("REMOVIT_JSON", "yes").output().unwrap()).exits(0);
    let ran = bench.run(&["process", "cup.png", "--json-status"]).exits(2);
    assert!(ran.err.contains("--json-status means nothing without --json"), "{ran:?}");
}

#[test]
fn paths_in_a_file_are_where_they_say() {
    let bench = Bench::new();
    let path = bench.settings("api-key-file = 'removit.key'\nout-dir = '~/results'");
    fs::write(path.with_file_name("removit.key"), crate::ran::KEY).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut command = bench.command(&["process", "cup.png"]);
    command.env_remove("REMOVIT_API_KEY").env("HOME", home.path());
    Ran::new(&command.output().unwrap()).exits(0);
    assert!(home.path().join("results/cup-clipping.png").exists());
}

#[test]
fn the_command_that_goes_on_repeats_what_no_file_says() {
    let bench = Bench::scenario("never-done");
    fs::write(bench.path("key"), crate::ran::KEY).unwrap();
    bench.settings("timeout = '1s'\nauth = 'bearer'\n[profiles.shop]\nout-dir = 'out'");
    let words = ["process", "cup.png", "--profile", "shop", "--connect-timeout", "5s"];
    let mut command = bench.command(&words);
    let ran = Ran::new(&command.env("REMOVIT_API_KEY_FILE", "key").output().unwrap()).exits(7);
    let line = ran.err.lines().find(|line| line.starts_with("go on with: ")).unwrap();
    for word in
        ["--base-url http://", "--api-key-file key", "--profile shop", "--connect-timeout 5s"]
    {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(!line.contains("--auth"), "{line}");
}
