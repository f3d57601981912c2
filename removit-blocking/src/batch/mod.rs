//! Many photos at once: each is paid for once or reported as ambiguous, and every
//! paid result is fetched.
//!
//! The core's [`Catalogue`](removit_proto::Catalogue) decides all that is sent, written
//! down and kept; the calling thread drives it, and each request has a thread of its own
//! while it is under way.
//!
//! [`Batch`] is that. What it is made of is here for loops of your own: a
//! [`PhotoCatalogue`] that decides, and a [`Disk`] that does what it says.
//!
//! ```
//! use std::sync::Arc;
//! use removit_blocking::batch::{Disk, PhotoCatalogue};
//! use removit_blocking::proto::http::Response;
//! use removit_blocking::proto::{Action, ApiKey, BatchPolicy, Endpoint, Instant, Machine, Outcome};
//! use removit_blocking::{Error, Photo, fresh_seed};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (policy, observer) = (BatchPolicy::default(), Arc::new(()));
//! let endpoint = Endpoint::production(ApiKey::new("my-key")?);
//! let mut catalogue = PhotoCatalogue::new(&endpoint, policy, fresh_seed(), observer, None);
//! let mut disk = Disk::new(None); // or with a journal
//! let mut now = Instant::ORIGIN;
//!
//! // What is a photo known by, and what is there of it already?
//! let keyed = disk.key(Photo::from_url("https://example.com/cup.jpg")?.into());
//! let entry = keyed.key().and_then(|key| catalogue.core.entry(key));
//! let inspected = disk.inspect(keyed, entry);
//! catalogue.admit(now, inspected);
//!
//! let over = loop {
//!     let effects = catalogue.effects(now);
//!     if !effects.is_empty() {
//!         catalogue.settle(disk.run(effects, now)); // before anything is sent
//!         continue;
//!     }
//!     if let Some(over) = catalogue.next_over() {
//!         break over;
//!     }
//!     match catalogue.core.next_action(now) {
//!         Action::Send(attempt) => {
//!             let supplies = catalogue.supplies(attempt.id); // its photo, or a file to fill
//!             # assert!(supplies.file.is_none());
//!             // Send it. This server says that the account is empty:
//!             let answer = Response::builder().status(402).body("{}".into())?;
//!             catalogue.core.handle(now, attempt.id, Outcome::Response(answer));
//!         }
//!         Action::SleepUntil(wakeup) => now = wakeup.at,
//!         Action::Done(_) => assert!(catalogue.core.close(), "nothing is left to be told"),
//!     }
//! };
//! assert!(matches!(over.end, Err(Error::Upload(_) | Error::Stopped(_))));
//! # Ok(()) }
//! ```

mod disk;
mod input;
mod intake;
mod photo_catalogue;
mod processed;
mod threads;
mod work;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use removit_proto::journal::Replay;
use removit_proto::{BatchCounts, BatchPolicy, Stop};

pub use disk::{Disk, Effects, Inspected, Keyed, Settled};
pub use input::BatchInput;
pub(crate) use input::resumable;
pub use intake::{Intake, Listed};
pub use photo_catalogue::{PhotoCatalogue, Supplies};
pub use processed::{Done, Processed};
pub(crate) use threads::Mailbox;
pub(crate) use work::{Step, Work};

use crate::files::{Medium, platter};
use crate::{Client, DefaultTransport, Journal, JournalError, Transport};

impl<T: Transport + 'static> Client<T> {
    /// Processes many photos, several at a time.
    ///
    /// It is an iterator of how each input ended, in the order in which they end;
    /// nothing is sent but while [`next`](Iterator::next) is called. The inputs
    /// are taken as they are needed, and may be photos or the ids of jobs.
    ///
    /// With a [journal](Batch::journal) a batch that is cut off anywhere is gone
    /// on with by the next one. Without, the ids of its jobs are told to the
    /// [`Observer`](removit_proto::Observer) alone until the jobs end.
    ///
    /// ```no_run
    /// use removit_blocking::proto::journal::Header;
    /// use removit_blocking::proto::{ApiKey, Endpoint};
    /// use removit_blocking::{BatchInput, Client, Clock, Destination, JournalFile, Photo};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::new(Endpoint::production(ApiKey::new("my-key")?))?;
    /// let header = Header::new(Clock::start().wall_time(), "my-shop 1.0");
    /// let (journal, replay) = JournalFile::open("shop.removit", header)?;
    ///
    /// let mut photos = Vec::new();
    /// for name in ["cup", "bowl", "plate"] {
    ///     let photo = Photo::from_path(format!("photos/{name}.jpg"))?;
    ///     photos.push(BatchInput::from(photo).to(Destination::folder("results", name)));
    /// }
    /// for processed in client.batch(photos).journal(journal, replay) {
    ///     match processed.end {
    ///         Ok(done) => println!("{}: {:?}", processed.index, done.files),
    ///         Err(error) => eprintln!("{}: {error}", processed.index),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch<I>(&self, inputs: I) -> Batch<T>
    where
        I: IntoIterator<Item: Into<BatchInput> + 'static, IntoIter: Send + 'static>,
    {
        Batch {
            client: self.clone(),
            inputs: Listed::new(inputs.into_iter().map(Into::into)),
            policy: BatchPolicy::default(),
            journal: None,
            medium: platter(),
            work: None,
        }
    }
}

