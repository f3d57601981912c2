//! One attempt, one request: a second one could be paid for.

use crate::conformance::connection::Connection;
use crate::conformance::exchange::Exchange;
use crate::conformance::held::{Held, ensure};
use crate::conformance::server::{Server, answer};
use crate::conformance::trial::{ACCEPTED, Trial};

pub(in crate::conformance) fn closed(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| drop(connection.request()))?;
    arrives_once(trial, &server, trial.json_upload(&server)?)
}

pub(in crate::conformance) fn reset(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| drop(connection.request_left_unread()))?;
    arrives_once(trial, &server, trial.json_upload(&server)?)
}

pub(in crate::conformance) fn half_answered(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 202 Acc");
    })?;
    arrives_once(trial, &server, trial.file_upload(&server, 500)?)
}

pub(in crate::conformance) fn silent(trial: &Trial<'_>) -> Held {
    trial.once_it_arrives(
        Server::has_a_request,
        |_| trial.silent(),
        |server, time| arrives_once(trial, server, trial.file_upload(server, 500)?.within(time)),
    )
}

/// Answers that make some clients try again.
pub(in crate::conformance) fn refused(trial: &Trial<'_>) -> Held {
    for status in [
        "408 Request Timeout",
        "425 Too Early",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ] {
        let headers = "Retry-After: 0\r\nConnection: close\r\n";
        let refusal = answer(status, headers, "");
        let server = trial.serve(move |connection| {
            drop(connection.request());
            connection.send(&refusal);
        })?;
        arrives_once(trial, &server, trial.json_upload(&server)?)?;
    }
    Ok(())
}

/// A connection was kept, and the server closes it as the next request comes:
/// the classic reason for a client to send again by itself.
pub(in crate::conformance) fn stale_connection(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection: &mut Connection| {
        if connection.number == 0 {
            drop(connection.request());
            connection.send(answer("202 Accepted", "", ACCEPTED));
        }
        // The next request, on this connection or on another, is read and lost.
        drop(connection.request());
    })?;
    trial.run(trial.json_upload(&server)?).accepted()?;
    let ended = trial.run(trial.json_upload(&server)?);
    ended.may_have_arrived()?;
    let whole = server.whole_requests();
    ensure!(whole == 2, "two attempts made {whole} whole requests");
    Ok(())
}

fn arrives_once(trial: &Trial<'_>, server: &Server, exchange: Exchange) -> Held {
    drop(trial.run(exchange));
    // A second request would come over a connection that is made by now.
    let whole = server.whole_requests();
    ensure!(whole == 1, "one attempt made {whole} whole requests");
    Ok(())
}
