//! Results that go into a file: whole, from its start, or not at all.

use crate::api::result_kind::ResultKind;
use crate::conformance::ended::Ended;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::server::answer;
use crate::conformance::trial::{AMPLE, Trial};
use crate::transport::attempt::Sink;
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::TransportFailure;

const PATH: &str = "/results/cup.png";
const LIMIT: u64 = 300_000;
const SLACK: u64 = 12 << 20;
const ENDLESS: u64 = 48 << 20;

pub(in crate::conformance) fn stored(trial: &Trial<'_>) -> Held {
    let picture: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let server = trial.answering(answer("200 OK", "", &picture))?;
    let (exchange, file) = trial.download(&server, PATH, LIMIT)?;
    let ended = trial.run(exchange);
    is_stored(&ended, picture.len())?;
    ensure!(file.bytes()? == picture, "other bytes are in the file");
    Ok(())
}

/// An attempt that broke has left bytes in the file; the next one is shorter.
pub(in crate::conformance) fn second_attempt(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        if connection.number == 0 {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n");
            connection.send(vec![b'a'; 5_000]);
        } else {
            connection.send(answer("200 OK", "Connection: close\r\n", "short"));
        }
    })?;
    let (exchange, file) = trial.download(&server, PATH, LIMIT)?;
    drop(trial.run(exchange));
    let (mut again, _) = trial.download(&server, PATH, LIMIT)?;
    again.file = Some(file.handle()?);
    is_stored(&trial.run(again), 5)?;
    let bytes = file.bytes()?;
    ensure!(bytes == b"short", "the file holds {} bytes, not 5", bytes.len());
    Ok(())
}

pub(in crate::conformance) fn cut_off(trial: &Trial<'_>) -> Held {
    for head in ["Content-Length: 9000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let server = trial.serve(move |connection| {
            drop(connection.request());
            connection.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n1000\r\n{}", "x".repeat(5_000)));
        })?;
        let (exchange, _file) = trial.download(&server, PATH, LIMIT)?;
        let ended = trial.run(exchange);
        let failed = matches!(ended.outcome, Outcome::Failed(_) | Outcome::StoredPart { .. });
        ensure!(failed, "half a result is {:?}", ended.outcome);
    }
    Ok(())
}

pub(in crate::conformance) fn over_the_limit(trial: &Trial<'_>) -> Held {
    let server = trial.answering(answer("200 OK", "", vec![b'x'; 400_000]))?;
    let (exchange, _file) = trial.download(&server, PATH, LIMIT)?;
    is_too_large(&trial.run(exchange))
}

pub(in crate::conformance) fn endless(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let mut sent = 0;
        while sent < ENDLESS && connection.send([b'x'; 0x10000]) {
            sent += 0x10000;
        }
    })?;
    let (exchange, file) = trial.download(&server, PATH, LIMIT)?;
    is_too_large(&trial.run(exchange.within(AMPLE)))?;
    ensure!(server.written() < LIMIT + SLACK, "{} bytes were read", server.written());
    let stored = u64::try_from(file.bytes()?.len()).unwrap_or(u64::MAX);
    ensure!(stored <= LIMIT, "{stored} bytes are in a file of at most {LIMIT}");
    Ok(())
}

/// What is no 2xx is for the machine to read, and not for the file.
pub(in crate::conformance) fn refused(trial: &Trial<'_>) -> Held {
    for status in ["302 Found", "403 Forbidden", "404 Not Found", "503 Service Unavailable"] {
        let server = trial.answering(answer(status, "Location: /x\r\n", "<Error/>"))?;
        let (exchange, file) = trial.download(&server, PATH, LIMIT)?;
        let ended = trial.run(exchange);
        let response = ended.response()?;
        ensure!(
            status.starts_with(response.status().as_str()) && response.body() == "<Error/>",
            "{status} became {response:?}"
        );
        ensure!(file.bytes()?.is_empty(), "the body of {status} is in the file");
    }
    Ok(())
}

fn is_stored(ended: &Ended, expected: usize) -> Held {
    match &ended.outcome {
        Outcome::Stored { head, len, start } => {
            ensure!(head.status() == 200, "the status became {}", head.status());
            ensure!(u64::try_from(expected) == Ok(*len), "{len} bytes are told, not {expected}");
            let told = start.len() >= expected.min(ResultKind::START_LEN);
            ensure!(told, "only {} of the first bytes are told", start.len());
            Ok(())
        }
        other => Err(Miss::Failed(format!("it is not stored: {other:?}"))),
    }
}

fn is_too_large(ended: &Ended) -> Held {
    let limit =
        matches!(ended.outcome, Outcome::Failed(TransportFailure::TooLarge { limit: LIMIT }));
    ensure!(limit, "it is not called too large for {:?}: {:?}", Sink::file(LIMIT), ended.outcome);
    Ok(())
}
