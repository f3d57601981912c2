//! However much a hostile server says, little of it is kept. Written once; see
//! `hostile/mod.rs` for what the including test crate defines.

use std::time::Duration;

use super::adapter::Photo;
use super::adapter::proto::{PollPolicy, UploadPolicy};
use super::client;
use peak_memory::peak_kib;
use server::{HostileServer, Step::*};

#[path = "peak_memory.rs"]
mod peak_memory;
#[expect(dead_code, reason = "a part of it is used here")]
#[path = "hostile/server.rs"]
mod server;

/// What the client and the server, which is in this process too, may take: some
/// copies of an answer of 1 MiB, and its JSON as the core reads it.
const LIMIT_KIB: u64 = 64 * 1024;

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What begins so, and goes on so for ever.
fn floods() -> [(String, &'static str); 9] {
    [
        (String::new(), "HTTP/1.1 100 Continue\r\n\r\n"),
        (OK.to_owned(), "X-Many: a\r\n"),
        (format!("{OK}X-Long: "), "a"),
        (format!("{OK}\r\n"), "[],"),
        (CHUNKED.to_owned(), "5\r\n[[[[[\r\n"),
        (format!("{CHUNKED}5;"), "a"),
        (format!("{CHUNKED}0\r\n"), "X-Many: a\r\n"),
        (format!("{CHUNKED}0\r\nX-Long: "), "a"),
        (format!("{OK}Content-Encoding: gzip\r\n\r\n\x1f"), "\0"),
    ]
}

scenario! {
    fn a_flood_of_any_kind_costs_some_copies_of_an_answer_and_no_more() {
        let before = peak_kib().unwrap();
        for (begun, rest) in floods() {
            let rest = rest.as_bytes().to_vec();
            let steps = [ReadRequest, Write(begun.clone().into_bytes()), Flood(rest)];
            let server = HostileServer::start(steps);
            let mut upload = UploadPolicy::default();
            upload.attempt_timeout = Duration::from_millis(500);
            let mut poll = PollPolicy::one_look();
            poll.attempt_timeout = Duration::from_millis(500);
            let client = client(&server.url()).upload_policy(upload).poll_policy(poll);
            let photo = Photo::from_url("https://example.com/cup.jpg").unwrap();
            assert!(go!(client.upload(&photo)).is_err(), "{begun:?}");
            assert!(go!(client.wait(&"job-1".parse().unwrap())).is_err(), "{begun:?}");
            let grown = peak_kib().unwrap() - before;
            assert!(grown < LIMIT_KIB, "{grown} KiB after {begun:?}");
        }
    }
}
