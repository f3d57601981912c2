//! Answers that end too early: what came may hold a paid job's id.

use crate::conformance::connection::Connection;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::trial::{ACCEPTED, TIME_TO_LOOK, Trial};
use crate::transport::outcome::Outcome;

pub(in crate::conformance) fn by_length(trial: &Trial<'_>) -> Held {
    is_partial(trial, |connection| {
        drop(connection.request());
        let head = "HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n";
        connection.send(format!("{head}{ACCEPTED}"));
    })
}

pub(in crate::conformance) fn in_chunks(trial: &Trial<'_>) -> Held {
    is_partial(trial, |connection| {
        drop(connection.request());
        let head = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n";
        connection.send(format!("{head}{:x}\r\n{ACCEPTED}\r\n", ACCEPTED.len()));
    })
}

/// Without a length the end of the connection is the end of the body, and a
/// reset is no such end. A client that was too slow to read what came before the reset
/// gets more time.
pub(in crate::conformance) fn by_reset(trial: &Trial<'_>) -> Held {
    trial.given(TIME_TO_LOOK, |time| {
        is_partial(trial, move |connection| {
            drop(connection.request_left_unread());
            let head = "HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n";
            connection.send(format!("{head}{ACCEPTED}"));
            connection.pause(time);
        })
    })
}

fn is_partial(trial: &Trial<'_>, script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Held {
    let server = trial.serve(script)?;
    let ended = trial.run(trial.json_upload(&server)?);
    match &ended.outcome {
        Outcome::Partial(response) => {
            ensure!(response.status() == 202, "the status became {}", response.status());
            ensure!(response.body() == ACCEPTED, "of the body {:?} is left", response.body());
            Ok(())
        }
        Outcome::Response(_) => Err(Miss::Failed("it passes for a whole answer".to_owned())),
        other => Err(Miss::Failed(format!("the answer, with its job id, was lost: {other:?}"))),
    }
}
