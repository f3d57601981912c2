//! Bodies that are too long, made to burst what reads them, or no text at all.

use super::*;

/// A body that begins so and never ends, in each of HTTP's ways to frame one.
fn endless(begun: &str) -> Vec<HostileServer> {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    let chunk = format!("{:x}\r\n{begun}\r\n", begun.len());
    let first_chunk = if begun.is_empty() { String::new() } else { chunk };
    [
        (head("Content-Length: 9000000000000000000\r\n") + begun, "          "),
        (head("Transfer-Encoding: chunked\r\n") + &first_chunk, "a\r\n          \r\n"),
        (head("Connection: close\r\n") + begun, "          "),
    ]
    .into_iter()
    .map(|(begun, rest)| {
        let rest = rest.as_bytes().to_vec();
        HostileServer::start([ReadRequest, Write(begun.into_bytes()), Flood(rest)])
    })
    .collect()
}

/// A whole answer with this body.
fn whole(headers: &str, body: impl AsRef<[u8]>) -> HostileServer {
    HostileServer::start([ReadRequest, Write(answer("200 OK", headers, body))])
}

scenario! {
    fn an_upload_with_an_endless_answer_is_judged_by_its_beginning() {
        for (begun, expected) in [(r#"{"job_id":"job-1","#, End::Accepted), ("", End::Ambiguous)] {
            for server in endless(begun) {
                let end = timed!(patient(&server).upload(&by_url()));
                assert_eq!(upload_end(&server, end), expected);
                assert_eq!(server.seen().connections, 1);
                assert!(server.seen().written < BOUND, "{}", server.seen().written);
            }
        }
    }
}

scenario! {
    fn a_status_without_end_is_trouble() {
        for server in endless(PENDING) {
            let end = trouble(&server, timed!(patient(&server).wait(&job())));
            let PollTrouble::Unreadable { why: StatusUnreadable::CutOff, .. } = &end else {
                panic!("{end:?}")
            };
            assert!(server.seen().written < BOUND, "{}", server.seen().written);
        }
    }
}

scenario! {
    fn a_result_beyond_the_limit_is_given_up_and_fetched_once() {
        for server in endless("") {
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            let end = not_saved(&server, folder.path(), end);
            let DownloadError::Transport(TransportFailure::TooLarge { limit }) = end else {
                panic!("{end:?}")
            };
            assert_eq!(limit, 1024 * 1024);
            assert_eq!(server.seen().connections, 1);
            assert!(server.seen().written < BOUND, "{}", server.seen().written);
        }
    }
}

/// JSON that costs a careless reader its stack or its memory, close below the
/// limit of an answer.
fn bombs() -> [(&'static str, String); 5] {
    let size = 1_000_000;
    [
        ("deep lists", "[".repeat(size)),
        ("deep objects", r#"{"a":"#.repeat(size / 5)),
        ("a deep id", format!(r#"{{"job_id":{}"#, "[".repeat(size))),
        ("many lists", format!("[{}[]]", "[],".repeat(size / 3))),
        ("a long number", format!(r#"{{"progress":{}}}"#, "9".repeat(size))),
    ]
}

scenario! {
    fn json_made_to_burst_its_reader_is_an_answer_that_cannot_be_read() {
        for (name, bomb) in bombs() {
            let server = whole("", &bomb);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous, "{name}");

            let server = whole("", &bomb);
            let end = timed!(patient(&server).wait(&job()));
            let error = shown(end.unwrap_err());
            assert_eq!(error.job_id(), Some(&job()), "{name}");
        }
    }
}

scenario! {
    fn an_id_that_cannot_be_one_leaves_the_upload_ambiguous() {
        let long = format!(r#"{{"job_id":"{}"}}"#, "a".repeat(100_000));
        for body in [
            &b"{\"job_id\":\"a\0b\"}"[..],
            b"{\"job_id\":\"a\r\nX-Other: b\"}",
            b"{\"job_id\":\"   \"}",
            b"{\"job_id\":{}}",
            long.as_bytes(),
        ] {
            let server = whole("", body);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous, "{}", body[..14].escape_ascii());
        }
    }
}

scenario! {
    fn bytes_that_are_no_text_cost_neither_the_id_nor_the_job() {
        let server = whole("", b"{\"job_id\":\"job-1\",\"status\":\"\xff\xfe\xc3\x28\"}");
        let end = timed!(patient(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);

        let server = whole("", b"\xff\xfe\x00{\x00}\x00\x1b[2J");
        trouble(&server, timed!(patient(&server).wait(&job())));
    }
}

/// The beginning of 64 MiB of zeros, compressed: each byte stands for a thousand.
fn compressed() -> Vec<u8> {
    let mut bytes =
        b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xec\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\x08\x0a"
            .to_vec();
    bytes.resize(64 * 1024, 0);
    bytes
}

scenario! {
    fn what_was_made_to_burst_when_it_is_decompressed_does_not() {
        for encoding in ["gzip", "gzip, gzip", "x-gzip", "deflate", "br", "zstd"] {
            let headers = format!("Content-Encoding: {encoding}\r\n");
            let server = whole(&headers, compressed());
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous);

            let server = whole(&headers, compressed());
            let end = trouble(&server, timed!(patient(&server).wait(&job())));
            let PollTrouble::Unreadable { why, .. } = &end else { panic!("{end:?}") };
            let unread = matches!(
                why,
                StatusUnreadable::CutOff | StatusUnreadable::Encoded
            );
            assert!(unread, "{encoding}: {why:?}");

            let server = whole(&headers, compressed());
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            let Err(Error::Download { failed, .. }) = &end else { panic!("{encoding}: {end:?}") };
            let what = NotAnImage::Compressed;
            assert!(
                matches!(&failed[0].1, SaveError::Fetch(DownloadError::NotAnImage { what: is, .. }) if *is == what),
                "{encoding}: {failed:?}"
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
            assert!(!server.seen().heads[0].contains("gzip"), "nobody asked for it");
        }
    }
}

scenario! {
    fn what_a_server_says_of_its_refusal_is_one_line() {
        let long = "again and again ".repeat(1000);
        let texts = ["two\nlines", "\u{1b}[2Jgone", &long];
        for text in texts.map(|text| text.escape_default().to_string().replace("\\u{1b}", "\\u001b")) {
            let body = format!(
                r#"{{"error":"{text}","message":"{text}","details":{{"{text}":["{text}"]}},
                "state":"failed","status":"{text}"}}"#
            );
            let refusal = answer("422 Unprocessable", "", &body);
            let server = HostileServer::start([ReadRequest, Write(refusal)]);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Rejected);

            let server = whole("", &body);
            let error = shown(timed!(patient(&server).wait(&job())).unwrap_err());
            assert!(matches!(error, Error::Poll(PollError::Failed(_))), "{error:?}");
        }
    }
}

scenario! {
    fn a_key_that_a_status_echoes_is_shown_in_no_error() {
        for state in ["failed", "pending", "done"] {
            let body = format!(r#"{{"state":"{state}","status":"{state} {KEY}","your_key":"{KEY}"}}"#);
            let server = whole("", &body);
            let error = shown(timed!(patient(&server).wait(&job())).unwrap_err());
            let Error::Poll(error) = error else { panic!("{error:?}") };
            let status = error.latest().unwrap();
            assert_eq!(status.body(), body.replace(KEY, "***"), "the rest of it is kept");
        }
    }
}
