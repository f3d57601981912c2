//! The elected poller: the core's batch over every accepted job of all machines.
//!
//! There is one at a time. It is elected by a lock that ends with its connection
//! (`election`), and what it writes carries the epoch of its election.

use std::future::pending;
use std::time::Duration;

use removit_tokio::proto::{
    Action, Attempt, AttemptId, Batch, BatchEvent, BatchPolicy, Instant, JobEnd, Machine, Outcome,
    TransportFailure,
};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::db::leader::Watched;
use crate::election::{Election, Seat};
use crate::error::{Error, Result};
use crate::vendor::Vendor;

/// How often new jobs are looked for, news or not.
const ADOPT_EVERY: Duration = Duration::from_millis(500);

/// A batch keeps a few bytes of each job that ended: after so many it is begun anew.
const LONGEST: usize = 50_000;

/// How long an attempt waits for its ticket before it is handed back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stands for election, and polls while elected; until the process is told to end.
pub async fn run(app: App, vendor: Vendor) {
    let mut election = Election::new(&app.db);
    while !app.leaving.is_cancelled() {
        match election.stand().await {
            Ok(Some(seat)) => {
                app.metrics.leading.set(1);
                match lead(&app, &vendor, &seat).await {
                    Ok(()) => {}
                    Err(Error::Fenced) => tracing::warn!("another process polls by now"),
                    Err(error) => tracing::warn!("polling stopped for now: {error}"),
                }
                app.metrics.leading.set(0);
                seat.leave().await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("no election: {error}"),
        }
        tokio::select! {
            () = app.leaving.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Polls until the seat is lost, the process ends or the database is away.
async fn lead(app: &App, vendor: &Vendor, seat: &Seat) -> Result<()> {
    let epoch = app.db.begin_epoch(&app.owner).await?;
    tracing::info!(epoch, "this process polls");
    let mut policy = BatchPolicy::default();
    policy.downloads_at_once = 0;
    policy.requests_per_second = vendor.per_second();
    let batch = Batch::new(vendor.endpoint().clone(), policy, Vendor::seed());
    let leader = Leader {
        app,
        vendor,
        epoch,
        batch,
        jobs: Vec::new(),
        requests: JoinSet::new(),
        held: None,
        ends: app.leaving.child_token(),
    };
    leader.run(seat).await
}

struct Leader<'a> {
    app: &'a App,
    vendor: &'a Vendor,
    epoch: i64,
    batch: Batch,
    /// By the batch's job numbers.
    jobs: Vec<Watched>,
    requests: JoinSet<(AttemptId, Outcome)>,
    /// An attempt that waits for its ticket.
    held: Option<(AttemptId, JoinHandle<Option<Attempt>>)>,
    ends: CancellationToken,
}

impl Leader<'_> {
    async fn run(mut self, seat: &Seat) -> Result<()> {
        let ends = self.ends.clone();
        let end = self.poll(seat).await;
        ends.cancel();
        // Looks that are under way cost nothing: whoever polls next asks again.
        self.requests.abort_all();
        end
    }

    async fn poll(&mut self, seat: &Seat) -> Result<()> {
        let clock = self.vendor.clock();
        let mut due = Some(clock.now());
        let mut adopted_at = None::<tokio::time::Instant>;
        loop {
            if self.ends.is_cancelled() || seat.is_lost() {
                return Ok(());
            }
            if adopted_at.is_none_or(|at| at.elapsed() >= ADOPT_EVERY) && self.jobs.len() < LONGEST
            {
                if self.adopt().await? > 0 {
                    due = Some(clock.now());
                }
                adopted_at = Some(tokio::time::Instant::now());
            }
            while let Some(event) = self.batch.next_event(clock.now()) {
                self.take(event).await?;
            }
            if self.held.is_none() && due.is_some_and(|due| due <= clock.now()) {
                due = self.next();
                if due.is_none() && self.jobs.len() >= LONGEST {
                    // All of them ended: begin anew.
                    return Ok(());
                }
            }
            let rest = due.map(|due| due - clock.now()).filter(|_| self.held.is_none());
            tokio::select! {
                Some(ended) = self.requests.join_next() => {
                    if let Ok((id, outcome)) = ended {
                        self.batch.handle(clock.now(), id, outcome);
                        due = Some(clock.now());
                    }
                }
                (id, attempt) = ticket(&mut self.held) => {
                    self.held = None;
                    due = Some(clock.now());
                    match attempt {
                        Some(attempt) => {
                            let (app, vendor) = (self.app.clone(), self.vendor.clone());
                            self.requests.spawn(async move {
                                let (id, outcome) = vendor.exchange(attempt).await;
                                if let Outcome::Response(no) | Outcome::Partial(no) = &outcome {
                                    vendor.slow_all(&app.db, no.status(), no.headers()).await;
                                }
                                (id, outcome)
                            });
                        }
                        None => {
                            let failure = TransportFailure::connect("the account pauses");
                            self.batch.handle(clock.now(), id, Outcome::Failed(failure));
                        }
                    }
                }
                () = sleep(rest) => {}
                () = tokio::time::sleep(ADOPT_EVERY) => {}
                () = self.ends.cancelled() => {}
                () = seat.lost() => {}
            }
        }
    }

    /// Asks the batch; `None` where it has nothing to do before something happens.
    fn next(&mut self) -> Option<Instant> {
        let clock = self.vendor.clock();
        match self.batch.next_action(clock.now()) {
            Action::Send(attempt) => {
                let (app, vendor, ends) =
                    (self.app.clone(), self.vendor.clone(), self.ends.clone());
                let id = attempt.id;
                // In a task: a transaction must not be dropped half way.
                let waiting = tokio::spawn(async move {
                    let ticket = vendor.ticket_soon(&app.db, &ends, PATIENCE).await;
                    ticket.ok().flatten().map(|_| attempt)
                });
                self.held = Some((id, waiting));
                Some(clock.now())
            }
            Action::SleepUntil(wakeup) => Some(wakeup.at),
            Action::Done(_) => None,
        }
    }

    async fn adopt(&mut self) -> Result<usize> {
        let adopted = self.app.db.adopt(self.epoch).await?;
        let count = adopted.len();
        for watched in adopted {
            self.batch.add_accepted(watched.job_id.clone(), self.vendor.clock().now());
            self.jobs.push(watched);
        }
        Ok(count)
    }

    /// Stores what happened to a job.
    async fn take(&self, event: BatchEvent) -> Result<()> {
        let Some(watched) = event.job().and_then(|job| self.jobs.get(job.index())) else {
            return Ok(());
        };
        let (db, endpoint) = (&self.app.db, self.vendor.endpoint());
        match event {
            BatchEvent::Status { status, .. } => {
                db.looked(self.epoch, watched, &status, endpoint).await
            }
            BatchEvent::Finished { finished, .. } => {
                db.finished(self.epoch, watched, &finished).await
            }
            BatchEvent::Ended { end: JobEnd::NotDone(error), .. } => {
                db.not_done(self.epoch, watched, &error, endpoint).await
            }
            // A batch of accepted jobs sends no uploads and fetches nothing here.
            _ => Ok(()),
        }
    }
}

/// Returns when the held attempt may leave, or has to be handed back.
async fn ticket(
    held: &mut Option<(AttemptId, JoinHandle<Option<Attempt>>)>,
) -> (AttemptId, Option<Attempt>) {
    match held {
        Some((id, waiting)) => (*id, waiting.await.ok().flatten()),
        None => pending().await,
    }
}

async fn sleep(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => pending().await,
    }
}
