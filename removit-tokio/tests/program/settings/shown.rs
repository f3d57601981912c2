//! `removit config`: each setting that holds, and where it came from.

use std::fs;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::ran::{KEY, Ran};

fn line<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    let found = lines.iter().find(|line| line["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {lines:?}"))
}

#[test]
fn each_setting_is_shown_with_where_it_came_from_and_the_key_never() {
    let bench = Bench::new();
    let text = "jobs = 8\nproxy = 'http://me:hidden@proxy.example:1'\nca-cert = []\n[check]\nrate = 2\n[wait]\nname = 'mine'\n";
    let path = bench.settings(text);
    let mut command = bench.command(&["config", "--connect-timeout", "5s"]);
    command.env("REMOVIT_OUT_DIR", "out").env("REMOVIT_JOB", "9");
    let ran = Ran::new(&command.output().unwrap()).exits(0);
    let has = |name: &str, value: &str, origin: &str| {
        let found = ran.out.lines().find(|line| line.split_whitespace().next() == Some(name));
        let found = found.unwrap_or_else(|| panic!("{name}: {ran:?}"));
        let rest: Vec<_> = found.split_whitespace().skip(1).collect();
        assert_eq!(rest.join(" "), format!("{value} {origin}"), "{ran:?}");
    };
    let path = path.display();
    has("jobs", "8", &format!("{path}:1"));
    has("proxy", "http://***@proxy.example:1", &format!("{path}:2"));
    has("ca-cert", "(unset)", &format!("{path}:3"));
    has("check.rate", "2", &format!("{path}:5"));
    has("wait.name", "mine", &format!("{path}:7"));
    has("name", "{stem}", "default");
    has("rate", "10", "default");
    has("out-dir", "out", "REMOVIT_OUT_DIR");
    has("base-url", &bench.server.base_url(), "REMOVIT_BASE_URL");
    has("connect-timeout", "5s", "typed");
    has("api-key", "(not shown)", "REMOVIT_API_KEY");
    has("auth", "x-api-key", "default");
    assert!(!ran.out.contains("hidden") && !ran.out.contains(KEY));
    assert!(ran.err.contains("REMOVIT_JOB is no setting"), "{ran:?}");
    assert!(!ran.err.contains("REMOVIT_OUT_DIR"), "{ran:?}");
}

#[test]
fn the_lines_of_json_say_the_same() {
    let bench = Bench::new();
    let text = "profile = 'shop'\naccept-key = 'sk-1'\n[profiles.shop]\nca-cert = ['a', '/b']\n";
    let path = bench.settings(text);
    let mut command = bench.command(&["config", "--json"]);
    let ran = Ran::new(&command.env("REMOVIT_CHECK_TIMEOUT", "1m").output().unwrap()).exits(0);
    let lines = ran.lines_by_schema();
    for line in &lines {
        assert_eq!(line["type"], "setting");
    }
    let file = path.to_str().unwrap();
    let a = path.with_file_name("a");
    assert_eq!(
        *line(&lines, "ca-cert"),
        json!({
            "type": "setting", "schema": 1, "name": "ca-cert", "values": [a.to_str().unwrap(), "/b"],
            "source": "file", "variable": null, "file": file, "line": 4, "profile": "shop"
        })
    );
    assert_eq!(line(&lines, "profile")["values"], json!(["shop"]));
    let of_commands = |name: &str| {
        let own = format!(".{name}");
        lines.iter().filter(|line| line["name"].as_str().unwrap().ends_with(&own)).count()
    };
    assert_eq!((of_commands("base-url"), of_commands("json")), (0, 0), "they are for all: {ran:?}");
    assert_eq!(line(&lines, "config")["values"], json!([file]));
    assert_eq!(line(&lines, "check.timeout")["variable"], "REMOVIT_CHECK_TIMEOUT");
    assert_eq!(line(&lines, "accept-key")["values"], Value::Null);
    assert_eq!(line(&lines, "api-key")["values"], Value::Null);
    assert!(!ran.out.contains("sk-1"), "{ran:?}");
    let quiet = bench.run(&["config", "--quiet"]).exits(0);
    assert_eq!(line(&bench.run(&["config", "--json"]).lines_json(), "jobs")["source"], "default");
    assert_eq!(quiet.err, "");
}

#[test]
fn a_command_that_has_its_own_is_shown_even_where_it_says_the_same() {
    let bench = Bench::new();
    let ran = bench.run(&["config", "--json"]).exits(0);
    let of_all = line(&ran.lines_json(), "rate")["values"].clone();
    let mut command = bench.command(&["config", "--json"]);
    command.env("REMOVIT_CHECK_RATE", of_all[0].as_str().unwrap());
    let lines = Ran::new(&command.output().unwrap()).exits(0).lines_json();
    assert_eq!(line(&lines, "rate")["source"], "default");
    let own = line(&lines, "check.rate");
    assert_eq!((&own["values"], &own["source"]), (&of_all, &json!("environment")));
}

#[test]
fn the_keys_place_is_shown_as_it_is_read() {
    let bench = Bench::new();
    fs::write(bench.path("key"), KEY).unwrap();
    bench.settings(&format!("api-key-file = '{}'", bench.path("key").display()));
    // The environment goes before the file, also where it has the key itself.
    let lines = bench.run(&["config", "--json"]).exits(0).lines_json();
    assert_eq!(line(&lines, "api-key")["variable"], "REMOVIT_API_KEY");
    let mut command = bench.command(&["config", "--json"]);
    let ran = Ran::new(&command.env("REMOVIT_API_KEY", " ").output().unwrap()).exits(0);
    let lines = ran.lines_json();
    assert!(lines.iter().all(|line| line["name"] != "api-key"), "{ran:?}");
    assert_eq!(line(&lines, "api-key-file")["source"], "file");
    let typed = bench.run(&["config", "--json", "--api-key-file", "key"]).exits(0).lines_json();
    assert_eq!(line(&typed, "api-key-file")["source"], "flag");
    assert!(typed.iter().all(|line| line["name"] != "api-key"), "{typed:?}");
}

#[test]
fn a_wrong_value_is_told_here_too_whichever_command_it_is_for() {
    let bench = Bench::new();
    let mut command = bench.command(&["config"]);
    let ran = Ran::new(&command.env("REMOVIT_CREDITS", "lots").output().unwrap()).exits(2);
    assert!(ran.err.contains("REMOVIT_CREDITS"), "{ran:?}");
    assert!(bench.run(&["config"]).exits(0).err.contains("no settings in "));
}
