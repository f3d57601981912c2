//! A future that is dropped: nothing goes on behind its owner's back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::conformance::exchange::Exchange;
use crate::conformance::held::{Held, Miss, ensure};
use crate::conformance::log::PATIENCE;
use crate::conformance::server::Server;
use crate::conformance::trial::Trial;

/// More than all buffers between a client and a server that does not read.
const LARGE: usize = 24 << 20;

pub(in crate::conformance) fn upload(trial: &Trial<'_>) -> Held {
    hangs_up(trial, |server| trial.file_upload(server, LARGE))
}

pub(in crate::conformance) fn wait(trial: &Trial<'_>) -> Held {
    hangs_up(trial, |server| trial.status(server))
}

/// The server reads on only after the exchange was dropped: what comes then had
/// left before, and is less than the request.
fn hangs_up(trial: &Trial<'_>, exchange: impl Fn(&Server) -> Result<Exchange, Miss>) -> Held {
    let dropped = Arc::new(AtomicBool::new(false));
    let reads_on = Arc::clone(&dropped);
    let server = trial.serve(move |connection| {
        drop(connection.head());
        connection.pause_until(PATIENCE, || reads_on.load(Ordering::SeqCst));
        connection.until_hung_up();
    })?;
    let exchange = exchange(&server)?.within(PATIENCE * 3);
    trial.cancelled(exchange, || server.wait_for(|requests| !requests.is_empty()))?;
    dropped.store(true, Ordering::SeqCst);
    let closed = server.wait_for(|requests| requests.iter().all(|r| r.hung_up.is_some()));
    ensure!(closed, "the connection stays open");
    let more: usize = server.requests().iter().filter_map(|request| request.hung_up).sum();
    ensure!(more < LARGE, "all of the upload was sent after it was dropped");
    ensure!(server.requests().len() == 1, "it was sent again after it was dropped");
    Ok(())
}
