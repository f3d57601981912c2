//! The program `removit` against hostile servers: it ends, with the exit code and
//! the text that say what to do.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use server::{HostileServer, Step::*};

#[expect(dead_code, reason = "a part of it is used here")]
#[path = "../../../removit-proto/tests/adapters/hostile/server.rs"]
mod server;

const KEY: &str = "sk-program-key";
const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/rocket.jpg");

/// Runs the program against a server and gives back its standard error, where
/// each line is fit for a terminal.
#[track_caller]
fn run(base_url: &str, folder: &Path, args: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env("REMOVIT_API_KEY", KEY).env("REMOVIT_BASE_URL", base_url);
    command.env("XDG_STATE_HOME", folder.join(".state"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(!out.contains(KEY) && !err.contains(KEY), "the key is shown: {out}{err}");
    assert!(!err.contains("panicked"), "{err}");
    assert!(err.lines().all(|line| line.len() < 1000), "{err}");
    assert!(!err.chars().any(|c| c.is_control() && c != '\n'), "{err:?}");
    err
}

#[test]
fn an_upload_without_an_answer_that_can_be_read_is_exit_6_and_sent_once() {
    for steps in [
        vec![ReadRequest, Write(b"\0\xff\x1b[2J what is this\r\n\r\n".to_vec())],
        vec![ReadRequest, Write(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec()), Flood(b"a".to_vec())],
        vec![ReadRequest, Write(b"HTTP/1.1 202 Accepted\r\n\r\n".to_vec()), Flood(b"[".to_vec())],
        vec![ReadAllButOne],
    ] {
        let server = HostileServer::start(steps);
        let folder = tempfile::tempdir().unwrap();
        let err = run(&server.url(), folder.path(), &["process", PHOTO], 6);
        assert!(err.contains("a job may exist and be charged"), "{err}");
        assert!(err.contains("look at the account before sending it again"), "{err}");
        assert_eq!(server.seen().connections, 1);
    }
}

#[test]
fn an_early_refusal_by_a_server_that_reads_no_more_is_exit_4() {
    let refusal =
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 24\r\n\r\n{\"error\":\"unauthorized\"}";
    let server = HostileServer::start([ReadHead, Write(refusal.into()), Hold]);
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("large.png");
    fs::write(&photo, b"\x89PNG\r\n\x1a\n").unwrap();
    fs::OpenOptions::new().write(true).open(&photo).unwrap().set_len(64 << 20).unwrap();
    let err = run(&server.url(), folder.path(), &["process", "large.png"], 4);
    assert!(err.contains("check the API key"), "{err}");
    assert_eq!(server.seen().connections, 1);
}

#[test]
fn a_result_that_redirects_to_a_local_file_is_exit_8_and_the_way_back_is_shown() {
    let server = HostileServer::start_with(|number, url| {
        let answer = if number == 0 {
            let body =
                format!(r#"{{"job_id":"job-1","state":"done","final_url":"{url}/cup.png"}}"#);
            format!("200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        } else {
            "302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        vec![ReadRequest, Write(format!("HTTP/1.1 {answer}").into_bytes())]
    });
    let folder = tempfile::tempdir().unwrap();
    let err = run(&server.url(), folder.path(), &["wait", "job-1"], 8);
    assert!(err.contains("redirects to where nothing may be fetched from"), "{err}");
    assert!(err.contains("job-1"), "{err}");
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), [".state"]);
    assert!(!server.seen().heads[1].contains(KEY));
}

#[test]
fn a_server_that_does_not_speak_tls_is_exit_10_and_nothing_was_sent() {
    let server =
        HostileServer::start([Read(100), Write(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]);
    let folder = tempfile::tempdir().unwrap();
    let args = ["submit", PHOTO, "--timeout", "1s"];
    let err = run(&server.https(), folder.path(), &args, 10);
    assert!(err.contains("no job was created"), "{err}");
    assert!(server.seen().heads.is_empty());
}
