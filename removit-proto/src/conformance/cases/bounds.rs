//! How much of an answer is read, whatever the server sends.

use crate::conformance::ended::Ended;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::server::{Server, answer};
use crate::conformance::trial::Trial;
use crate::transport::attempt::Sink;
use crate::transport::outcome::Outcome;

/// What may lie in buffers between a server and what the client looked at.
const SLACK: u64 = 12 << 20;
/// Where a server gives up: a client that read so far reads for ever.
const ENDLESS: u64 = 48 << 20;
const LIMIT: u64 = 100_000;

pub(in crate::conformance) fn endless_body(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let piece = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        let mut sent = 0;
        while sent < ENDLESS && connection.send(&piece) {
            sent += 0x10000;
        }
    })?;
    let ended = limited(trial, &server)?;
    is_the_first_part(&ended)?;
    ensure!(server.written() < LIMIT + SLACK, "{} bytes were read", server.written());
    Ok(())
}

pub(in crate::conformance) fn over_the_limit(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", vec![b'x'; 150_000]))?;
    is_the_first_part(&limited(trial, &server)?)
}

pub(in crate::conformance) fn endless_headers(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\n");
        let lines = format!("X-Padding: {}\r\n", "x".repeat(1_000)).repeat(64);
        let mut sent = 0;
        while sent < ENDLESS && connection.send(&lines) {
            sent += 64 * 1_000;
        }
    })?;
    let ended = trial.run(trial.status(&server)?);
    let failed = matches!(ended.outcome, Outcome::Failed(_));
    ensure!(failed, "there was no end of the headers, but: {:?}", ended.outcome);
    ensure!(server.written() < SLACK, "{} bytes of headers were read", server.written());
    Ok(())
}

fn limited(trial: &Trial<'_>, server: &Server) -> Result<Ended, Miss> {
    let mut exchange = trial.status(server)?;
    exchange.attempt.sink = Sink::Memory { limit: LIMIT };
    Ok(trial.run(exchange))
}

fn is_the_first_part(ended: &Ended) -> Held {
    match &ended.outcome {
        Outcome::Partial(response) => {
            let kept = response.body().len();
            ensure!(u64::try_from(kept) == Ok(LIMIT), "{kept} bytes were kept of {LIMIT}");
            Ok(())
        }
        Outcome::Response(response) => {
            Err(Miss::Failed(format!("{} bytes pass for a whole answer", response.body().len())))
        }
        other => Err(Miss::Failed(format!("what had come was lost: {other:?}"))),
    }
}
