//! Answers that lie about their length.

use super::*;

/// Answers with this body under a length or chunks that are wrong, by name.
fn wrong(body: &str) -> Vec<(&'static str, Vec<u8>)> {
    let len = body.len();
    let with = |headers: String, body: &str| {
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n\r\n{body}").into_bytes()
    };
    let length = |value: String| with(format!("Content-Length: {value}"), body);
    let chunked = |body: String| with("Transfer-Encoding: chunked".to_owned(), &body);
    vec![
        ("too long", length((len + 5).to_string())),
        ("far too long", length(u64::MAX.to_string())),
        ("beyond 64 bits", length("99999999999999999999999".to_owned())),
        ("negative", length("-1".to_owned())),
        ("text", length("a lot".to_owned())),
        ("empty", length(String::new())),
        ("two", length(format!("{len}\r\nContent-Length: {}", len + 1))),
        ("a list", length(format!("{len}, {}", len + 1))),
        ("chunks without a size", chunked(format!("\r\n{body}\r\n0\r\n\r\n"))),
        ("chunks of no number", chunked(format!("xyz\r\n{body}\r\n0\r\n\r\n"))),
        ("chunks of a negative size", chunked(format!("-5\r\n{body}\r\n0\r\n\r\n"))),
        ("chunks beyond 64 bits", chunked(format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"))),
        ("a chunk too long", chunked(format!("{:x}\r\n{body}\r\n0\r\n\r\n", len + 100))),
        ("a chunk without its end", chunked(format!("{len:x}\r\n{body}0\r\n\r\n"))),
        ("no last chunk", chunked(format!("{len:x}\r\n{body}\r\n"))),
    ]
}

scenario! {
    fn an_upload_under_a_wrong_length_is_accepted_by_its_id_or_ambiguous() {
        for (name, bytes) in wrong(ACCEPTED) {
            let server = HostileServer::start([ReadRequest, Write(bytes)]);
            let end = timed!(patient(&server).upload(&by_url()));
            let end = upload_end(&server, end);
            assert!(matches!(end, End::Accepted | End::Ambiguous), "{name}: {end:?}");
            assert_eq!(server.seen().connections, 1, "{name}");
        }
    }
}

scenario! {
    fn a_status_under_a_wrong_length_does_not_count() {
        for (name, bytes) in wrong(DONE) {
            let server = HostileServer::start([ReadRequest, Write(bytes)]);
            let end = timed!(patient(&server).wait(&job()));
            assert!(end.is_err(), "{name}: {end:?}");
            trouble(&server, end);
        }
    }
}

scenario! {
    fn a_result_under_a_wrong_length_is_not_saved() {
        for (name, bytes) in wrong("the bytes of a result") {
            let server = HostileServer::start([ReadRequest, Write(bytes)]);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            assert!(end.is_err(), "{name}: {end:?}");
            not_saved(&server, folder.path(), end);
        }
    }
}

scenario! {
    fn what_follows_the_announced_length_is_not_part_of_the_answer() {
        let more = [answer("202 Accepted", "", ACCEPTED), b"{\"job_id\":\"job-2\"}".to_vec()];
        let server = HostileServer::start([ReadRequest, Write(more.concat())]);
        let end = timed!(patient(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);

        let more = [answer("200 OK", "", PNG), b" and more".to_vec()].concat();
        let server = HostileServer::start([ReadRequest, Write(more)]);
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let saved = timed!(patient(&server).download(&finished(&server), &into)).unwrap();
        assert_eq!(fs::read(&saved[0].path).unwrap(), PNG);
    }
}

scenario! {
    fn one_length_said_twice_is_one_length() {
        let twice = format!("Content-Length: {}\r\n", ACCEPTED.len());
        let server =
            HostileServer::start([ReadRequest, Write(answer("202 Accepted", &twice, ACCEPTED))]);
        let end = timed!(patient(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);
    }
}

/// How chunks begin, and what then goes on for ever between them.
const ENDLESS: [(&str, &str); 3] =
    [("5;", "a"), ("0\r\n", "X-Many: a\r\n"), ("0\r\nX-Long: ", "a")];

scenario! {
    fn chunks_whose_margins_have_no_end_are_left_at_the_deadline_at_the_latest() {
        for (begun, rest) in ENDLESS {
            let begun = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{begun}");
            let rest = rest.as_bytes().to_vec();
            let server = HostileServer::start([ReadRequest, Write(begun.into_bytes()), Flood(rest)]);
            let end = timed!(hasty(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous);
            assert_eq!(server.seen().connections, 1);
        }
    }
}
