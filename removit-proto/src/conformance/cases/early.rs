//! Answers that come before all of a request was sent: a key that is refused, a
//! photo that is too large.

use crate::conformance::ended::Ended;
use crate::conformance::held::{Held, ensure};
use crate::conformance::server::answer;
use crate::conformance::trial::{TIME_TO_LOOK, Trial};

/// More than all buffers between a client and a server that does not read.
const LARGE: usize = 24 << 20;
const REFUSAL: &str = r#"{"error":"unauthorized","message":"API key invalid"}"#;

pub(in crate::conformance) fn while_reading(trial: &Trial<'_>) -> Held {
    let server = trial.serve(|connection| {
        drop(connection.head());
        connection.send(answer("401 Unauthorized", "Connection: close\r\n", REFUSAL));
        // The client may go on or hang up: both are good.
        connection.until_hung_up();
    })?;
    is_the_refusal(&trial.run(trial.file_upload(&server, LARGE)?))
}

/// The server hangs up on the unread photo, which is a reset: some systems throw away
/// then what was not read yet. A client that was too slow gets more time; one that loses
/// the answer loses it each time.
pub(in crate::conformance) fn then_closed(trial: &Trial<'_>) -> Held {
    trial.given(TIME_TO_LOOK, |time| {
        let server = trial.serve(move |connection| {
            drop(connection.head());
            connection.send(answer("401 Unauthorized", "Connection: close\r\n", REFUSAL));
            connection.pause(time);
        })?;
        is_the_refusal(&trial.run(trial.file_upload(&server, LARGE)?))
    })
}

fn is_the_refusal(ended: &Ended) -> Held {
    let response = ended.response()?;
    ensure!(
        response.status() == 401 && response.body() == REFUSAL,
        "the refusal became {} with {:?}",
        response.status(),
        response.body()
    );
    Ok(())
}
