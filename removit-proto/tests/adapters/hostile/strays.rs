//! Answers to nobody, and connections that end between two requests.

use super::*;

/// An answer after which the connection stays open.
fn kept(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

scenario! {
    fn a_second_answer_is_nobodys() {
        let both = [kept(PENDING), kept(DONE)].concat();
        let server = HostileServer::start([
            ReadRequest,
            Write(both.clone()),
            ReadRequest,
            Write(both.clone()),
            ReadRequest,
            Write(both),
            Hold,
        ]);
        let client = patient(&server);
        for _ in 0..3 {
            let end = timed!(client.wait(&job()));
            let Err(Error::Poll(PollError::TimedOut { latest, .. })) = &end else {
                panic!("took another request's answer: {end:?}")
            };
            assert_eq!(latest.as_ref().unwrap().step(), Some("pending_compose"));
        }
    }
}

scenario! {
    fn an_answer_before_the_request_makes_no_second_one() {
        let server = HostileServer::start([Write(kept(ACCEPTED)), ReadRequest, Hold]);
        let end = timed!(hasty(&server).upload(&by_url()));
        let end = upload_end(&server, end);
        assert_ne!(end, End::Rejected);
    }
}

scenario! {
    fn a_job_is_waited_for_over_connections_that_end_after_each_answer() {
        let server = HostileServer::start_with(|number, _| {
            vec![ReadRequest, Write(kept(if number < 5 { PENDING } else { DONE }))]
        });
        let mut policy = PollPolicy::default();
        policy.schedule = super::super::adapter::proto::Schedule::fixed(Duration::from_millis(5))
            .with_floor(Duration::ZERO);
        policy.backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
        policy.timeout = PATIENCE;
        let finished = timed!(patient(&server).poll_policy(policy).wait(&job())).unwrap();
        assert_eq!(finished.job_id(), &job());
    }
}

scenario! {
    fn an_upload_is_not_spoiled_by_what_came_before_it() {
        // The connection of the look is of no use any more, in one way or the other.
        for rest in [vec![], vec![Write(kept(DONE)), Hold]] {
            let server = HostileServer::start_with(move |number, _| {
                if number == 0 {
                    [vec![ReadRequest, Write(kept(PENDING))], rest.clone()].concat()
                } else {
                    vec![ReadRequest, Write(kept(ACCEPTED)), Hold]
                }
            });
            let client = patient(&server);
            timed!(client.wait(&job())).unwrap_err();
            let end = timed!(client.upload(&by_url()));
            let end = upload_end(&server, end);
            assert!(matches!(end, End::Accepted | End::Ambiguous), "{end:?}");
        }
    }
}
