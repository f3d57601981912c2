//! `removit check` as a user meets it: against a simulated vendor, over real HTTP.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use removit_tokio::proto::simulator::{Config, Keys, Kind, Odd, Rule, Scenario, Simulator};
use removit_tokio::proto::simulator::{Fault, When};
use removit_tokio::simulator::SimulatorServer;
use serde_json::Value;

const KEY: &str = "a-key-for-tests-0123456789";

fn vendor() -> Config {
    Config::instant().with(|config| config.keys = Keys::only(&[KEY]))
}

fn serve(config: Config) -> SimulatorServer {
    SimulatorServer::start(Simulator::new(config)).unwrap()
}

fn check(server: &SimulatorServer, args: &[&str]) -> Output {
    check_at(&server.base_url(), args)
}

fn check_at(base_url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command.args(["check", "--rate", "1000", "--seed", "1", "--base-url", base_url]);
    command.args(args).env("REMOVIT_API_KEY", KEY).output().unwrap()
}

fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_vendor_that_keeps_the_contract_costs_nothing_and_ends_with_0() {
    let server = serve(vendor());
    let output = check(&server, &[]);
    assert_eq!(exit(&output), 0, "{}", text(&output));
    assert!(text(&output).contains("0 broken"), "{}", text(&output));
    assert_eq!(server.account().credits_spent, 0);
    // A word now and then tells that it goes on.
    let told = String::from_utf8(output.stderr).unwrap();
    let words = told.lines().filter(|line| line.contains("requests sent"));
    let sent: Vec<u64> =
        words.map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(!sent.is_empty() && sent.iter().all(|sent| sent % 50 == 0), "{told}");
}

#[test]
fn a_broken_rule_ends_with_3_and_a_command_without_the_key() {
    let server = serve(Config::instant());
    let output = check(&server, &[]);
    assert_eq!(exit(&output), 3);
    let text = text(&output);
    assert!(text.contains("BROKEN   key-invalid"), "{text}");
    assert!(text.contains("again: curl "), "{text}");
    assert!(!text.contains(KEY), "{text}");
}

#[test]
fn each_end_has_its_exit_code() {
    let refused = serve(vendor().with(|config| config.keys = Keys::only(&[])));
    assert_eq!(exit(&check(&refused, &[])), 4);
    let poor = serve(vendor().with(|config| config.credits = Some(0)));
    assert_eq!(exit(&check(&poor, &["--credits", "1"])), 5);
    let never = serve(Scenario::by_name("never-done").unwrap().apply(vendor()));
    assert_eq!(exit(&check(&never, &["--credits", "1", "--timeout", "1s"])), 7);
}

#[test]
fn a_server_that_hangs_up_on_everything_was_not_reached() {
    let server = serve(vendor().with(|config| {
        config.script = vec![Rule::new(Kind::Status, When::Always, Fault::DropBeforeBody)];
    }));
    let output = check(&server, &[]);
    assert_eq!(exit(&output), 10, "{}", text(&output));
    assert!(text(&output).contains("the connection broke"), "{}", text(&output));
}

#[test]
fn a_night_is_kept_and_the_next_one_tells_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contract.json");
    let baseline = ["--credits", "1", "--baseline", file.to_str().unwrap()];
    let working = vendor().with(|config| config.pending_for = Duration::from_secs(3));
    let server = serve(working);
    assert_eq!(exit(&check(&server, &baseline)), 0);
    let again = check(&server, &baseline);
    assert_eq!(exit(&again), 0, "nothing changed");
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(!told.contains("kept"), "it is the usual already: {told}");

    server.with_simulator(|simulator| {
        let nap = Fault::Odd(Odd::ExtraFields);
        simulator.add_rule(Rule::new(Kind::Status, When::Always, nap));
    });
    let output = check(&server, &baseline);
    assert_eq!(exit(&output), 3);
    assert!(text(&output).contains("DRIFT    new in fields of a status: eta_seconds: number"));

    let keep = [&baseline[..], &["--keep"]].concat();
    assert_eq!(exit(&check(&server, &keep)), 3, "it is still told");
    assert_eq!(exit(&check(&server, &baseline)), 0, "and is the usual from then on");
}

