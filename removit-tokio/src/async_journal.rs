//! A journal whose calls are awaited, such as one over an async database client.
//!
//! A batch visits its journal on tokio's blocking threads; there the calls are waited
//! for, and the runtime's own threads stay free.

use std::fmt;
use std::future::Future;

use removit_proto::journal::{Record, Replay};
use tokio::runtime::Handle;

use crate::{Journal, JournalError, Stored};

/// A [`Journal`] with calls to be awaited; what it promises is the same.
///
/// ```
/// use removit_tokio::proto::journal::{Record, Replay};
/// use removit_tokio::{AsyncJournal, JournalError, OnRuntime, Stored};
/// # use removit_tokio::{Journal, MemoryJournal};
/// # struct Pool(MemoryJournal);
/// # impl Pool {
/// #     async fn select_all(&mut self) -> Result<Replay, JournalError> { self.0.load() }
/// #     async fn insert(&mut self, records: &[Record]) -> Result<Stored, JournalError> { self.0.store(records) }
/// # }
///
/// /// Jobs in a table, by a database client of yours.
/// struct JobTable(Pool);
///
/// impl AsyncJournal for JobTable {
///     async fn load(&mut self) -> Result<Replay, JournalError> {
///         self.0.select_all().await
///     }
///
///     async fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
///         self.0.insert(records).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use removit_tokio::{Client, BatchInput, Transport};
/// # use removit_tokio::proto::{ApiKey, Endpoint, TransportFailure};
/// # let transport = |_: http::Request<_>| async { Err::<http::Response<removit_tokio::ResponseBody>, _>(TransportFailure::connect("")) };
/// # let client = Client::with_transport(Endpoint::production(ApiKey::new("my-key")?), transport);
/// # let photos: Vec<BatchInput> = Vec::new();
/// # let pool = Pool(MemoryJournal::default());
/// let mut table = JobTable(pool);
/// let replay = table.load().await?;
/// let mut batch = client.batch(photos).journal(OnRuntime::new(table), replay);
/// # assert!(batch.next().await.is_none());
/// # Ok(()) }
/// ```
pub trait AsyncJournal: Send {
    /// See [`Journal::load`].
    ///
    /// # Errors
    /// Those of [`Journal::load`].
    fn load(&mut self) -> impl Future<Output = Result<Replay, JournalError>> + Send;

    /// See [`Journal::store`]. It is never dropped before its end, but with the runtime.
    ///
    /// # Errors
    /// Those of [`Journal::store`].
    fn store(
        &mut self,
        records: &[Record],
    ) -> impl Future<Output = Result<Stored, JournalError>> + Send;
}

/// Makes an [`AsyncJournal`] a [`Journal`], whose calls wait on the thread that they are
/// made on: never make them on one that drives the runtime.
pub struct OnRuntime<J> {
    journal: J,
    runtime: Handle,
}

impl<J: AsyncJournal> OnRuntime<J> {
    /// On the runtime that this is called on.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn new(journal: J) -> Self {
        Self { journal, runtime: Handle::current() }
    }
}

impl<J: AsyncJournal> Journal for OnRuntime<J> {
    fn load(&mut self) -> Result<Replay, JournalError> {
        self.runtime.block_on(self.journal.load())
    }

    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        self.runtime.block_on(self.journal.store(records))
    }
}

impl<J> fmt::Debug for OnRuntime<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRuntime").finish_non_exhaustive()
    }
}
