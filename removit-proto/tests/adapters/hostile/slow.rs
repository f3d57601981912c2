//! Servers that take their time: each attempt ends at its deadline all the same.

use super::*;

/// Writes these bytes, and then others one by one.
fn slow_after(bytes: &str, rest: &str) -> HostileServer {
    HostileServer::start([
        ReadRequest,
        Write(bytes.as_bytes().to_vec()),
        Trickle(rest.as_bytes().to_vec()),
    ])
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";

scenario! {
    fn an_upload_whose_answer_has_a_slow_head_is_ambiguous_at_the_deadline() {
        for begun in ["", "HTTP/1.1 202 Accepted\r\nX-Slow: "] {
            let server = slow_after(begun, "a");
            let end = timed!(hasty(&server).upload(&by_url()));
            assert_eq!(upload_end(&server, end), End::Ambiguous);
            assert_eq!(server.seen().connections, 1);
        }
    }
}

scenario! {
    fn an_upload_whose_answer_has_a_slow_body_is_judged_by_what_came() {
        let server = slow_after(&HEAD.replace("200 OK", "202 Accepted"), " ");
        let end = timed!(hasty(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Ambiguous);

        let with_id = format!("{HEAD}{{\"job_id\":\"job-1\",");
        let server = slow_after(&with_id, " ");
        let end = timed!(hasty(&server).upload(&by_url()));
        assert_eq!(upload_end(&server, end), End::Accepted);
        assert_eq!(server.seen().connections, 1);
    }
}

scenario! {
    fn a_look_at_a_job_ends_at_the_deadline_however_slow_the_answer() {
        let server = slow_after("HTTP/1.1 200 OK\r\nX-Slow: ", "a");
        let end = trouble(&server, timed!(hasty(&server).wait(&job())));
        assert!(matches!(&end, PollTrouble::Transport(why) if is_timed_out(why)), "{end:?}");

        let server = slow_after(HEAD, " ");
        let end = trouble(&server, timed!(hasty(&server).wait(&job())));
        let cut_off = matches!(end, PollTrouble::Unreadable { why: StatusUnreadable::CutOff, .. });
        assert!(cut_off, "{end:?}");
    }
}

scenario! {
    fn a_result_that_trickles_is_given_up_at_the_deadline() {
        for begun in ["HTTP/1.1 200 OK\r\nX-Slow: ", HEAD] {
            let server = slow_after(begun, "a");
            let folder = tempfile::tempdir().unwrap();
            let into = Destination::folder(folder.path(), "cup");
            let end = timed!(hasty(&server).download(&finished(&server), &into));
            let end = not_saved(&server, folder.path(), end);
            assert!(matches!(&end, DownloadError::Transport(why) if is_timed_out(why)), "{end:?}");
            assert_eq!(server.seen().heads.len(), 2, "it was tried again, as often as allowed");
        }
    }
}

scenario! {
    fn an_upload_that_the_server_reads_slowly_or_not_at_all_is_not_sent_by_the_deadline() {
        for steps in [vec![Hold], vec![ReadHead, Hold], vec![ReadHead, ReadSlowly]] {
            let server = HostileServer::start(steps);
            let end = timed!(hasty(&server).upload(&large()));
            let Err(Error::Upload(UploadError::NotSent(why))) = &end else { panic!("{end:?}") };
            assert!(is_timed_out(why), "{why:?}");
            assert_eq!(upload_end(&server, end), End::NotSent);
            assert_eq!(server.seen().connections, 2, "it was tried again, as often as allowed");
        }
    }
}

scenario! {
    fn a_refusal_is_heard_though_the_server_then_neither_reads_nor_closes() {
        let refusal = answer("401 Unauthorized", "", r#"{"error":"unauthorized"}"#);
        let server = HostileServer::start([ReadHead, Write(refusal), Hold]);
        let deadline = Duration::from_secs(8);
        let end = timed!(client_until(deadline, &server.url()).upload(&large()));
        assert_eq!(upload_end(&server, end), End::Rejected);
    }
}
