//! The way to the vendor: the endpoint, the transport, and a ticket for each request.
//!
//! Machines decide what is sent; this decides only when the account may.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};
use removit_tokio::proto::{
    Action, ApiError, Attempt, AttemptId, Endpoint, Instant, Machine, Outcome, Seed,
    TransportFailure,
};
use removit_tokio::{Clock, Driver, HyperTransport};
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::db::account::{Slot, Ticket};
use crate::error::{Error, Result};

/// The vendor, for all roles of a process.
#[derive(Clone, Debug)]
pub struct Vendor {
    endpoint: Endpoint,
    transport: Arc<HyperTransport>,
    clock: Clock,
    per_second: u32,
}

impl Vendor {
    /// The vendor behind this endpoint, with the budget of all machines.
    pub fn new(endpoint: Endpoint, per_second: u32) -> Result<Self> {
        let transport = HyperTransport::new().map_err(Error::setup)?;
        let clock = Clock::start();
        Ok(Self { endpoint, transport: Arc::new(transport), clock, per_second })
    }

    /// The API.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What carries requests: those to the API only with a ticket.
    pub fn transport(&self) -> &HyperTransport {
        &self.transport
    }

    /// The clock of all machines of this process.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The most requests in a second, over all processes.
    pub const fn per_second(&self) -> u32 {
        self.per_second
    }

    /// A driver for one machine.
    pub fn driver(&self) -> Driver<'_, HyperTransport> {
        Driver::new(&*self.transport).with_clock(self.clock)
    }

    /// 122 bits from the operating system.
    pub fn seed() -> Seed {
        Seed::new(uuid::Uuid::new_v4().as_u128())
    }

    /// Waits for the right to send one request; `None` once the process is to end. The
    /// account was neither paused nor over its budget when this returns.
    pub async fn ticket(&self, db: &Db, leaving: &CancellationToken) -> Result<Option<Ticket>> {
        self.ticket_soon(db, leaving, Duration::MAX).await
    }

    /// As [`ticket`](Self::ticket); `None` also where there was none in time. A slot that
    /// was taken by then is waited for.
    pub async fn ticket_soon(
        &self,
        db: &Db,
        leaving: &CancellationToken,
        patience: Duration,
    ) -> Result<Option<Ticket>> {
        let began = tokio::time::Instant::now();
        while !leaving.is_cancelled() && began.elapsed() < patience {
            let pause = match db.ticket(self.per_second).await? {
                Slot::Paused(pause) => pause,
                Slot::Ticket(ticket) if ticket.is_due() => return Ok(Some(ticket)),
                Slot::Ticket(ticket) => {
                    // A pause may have begun while its slot was to come.
                    if ticket.wait().await
                        && db.account().await?.paused_for.is_zero()
                        && ticket.is_good()
                    {
                        return Ok(Some(ticket));
                    }
                    continue;
                }
            };
            tokio::select! {
                () = leaving.cancelled() => {}
                () = tokio::time::sleep(pause.min(Duration::from_secs(1))) => {}
            }
        }
        Ok(None)
    }

    /// What slows one machine slows all: whether this answer asks for a pause, which is the
    /// account's then.
    pub async fn slow_all(&self, db: &Db, status: StatusCode, headers: &HeaderMap) -> bool {
        if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return false;
        }
        let mut head = Response::new([]);
        *head.status_mut() = status;
        head.headers_mut().clone_from(headers);
        let asked = ApiError::decode(&head, &self.endpoint).retry_after();
        let db = db.clone();
        // In a task: a transaction must not be dropped half way.
        match tokio::spawn(async move { db.pause(asked).await }).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!("others do not know of the server's pause: {error}");
            }
            Err(error) => tracing::warn!("others do not know of the server's pause: {error}"),
        }
        true
    }

    /// Sends one attempt of a machine that runs elsewhere.
    pub async fn exchange(&self, attempt: Attempt) -> (AttemptId, Outcome) {
        let id = attempt.id;
        let mut one = One { attempt: Some(attempt), outcome: None };
        (id, self.driver().drive(&mut one, |_| ()).await)
    }
}

/// One attempt as a machine, so that the adapter's driver sends it.
struct One {
    attempt: Option<Attempt>,
    outcome: Option<Outcome>,
}

impl Machine for One {
    type Output = Outcome;

    fn next_action(&mut self, _now: Instant) -> Action<Outcome> {
        match (self.attempt.take(), &self.outcome) {
            (Some(attempt), _) => Action::Send(attempt),
            (None, Some(outcome)) => Action::Done(outcome.clone()),
            // Driven once, it has an outcome by now.
            (None, None) => {
                Action::Done(Outcome::Failed(TransportFailure::connect("it was not sent")))
            }
        }
    }

    fn handle(&mut self, _now: Instant, _attempt: AttemptId, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}
