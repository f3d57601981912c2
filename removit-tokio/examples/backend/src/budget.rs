//! The vendor's API within the budget of all machines, for a client that asks of its own
//! accord: a download, for one, looks at its job anew where a result's URL has expired.
//!
//! Each request to the API waits for a ticket of its own, and a pause that an answer asks for
//! holds for all. Requests for results carry no key, go to another host, and take no ticket.
//! It sends nothing twice and judges no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, Request, Response, header};
use removit_tokio::proto::TransportFailure;
use removit_tokio::{Client, RequestBody, ResponseBody, Transport};
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::error::Result;
use crate::vendor::Vendor;

/// How long a request waits for its ticket: shorter than any attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The transport of such a client.
#[derive(Clone, Debug)]
pub struct Budget {
    vendor: Vendor,
    db: Db,
    leaving: CancellationToken,
    held: Held,
}

/// Whether a client's last request to the API had to stay here, or was answered with a pause:
/// what failed then did not fail by itself.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<AtomicBool>);

impl Held {
    /// Whether that is so.
    pub fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, is_held: bool) {
        self.0.store(is_held, Ordering::Relaxed);
    }
}

impl Vendor {
    /// The everyday client within the budget, for one piece of work.
    pub fn client(&self, db: &Db, leaving: &CancellationToken) -> (Client<Budget>, Held) {
        let held = Held::default();
        let (db, leaving) = (db.clone(), leaving.clone());
        let budget = Budget { vendor: self.clone(), db, leaving, held: held.clone() };
        let client = Client::with_transport(self.endpoint().clone(), budget);
        (client.clock(self.clock()), held)
    }
}

impl Budget {
    /// Returns when one request may leave.
    async fn ticket(&self) -> Result<(), TransportFailure> {
        loop {
            let budget = self.clone();
            // In a task: a transaction must not be dropped half way.
            let ticket = tokio::spawn(async move {
                budget.vendor.ticket_soon(&budget.db, &budget.leaving, PATIENCE).await
            });
            match ticket.await.map_err(|error| TransportFailure::connect(error.to_string()))? {
                Ok(Some(ticket)) if ticket.is_good() => return Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => return Err(TransportFailure::connect("the account pauses")),
                Err(error) => return Err(TransportFailure::connect(error.to_string())),
            }
        }
    }
}

impl Transport for Budget {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        if !has_key(request.headers()) {
            return self.vendor.transport().send(request).await;
        }
        self.held.set(true);
        self.ticket().await?;
        self.held.set(false);
        let answer = self.vendor.transport().send(request).await?;
        let is_held = self.vendor.slow_all(&self.db, answer.status(), answer.headers()).await;
        self.held.set(is_held);
        Ok(answer)
    }
}

/// Whether a request goes to the API: the key goes nowhere else.
fn has_key(headers: &HeaderMap) -> bool {
    headers.contains_key("x-api-key") || headers.contains_key(header::AUTHORIZATION)
}
