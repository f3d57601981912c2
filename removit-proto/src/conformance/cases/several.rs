//! Exchanges beside and after each other.

use core::time::Duration;
use std::thread;

use crate::conformance::connection::Connection;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::server::answer;
use crate::conformance::trial::Trial;

const AT_ONCE: usize = 16;

/// Each answer repeats its request's id; they are given in another order.
pub(in crate::conformance) fn side_by_side(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection: &mut Connection| {
        while let Some(request) = connection.request() {
            let (_, id) = request.line.split_once("job_id=").unwrap_or_default();
            let id = id.split(' ').next().unwrap_or_default().to_owned();
            let number = u64::try_from(connection.number).unwrap_or_default();
            connection.pause(Duration::from_millis(number * 7 % 50));
            if !connection.send(answer("200 OK", "", id)) {
                break;
            }
        }
    })?;
    thread::scope(|scope| {
        let asking: Vec<_> = (0..AT_ONCE)
            .map(|number| {
                let server = &server;
                scope.spawn(move || {
                    for round in 0..3 {
                        let id = format!("job-{number}-{round}");
                        let ended = trial.run(trial.status_of(server, &id)?);
                        let body = ended.response()?.body();
                        ensure!(*body == id, "the answer to {id} was that to {body:?}");
                    }
                    Ok(())
                })
            })
            .collect();
        asking.into_iter().try_for_each(|asked| {
            asked.join().map_err(|_| Miss::Failed("the transport panicked".to_owned()))?
        })
    })
}

/// A server that says more than its answer: what is too much belongs to nobody.
pub(in crate::conformance) fn bytes_after_the_answer(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection: &mut Connection| {
        while connection.request().is_some() {
            let good = answer("200 OK", "", "good");
            let more = answer("200 OK", "", "evil");
            if !connection.send([good, more].concat()) {
                break;
            }
        }
    })?;
    for _ in 0..2 {
        let ended = trial.run(trial.status(&server)?);
        let body = ended.response()?.body();
        ensure!(body == "good", "bytes of nobody's became an answer: {body:?}");
    }
    Ok(())
}
