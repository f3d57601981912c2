//! How far a request got: the one thing that decides whether it is sent again.

use core::time::Duration;

use crate::conformance::held::{Held, ensure};
use crate::conformance::server::Server;
use crate::conformance::trial::{AMPLE, SHORT, Trial};
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::TransportFailure;

/// More than all buffers between a client and a server that does not read.
const LARGE: usize = 24 << 20;

pub(in crate::conformance) fn refused_connection(trial: &Trial<'_>) -> Held {
    let port = trial.closed_port()?;
    let ended = trial.run(trial.refused_upload(&port)?);
    let refused = matches!(ended.outcome, Outcome::Failed(TransportFailure::Connect { .. }));
    ensure!(refused, "it is not called a missing connection: {:?}", ended.outcome);
    Ok(())
}

pub(in crate::conformance) fn closed_after_all(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| drop(connection.request()))?;
    all_arrived(trial, &server, AMPLE)
}

pub(in crate::conformance) fn reset_after_all(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| drop(connection.request_left_unread()))?;
    all_arrived(trial, &server, AMPLE)
}

pub(in crate::conformance) fn garbage_after_all(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("\0\x7f 220 mail.example ESMTP\r\n\r\n");
    })?;
    all_arrived(trial, &server, AMPLE)
}

pub(in crate::conformance) fn silent_after_all(trial: &Trial<'_>) -> Held {
    trial.once_it_arrives(
        Server::has_a_request,
        |_| trial.silent(),
        |server, time| all_arrived(trial, server, time),
    )
}

fn all_arrived(trial: &Trial<'_>, server: &Server, time: Duration) -> Held {
    let ended = trial.run(trial.file_upload(server, 4_000)?.within(time));
    let failed = matches!(ended.outcome, Outcome::Failed(_));
    ensure!(failed, "there was no answer, but: {:?}", ended.outcome);
    ensure!(server.whole_requests() == 1, "the request did not arrive");
    ended.may_have_arrived()
}

pub(in crate::conformance) fn broken_half_way(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.head());
        drop(connection.take(LARGE / 4));
    })?;
    trial.run(trial.file_upload(&server, LARGE)?).not_sent()
}

pub(in crate::conformance) fn blocked_half_way(trial: &Trial<'_>) -> Held {
    let deaf = |time| {
        trial.serve(move |connection| {
            drop(connection.head());
            connection.pause(time + SHORT * 4);
        })
    };
    trial.once_it_arrives(Server::has_a_head, deaf, |server, time| {
        let ended = trial.run(trial.file_upload(server, LARGE)?.within(time));
        ended.in_time()?;
        ended.not_sent()
    })
}