/// Inputs on their way, from [`Client::batch`].
///
/// Dropped before its end, it sends nothing more; an upload that is under way
/// then is ambiguous. To leave early without one, call
/// [`stop_uploading`](Self::stop_uploading), go on until
/// [`can_be_dropped`](Self::can_be_dropped), then [`leave`](Self::leave).
#[must_use = "a batch does nothing until it is iterated over"]
pub struct Batch<T = DefaultTransport> {
    client: Client<T>,
    inputs: Listed,
    policy: BatchPolicy,
    journal: Option<(Box<dyn Journal>, Replay)>,
    medium: Arc<dyn Medium>,
    work: Option<Work<Infallible>>,
}

impl<T: Transport + 'static> Batch<T> {
    /// Sets its limits and what each of its jobs may do.
    pub fn policy(mut self, policy: BatchPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Writes all that must not be lost into this journal, and takes up what it
    /// says: what is done is not done again, what is accepted is finished, and
    /// copies of a photo are paid for once. It is what [`Journal::load`] says of it.
    pub fn journal(mut self, journal: impl Journal + 'static, replay: Replay) -> Self {
        self.journal = Some((Box::new(journal), replay));
        self
    }

    /// With another disk below: for tests of what a power cut leaves.
    #[cfg(test)]
    pub(crate) fn on(mut self, medium: Arc<dyn Medium>) -> Self {
        self.medium = medium;
        self
    }

    /// Sends no further upload. What is accepted goes on; go on iterating until
    /// the end, where inputs that were not sent are named as such.
    pub fn stop_uploading(&mut self) {
        self.begin().catalogue.core.stop_uploading();
    }

    /// Why no further upload is sent, where that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<&Stop> {
        self.work.as_ref()?.catalogue.core.stopped()
    }

    /// Whether it can be dropped now without an upload becoming ambiguous: after
    /// [`stop_uploading`](Self::stop_uploading) that is soon so.
    #[must_use]
    pub fn can_be_dropped(&self) -> bool {
        self.work.as_ref().is_none_or(|work| work.catalogue.core.is_quiet())
    }

    /// Ends it at once. Nothing more is sent or waited for, and what comes next
    /// tells of every input that is left: accepted jobs are
    /// [`Left`](crate::Error::Left), uploads whose answer is not there ambiguous,
    /// the others [`Stopped`](crate::Error::Stopped). A later batch with the same
    /// journal goes on.
    pub fn leave(&mut self) {
        let now = self.client.clock.now();
        self.begin().leave(now);
    }

    /// How many jobs are where.
    #[must_use]
    pub fn counts(&self) -> BatchCounts {
        self.work.as_ref().map(|work| work.catalogue.core.counts()).unwrap_or_default()
    }

    /// Why the journal could not be written, where that is so: no photo is sent
    /// from then on, and what is accepted goes on without it.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.work.as_ref()?.catalogue.trouble()
    }

    fn begin(&mut self) -> &mut Work<Infallible> {
        let Self { client, policy, journal, medium, .. } = self;
        self.work.get_or_insert_with(|| {
            let (journal, replay) = journal.take().unzip();
            let observer = Arc::clone(&client.observer);
            let seed = client.draw();
            let catalogue = PhotoCatalogue::new(&client.endpoint, *policy, seed, observer, replay);
            Work::new(catalogue, Disk::on(journal, Arc::clone(medium)))
        })
    }
}

impl<T: Transport + 'static> Iterator for Batch<T> {
    type Item = Processed;

    fn next(&mut self) -> Option<Processed> {
        loop {
            self.begin();
            let Self { client, inputs, work, .. } = self;
            let work = work.as_mut()?;
            let step = work.step(client, inputs);
            match (work.catalogue.next_over(), step) {
                (Some(over), _) => return Some(over),
                (None, Step::Again) => {}
                (None, Step::Wait(time)) => work.wait(&client.clock, time),
                (None, Step::Over) => return None,
            }
        }
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.work.as_ref().map(|work| work.catalogue.core.counts());
        f.debug_struct("Batch").field("counts", &counts).finish_non_exhaustive()
    }
}
