//! An exchange ends by its deadline: a server must not hold a client.

use core::time::Duration;
use std::sync::{Arc, OnceLock};
use std::time::Instant as Moment;

use crate::conformance::connection::Connection;
use crate::conformance::ended::Ended;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::log::PATIENCE;
use crate::conformance::trial::{SHORT, Trial};
use crate::transport::outcome::Outcome;

/// The beginning of an answer that has no end.
const ID: &str = r#"{"job_id":"019cdc54-2673","status":""#;
const EVERY: Duration = Duration::from_millis(60);

pub(in crate::conformance) fn silence(trial: &Trial<'_>) -> Held {
    let server = trial.silent()?;
    ends_without_answer(&trial.run(trial.status(&server)?.within(SHORT)))
}

pub(in crate::conformance) fn dripped_head(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        drip(connection, &format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(500)));
    })?;
    ends_without_answer(&trial.run(trial.status(&server)?.within(SHORT)))
}

/// The id itself comes in drops, and all of it long before the deadline.
pub(in crate::conformance) fn dripped_body(trial: &Trial<'_>) -> Held {
    let told = Arc::new(OnceLock::new());
    let telling = Arc::clone(&told);
    let server = trial.serve(move |connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 202 Accepted\r\nContent-Length: 900\r\n\r\n");
        for byte in ID.bytes() {
            connection.send([byte]);
            connection.pause(Duration::from_millis(1));
        }
        telling.get_or_init(Moment::now);
        drip(connection, &"x".repeat(500));
    })?;
    let (began, given) = (Moment::now(), SHORT * 3);
    let ended = trial.run(trial.json_upload(&server)?.within(given));
    ended.in_time()?;
    let half = matches!(ended.outcome, Outcome::Partial(_) | Outcome::Failed(_));
    ensure!(half, "it passes for a whole answer: {:?}", ended.outcome);
    // A machine that was too busy to send the id in time shows nothing.
    let came = told.get().is_some_and(|at| at.duration_since(began) + SHORT < given);
    if came { has_id(&ended) } else { Ok(()) }
}

pub(in crate::conformance) fn id_before_a_drip(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        let head = "HTTP/1.1 202 Accepted\r\nContent-Length: 900\r\n\r\n";
        connection.send(format!("{head}{ID}"));
        drip(connection, &"x".repeat(500));
    })?;
    // Time enough for a busy machine to read the id.
    let ended = trial.run(trial.json_upload(&server)?.within(SHORT * 3));
    ended.in_time()?;
    has_id(&ended)
}

fn has_id(ended: &Ended) -> Held {
    let Outcome::Partial(answer) = &ended.outcome else {
        return Err(Miss::Failed(format!("the id is lost in {:?}", ended.outcome)));
    };
    let has_it = answer.body().starts_with(ID.as_bytes());
    ensure!(has_it, "what came before the deadline is not in it: {:?}", answer.body());
    Ok(())
}

pub(in crate::conformance) fn dripped_file(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.request());
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
        drip(connection, &"x".repeat(500));
    })?;
    let (exchange, _file) = trial.download(&server, "/results/cup.png", 1_000)?;
    ends_without_answer(&trial.run(exchange.within(SHORT)))
}

fn ends_without_answer(ended: &Ended) -> Held {
    ended.in_time()?;
    let failed = matches!(ended.outcome, Outcome::Failed(_) | Outcome::StoredPart { .. });
    ensure!(failed, "there was no whole answer, but: {:?}", ended.outcome);
    Ok(())
}

/// Byte by byte, for far longer than the exchange may take.
fn drip(connection: &mut Connection, text: &str) {
    let began = Moment::now();
    for byte in text.bytes() {
        if began.elapsed() > PATIENCE || !connection.send([byte]) {
            break;
        }
        connection.pause(EVERY);
    }
}
