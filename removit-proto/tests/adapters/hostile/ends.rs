//! Connections that are closed, or reset, at every point of a request and of its
//! answer.

use super::*;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n";

fn write(bytes: &[u8]) -> server::Step {
    Write(bytes.to_vec())
}

scenario! {
    fn an_upload_that_ends_before_its_last_byte_is_not_sent() {
        for steps in [
            vec![],
            vec![Read(1)],
            vec![Read(40)],
            vec![ReadHead],
            vec![ReadHead, Read(1)],
            vec![ReadHead, Read(2 * 1024 * 1024)],
        ] {
            let name = format!("{steps:?}");
            let server = HostileServer::start(steps);
            let end = timed!(patient(&server).upload(&large()));
            assert_eq!(upload_end(&server, end), End::NotSent, "{name}");
            assert_eq!(server.seen().connections, 2, "{name}: it was tried again");
        }
    }
}

scenario! {
    fn an_upload_that_ends_without_a_whole_answer_is_ambiguous() {
        for read in [ReadRequest, ReadAllButOne] {
            for written in [&b""[..], b"HTTP/1.1 20", b"HTTP/1.1 202 Accepted\r\n", HEAD] {
                let server = HostileServer::start([read.clone(), write(written)]);
                let end = timed!(patient(&server).upload(&by_url()));
                assert_eq!(upload_end(&server, end), End::Ambiguous, "{written:?}");
                assert_eq!(server.seen().connections, 1);
            }
        }
    }
}

scenario! {
    fn a_small_upload_whose_connection_ends_at_once_is_sent_again_only_if_it_was_not_sent() {
        for steps in [vec![], vec![Read(1)], vec![ReadHead]] {
            let server = HostileServer::start(steps);
            let end = timed!(patient(&server).upload(&by_url()));
            // The bytes may have left before the end was seen, or not.
            let expected = match upload_end(&server, end) {
                End::Ambiguous => 1..=2,
                End::NotSent => 2..=2,
                other => panic!("{other:?}"),
            };
            assert!(expected.contains(&server.seen().connections), "{:?}", server.seen());
        }
    }
}

scenario! {
    fn an_upload_whose_answer_breaks_off_is_judged_by_what_came() {
        for (body, expected) in [("{\"job_id\":\"job-1\",", End::Accepted), ("{\"job_id\":\"job", End::Ambiguous)] {
            let written = [HEAD, b"\r\n", body.as_bytes()].concat();
            let server = HostileServer::start([ReadRequest, Write(written)]);
            let end = timed!(patient(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), expected);
        }
    }
}

/// Connections that end at each point at which no answer is whole.
fn endings() -> [Vec<server::Step>; 7] {
    [
        vec![],
        vec![Read(1)],
        vec![Read(40)],
        vec![ReadRequest],
        vec![ReadRequest, write(b"HTTP/1.1 20")],
        vec![ReadRequest, write(HEAD)],
        vec![ReadRequest, write(&[HEAD, b"\r\n{\"state\":\"done\""].concat())],
    ]
}

scenario! {
    fn a_look_whose_connection_ends_anywhere_is_trouble_and_no_more() {
        for steps in endings() {
            let server = HostileServer::start(steps);
            trouble(&server, timed!(patient(&server).wait(&job())));
        }
    }
}

scenario! {
    fn a_result_whose_connection_ends_anywhere_is_tried_again_and_not_saved() {
        for steps in endings() {
            let server = HostileServer::start(steps);
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(patient(&server).download(&finished(&server), &into));
            not_saved(&server, folder.path(), end);
            assert_eq!(server.seen().connections, 2);
        }
    }
}
