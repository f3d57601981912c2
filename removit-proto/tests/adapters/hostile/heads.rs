//! Answers whose head is none, or has no end.

use super::*;

/// What some servers, and some that are none, say instead of an answer.
const NO_ANSWERS: &[&[u8]] = &[
    b"\r\n\r\n\r\n\r\n\r\n\r\n",
    b"\x00\xff\xfe\x01 what is this\r\n\r\n",
    b"{\"job_id\":\"job-1\",\"state\":\"done\"}",
    b"<html>HTTP/0.9 knows no head</html>",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"ICY 200 OK\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/9.9 200 OK\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 2 OK\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 -20 OK\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 two OK\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 200 OK\r\nX-Bell\x07: a\r\n\r\n{\"job_id\":\"job-1\"}",
    b"HTTP/1.1 200 OK\r\nno colon at all\r\n\r\n{\"job_id\":\"job-1\"}",
    b"GET / HTTP/1.1\r\nHost: you\r\n\r\n",
];

/// What begins like an answer, and what goes on for ever.
const ENDLESS: &[(&str, &str)] = &[
    ("HTTP/1.1 200 ", "O"),
    ("HTTP/1.1 200 OK\r\nX-Long: ", "a"),
    ("HTTP/1.1 200 OK\r\n", "X-Many: a\r\n"),
    ("HTTP/1.1 200 OK\r\nx", "x"),
    ("", "\x07"),
];

fn endless(begun: &str, rest: &str) -> HostileServer {
    let rest = rest.as_bytes().to_vec();
    HostileServer::start([ReadRequest, Write(begun.as_bytes().to_vec()), Flood(rest)])
}

scenario! {
    fn an_upload_that_gets_no_answer_for_an_answer_is_ambiguous() {
        for bytes in NO_ANSWERS {
            let server = HostileServer::start([ReadRequest, Write(bytes.to_vec())]);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous, "{}", bytes.escape_ascii());
            assert_eq!(server.seen().connections, 1);
        }
    }
}

scenario! {
    fn a_look_that_gets_no_answer_for_an_answer_is_trouble() {
        for bytes in NO_ANSWERS {
            let server = HostileServer::start([ReadRequest, Write(bytes.to_vec())]);
            let end = trouble(&server, timed!(patient(&server).wait(&job())));
            let PollTrouble::Transport(TransportFailure::Broken { .. }) = &end else {
                panic!("{}: {end:?}", bytes.escape_ascii())
            };
        }
    }
}

scenario! {
    fn a_result_without_an_answers_head_is_not_saved() {
        for bytes in NO_ANSWERS {
            let server = HostileServer::start([ReadRequest, Write(bytes.to_vec())]);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            let end = not_saved(&server, folder.path(), end);
            let DownloadError::Transport(TransportFailure::Broken { .. }) = &end else {
                panic!("{}: {end:?}", bytes.escape_ascii())
            };
        }
    }
}

scenario! {
    fn a_head_without_end_is_not_read_for_ever() {
        for (begun, rest) in ENDLESS {
            let server = endless(begun, rest);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous, "{begun:?}");
            assert!(server.seen().written < BOUND, "{begun:?}: {}", server.seen().written);

            let server = endless(begun, rest);
            let end = trouble(&server, timed!(patient(&server).wait(&job())));
            assert!(matches!(end, PollTrouble::Transport(_)), "{end:?}");
            assert!(server.seen().written < BOUND, "{begun:?}: {}", server.seen().written);

            let server = endless(begun, rest);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            let end = not_saved(&server, folder.path(), end);
            assert!(matches!(end, DownloadError::Transport(_)), "{end:?}");
            assert!(server.seen().written < 2 * BOUND, "{begun:?}: {}", server.seen().written);
        }
    }
}

scenario! {
    fn interim_answers_without_end_are_no_answer() {
        let server = endless("", "HTTP/1.1 100 Continue\r\n\r\n");
        let end = timed!(hasty(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Ambiguous);
        assert_eq!(server.seen().connections, 1);

        let server = endless("", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
        let end = trouble(&server, timed!(hasty(&server).wait(&job())));
        assert!(matches!(end, PollTrouble::Transport(_)), "{end:?}");
    }
}

scenario! {
    fn some_interim_answers_do_no_harm() {
        let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n".to_vec();
        let accepted = answer("202 Accepted", "", ACCEPTED);
        let server = HostileServer::start([ReadRequest, Write([interim, accepted].concat())]);
        let end = timed!(patient(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);
    }
}

scenario! {
    fn an_unasked_change_of_protocol_is_no_answer() {
        let switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
        let server = HostileServer::start([ReadRequest, Write(switch.to_vec()), Hold]);
        let end = timed!(hasty(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Ambiguous);
        assert_eq!(server.seen().connections, 1);
    }
}
