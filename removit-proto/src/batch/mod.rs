//! Any number of jobs in one machine: each photo submitted exactly once or
//! reported as ambiguous, every paid result fetched.
//!
//! A [`Batch`] runs the machines of single jobs, [`Upload`](crate::Upload),
//! [`Poller`](crate::Poller) and [`Download`](crate::Download), and decides
//! nothing that they decide. Its own part is what jobs share: how many uploads
//! are under way, how many requests leave in a second, when an overloaded server
//! is left alone, and that nothing goes on before it is stored.
//!
//! ```text
//!  add ──► waiting ──► intent ══► upload ──┬─ accepted ══► polls ──► downloads
//!             ▲          │         ▲       │                 ▲           │
//!             │          │ stopped └─ pause┤ not processed   └─ expired ─┤
//!             └──────────┴─────────────────┤ 401, 402                    │
//!                                          ▼                             ▼
//!                           rejected, not sent, ambiguous         done, incomplete
//!
//!  add_accepted ──► polls        add_ambiguous ──► ambiguous, or waiting
//!
//!  ══►  goes on once the driver has handed the receipt back
//! ```
//!
//! # Driving it
//! Take all events, then ask for the next action; both with the present time.
//! Events that carry a [`Receipt`] are stored durably and then handed back with
//! [`Batch::stored`]; several at once can share one write to the disk. A request
//! is sent beside others: [`Batch::work`] says what it is for, and the driver
//! hands its outcome over when it comes. A driver that sends one request at a
//! time works as well.
//!
//! Wrong use does no harm: without its receipt a job does not go on, a receipt
//! counts once, and an event that nobody takes is lost to nobody but the driver.
//!
//! # What it learns
//! The jobs of a catalogue are much alike. With the default [`Schedule`](crate::Schedule) a
//! batch learns from its own looks how long each mode takes, and after some dozens of jobs
//! looks when they are likely to end, half as often as each job alone would be looked at,
//! or less. What it learned fades; what the newest jobs contradict is forgotten, so that a
//! queue which jams, or runs again, is soon known. It is no reason to look closer than the
//! floor, and deadlines stay what they are. [`Batch::learn`] tells it of earlier runs, and
//! [`BatchPolicy::learn`] turns it off.
//!
//! # Giving up
//! [`Batch::cancel`] gives up one job, [`Batch::stop_uploading`] all that is not sent.
//! What was accepted is told with its id in either case.
//!
//! # In another process
//! A batch is not stored. What must not be lost is in its events: whoever stores those
//! that carry a receipt, in a [`journal`](crate::journal) or a table, builds the next
//! batch from them with [`add_accepted`](Batch::add_accepted),
//! [`add_ambiguous`](Batch::add_ambiguous) and [`add`](Batch::add).
//!
//! # The laws
//! Those of [`Machine`](crate::Machine) hold for the batch and for each job in
//! it, with these differences. Each call costs O(log n) in the number of jobs,
//! beside the events that it brings about. `Done` repeats until jobs are added,
//! uploads resumed or a late acceptance handed over; its
//! [`waiting`](BatchCounts::waiting) says how many jobs were left because uploads
//! were stopped. And these hold besides:
//!
//! 1. No upload is sent before its intent is stored, and no job is polled before
//!    its acceptance is.
//! 2. No second has more uploads and polls than the budget. Of two looks that
//!    are due the longer due one goes first, and while uploads wait, one request
//!    of four is an upload: no job starves.
//! 3. After a 429 or 503, or where no connection is made twice in a row, nothing
//!    is sent for as long as the server asks, or for a growing pause; then one
//!    request at a time, until the API answers.
//! 4. After a 401 or 402 no upload leaves but what is under way. The refused job
//!    waits again, and accepted jobs go on.
//! 5. An acceptance is never too late. A job that ended as ambiguous, pauses or waits
//!    is told as [`Accepted`](BatchEvent::Accepted) then, polled and fetched. Of two
//!    that were accepted for one photo both are told, and the first goes on.
//!
//! # Two jobs
//! ```
//! use bytes::Bytes;
//! use http::Response;
//! use removit_proto::{
//!     Action, ApiKey, Batch, BatchEvent, BatchPolicy, Endpoint, Instant, JobEnd, Machine,
//!     Outcome, Seed, UploadRequest, Work,
//! };
//!
//! let endpoint = Endpoint::production(ApiKey::new("my-key")?);
//! let mut batch = Batch::new(endpoint, BatchPolicy::default(), Seed::new(1));
//! let mut now = Instant::ORIGIN;
//!
//! // The driver keeps its own part of each job beside the batch.
//! let photos = ["https://example.com/cup.jpg", "https://example.com/bowl.jpg"];
//! for photo in photos {
//!     batch.add(UploadRequest::from_url(photo.parse()?));
//! }
//! // An earlier run stored this id: the job is polled, and not paid for again.
//! batch.add_accepted("j-0".parse()?, now);
//!
//! let mut journal = Vec::new();
//! let counts = loop {
//!     while let Some(event) = batch.next_event(now) {
//!         match &event {
//!             BatchEvent::Intent { job, .. } => {
//!                 journal.push(format!("intent {}", photos[job.index()]));
//!             }
//!             BatchEvent::Accepted { accepted, .. } => {
//!                 journal.push(format!("accepted {}", accepted.job_id()));
//!             }
//!             BatchEvent::Ended { end: JobEnd::Done { job_id }, .. } => {
//!                 journal.push(format!("ended {job_id}"));
//!             }
//!             _ => {}
//!         }
//!         // Write and sync here; the job goes on after that and not before.
//!         if let Some(receipt) = event.receipt() {
//!             batch.stored(receipt);
//!         }
//!     }
//!     match batch.next_action(now) {
//!         Action::Send(attempt) => {
//!             let outcome = match batch.work(attempt.id) {
//!                 Some(Work::Upload(job)) => {
//!                     let body = format!(r#"{{"job_id":"j-{}"}}"#, job.index() + 1);
//!                     Outcome::Response(Response::builder().status(202).body(body.into())?)
//!                 }
//!                 Some(Work::Poll(_)) => {
//!                     let body = r#"{"state":"done","final_url":"https://cdn.example.com/x.png"}"#;
//!                     Outcome::Response(Response::new(Bytes::from(body)))
//!                 }
//!                 // The file of this job and result; here it takes 8,568 bytes.
//!                 _ => Outcome::stored(Response::new(()), 8568, b"\x89PNG\r\n\x1a\n".as_slice()),
//!             };
//!             batch.handle(now, attempt.id, outcome);
//!         }
//!         Action::SleepUntil(wakeup) => now = wakeup.at,
//!         Action::Done(counts) => break counts,
//!     }
//! };
//! assert_eq!((counts.done, counts.ended()), (3, 3));
//! let place = |entry: &str| journal.iter().position(|line| line == entry);
//! assert!(place("intent https://example.com/cup.jpg") < place("accepted j-1"));
//! assert!(place("accepted j-1") < place("ended j-1"));
//! assert!(place("ended j-0").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod budget;
mod cancel;
mod counts;
mod event;
mod fetch;
mod fetch_queue;
mod fetches;
mod flights;
mod jobs;
mod kind;
mod late;
mod lessons;
mod machine;
mod number;
mod pages;
mod policy;
mod polls;
mod slot;
mod state;
mod stop;
mod throttle;
mod timers;
mod turns;
mod upload_queue;
mod uploads;

pub use counts::BatchCounts;
pub use event::{BatchEvent, JobEnd, Receipt};
pub use number::{JobNumber, Work};
pub use policy::BatchPolicy;
pub use state::Batch;
pub use stop::Stop;
