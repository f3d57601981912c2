//! Over which connection a paid request goes: a new one, so that no server can
//! close it just then.

use super::*;

fn kept(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// Answers the first request of each connection, and keeps the connection.
fn first_request() -> [server::Step; 2] {
    [ReadRequest, Answer(kept("200 OK", PENDING), kept("202 Accepted", ACCEPTED))]
}

scenario! {
    fn twenty_uploads_in_a_row_are_accepted_whatever_becomes_of_kept_connections() {
        for (name, then) in [
            ("closes at once", vec![]),
            ("resets the second request of each connection", vec![Read(1)]),
            ("resets it once it was read", vec![ReadAllButOne]),
            ("reads the second one and says nothing", vec![ReadRequest]),
        ] {
            let server = HostileServer::start([first_request().to_vec(), then].concat());
            let client = patient(&server);
            for number in 0..20 {
                // A look leaves a connection behind, and may itself meet its end.
                if number % 2 == 0 {
                    let _ = timed!(client.wait(&job()));
                }
                let end = timed!(client.upload(&by_url()));
                assert!(end.is_ok(), "{name}, upload {number}: {end:?}");
            }
            assert_eq!(server.seen().uploads, 20, "{name}");
        }
    }
}

scenario! {
    fn an_upload_that_was_answered_early_ends_with_its_answer() {
        let refusal = kept("401 Unauthorized", r#"{"error":"unauthorized"}"#);
        let steps = [ReadHead, Write(refusal), AwaitRelease, ReadToEnd];
        let server = HostileServer::start(steps);
        let client = client_until(Duration::from_secs(8), &server.url());
        let end = timed!(client.upload(&large()));
        assert_eq!(upload_end(&server, end), End::Rejected);
        // The answer was read whole, and most of the photo has not left.
        server.release();
        let begun = Instant::now();
        while server.seen().ends == 0 {
            assert!(begun.elapsed() < PATIENCE, "the connection is left alone");
            pause!(Duration::from_millis(5));
        }
        assert!(server.seen().at_the_end < 16 * 1024 * 1024, "the rest of it left all the same");
    }
}