#[test]
fn a_night_that_did_not_come_to_its_end_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contract.json");
    let server = serve(vendor());
    let output = check(&server, &["--requests", "3", "--baseline", file.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("nothing is kept"), "{told}");
    assert!(!file.exists());
}

/// Stands before the vendor and writes other words into its answers.
fn rewriting(vendor: &SimulatorServer, from: &str, to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let vendor = vendor.base_url().replace("http://", "");
    let (from, to) = (from.to_owned(), to.to_owned());
    thread::spawn(move || {
        for client in listener.incoming() {
            // A client that left early is no concern of the next one.
            drop(pass_on(&mut client.unwrap(), &vendor, &from, &to));
        }
    });
    here
}

fn pass_on(client: &mut TcpStream, vendor: &str, from: &str, to: &str) -> io::Result<()> {
    let mut request = Vec::new();
    let body_at = loop {
        let mut chunk = [0; 4096];
        let read = client.read(&mut chunk)?;
        request.extend_from_slice(&chunk[..read]);
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        } else if read == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8(request[..body_at].to_vec()).unwrap();
    let lower = head.to_ascii_lowercase();
    let len = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut rest = vec![0; len.map_or(0, |len| len.parse().unwrap()) - (request.len() - body_at)];
    client.read_exact(&mut rest)?;
    let mut server = TcpStream::connect(vendor)?;
    server.write_all(head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())?;
    server.write_all(&[&request[body_at..], &rest].concat())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).unwrap().replace(from, to);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let keeps = |line: &&str| !line.to_ascii_lowercase().starts_with("content-length");
    let head: Vec<_> = head.split("\r\n").filter(keeps).collect();
    let len = body.len();
    write!(client, "{}\r\nContent-Length: {len}\r\n\r\n{body}", head.join("\r\n"))
}

#[test]
fn each_change_overnight_is_named() {
    let server = serve(vendor().with(|config| config.pending_for = Duration::from_secs(3)));
    let results = server.results_url();
    let moved = results.replace("127.0.0.1", "localhost");
    for (from, to, told) in [
        (r#""state":"pending""#, r#""state":"queued""#, "new in states: queued"),
        (r#""error":"unauthorized""#, r#""error":"forbidden""#, "new in errors: 401 forbidden"),
        (&*results, &*moved, "new in hosts of results: http://localhost"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("contract.json");
        let baseline = ["--credits", "1", "--baseline", file.to_str().unwrap()];
        assert_eq!(exit(&check_at(&rewriting(&server, "", ""), &baseline)), 0);
        let output = check_at(&rewriting(&server, from, to), &baseline);
        assert_eq!(exit(&output), 3, "{told}: {}", text(&output));
        assert!(text(&output).contains(&format!("DRIFT    {told}")), "{told}: {}", text(&output));
    }
}

#[test]
fn a_simulated_fault_is_found_by_the_program_too() {
    let server = serve(Scenario::by_name("unknown-state").unwrap().apply(vendor()));
    let output = check(&server, &["--credits", "1"]);
    assert_eq!(exit(&output), 3);
    assert!(text(&output).contains("BROKEN   status-state"), "{}", text(&output));
}

#[test]
fn reports_for_programs_are_json_and_junit() {
    let server = serve(vendor());
    let json: Value = serde_json::from_str(&text(&check(&server, &["--json"]))).unwrap();
    assert_eq!(json["conclusion"], "kept");
    assert_eq!(json["report"]["findings"], serde_json::json!([]));
    let junit = text(&check(&server, &["--junit"]));
    assert!(junit.starts_with("<?xml"), "{junit}");
    assert!(junit.contains(r#"<testcase name="key-invalid"/>"#), "{junit}");
    assert!(junit.contains(r#"failures="0""#), "{junit}");
}

#[test]
fn a_file_that_is_no_baseline_is_refused_before_anything_is_sent() {
    let server = serve(vendor());
    let folder = tempfile::tempdir().unwrap();
    let not_one = folder.path().join("settings.toml");
    std::fs::write(&not_one, "precious = true\n").unwrap();
    let output = check(&server, &["--baseline", not_one.to_str().unwrap()]);
    assert_eq!(exit(&output), 1);
    assert_eq!(std::fs::read_to_string(&not_one).unwrap(), "precious = true\n");
    assert_eq!(server.account().requests(Kind::Status), 0);
}
