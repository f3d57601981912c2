//! What is examined: a transport with whatever drives it, sync or async.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::Exchange;
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::{Reach, TransportFailure};

/// A future of a subject, for its own `block_on`.
pub type Exchanging<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

type Blocking<'a> = dyn Fn(Exchange, &Cancel) -> Outcome + Sync + 'a;

/// A transport under examination.
///
/// ```
/// use removit_proto::conformance::{Level, Subject};
/// use removit_proto::{Outcome, TransportFailure};
///
/// // Your exchange goes here: one attempt in, one outcome out.
/// let offline = |_exchange| Outcome::Failed(TransportFailure::connect("no network here"));
///
/// let report = Subject::blocking(offline).check_only(&["json-upload", "refused-connection"]);
/// assert_eq!(report.failed(Level::Must), ["json-upload"]);
/// println!("{report}"); // each case with the rule behind it; `report.to_json()` for machines
/// ```
///
/// In a test of your own, [`check`](Self::check) runs all cases, and
/// [`Report::assert_conforming`](super::Report::assert_conforming) fails with a message
/// that says what to mend.
#[must_use = "a subject is for `check`"]
pub struct Subject<'a> {
    exchange: Box<Blocking<'a>>,
    pub(super) cancels: bool,
    shown: Option<Box<dyn Fn() -> String + Sync + 'a>>,
    pub(super) stores: bool,
}

impl<'a> Subject<'a> {
    /// A transport that blocks. It must be usable from several threads.
    pub fn blocking(exchange: impl Fn(Exchange) -> Outcome + Sync + 'a) -> Self {
        Self::new(move |given, _| exchange(given), false)
    }

    /// A transport that is async, with the `block_on` of its runtime, which is
    /// called from several threads. Cases drop the future half-way.
    ///
    /// ```
    /// use removit_proto::conformance::Subject;
    /// use removit_proto::{Outcome, TransportFailure};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     match std::pin::pin!(future).poll(&mut context) {
    /// #         std::task::Poll::Ready(output) => output,
    /// #         std::task::Poll::Pending => unreachable!("nothing to wait for"),
    /// #     }
    /// # }
    ///
    /// let subject = Subject::with_future(
    ///     |_exchange| async { Outcome::Failed(TransportFailure::connect("no network here")) },
    ///     |future| block_on(future), // `runtime.block_on(future)` with tokio
    /// );
    /// assert!(subject.check_only(&["refused-connection"]).is_conforming());
    /// ```
    pub fn with_future<F, B>(exchange: impl Fn(Exchange) -> F + Sync + 'a, block_on: B) -> Self
    where
        F: Future<Output = Outcome>,
        B: Fn(Exchanging<'_>) -> Outcome + Sync + 'a,
    {
        let run = move |given, cancel: &Cancel| {
            let future: Exchanging<'_> = Box::pin(exchange(given));
            block_on(Box::pin(UntilCancelled { future: Some(future), cancel }))
        };
        Self::new(run, true)
    }

    fn new(exchange: impl Fn(Exchange, &Cancel) -> Outcome + Sync + 'a, cancels: bool) -> Self {
        Self { exchange: Box::new(exchange), cancels, shown: None, stores: true }
    }

    /// What a log would show of the transport, such as its `Debug` text: the key
    /// must not be in it after the exchanges either.
    pub fn shown_as(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.shown_by(move || text.clone())
    }

    /// The same, asked for when the exchanges are over: what a transport knows by then
    /// may be in it.
    ///
    /// ```
    /// use removit_proto::conformance::Subject;
    /// use removit_proto::{Outcome, TransportFailure};
    ///
    /// #[derive(Debug)]
    /// struct Offline;
    /// let offline = Offline;
    /// let fail = |_exchange| Outcome::Failed(TransportFailure::connect("no network here"));
    /// let subject = Subject::blocking(fail).shown_by(|| format!("{offline:?}"));
    /// # let _ = subject;
    /// ```
    pub fn shown_by(mut self, text: impl Fn() -> String + Sync + 'a) -> Self {
        self.shown = Some(Box::new(text));
        self
    }

    pub(super) fn shown(&self) -> Option<String> {
        self.shown.as_ref().map(|shown| shown())
    }

    /// The transport knows no [`Sink::File`](crate::Sink::File): its driver
    /// stores results by other means. The cases about files are skipped, and the
    /// report says so.
    pub fn without_files(mut self) -> Self {
        self.stores = false;
        self
    }

    pub(super) fn exchange(&self, exchange: Exchange) -> Outcome {
        self.exchange_until(exchange, &Cancel::default())
    }

    /// As [`exchange`](Self::exchange), where [`cancels`](Self::cancels) cut short
    /// by the cancel.
    pub(super) fn exchange_until(&self, exchange: Exchange, cancel: &Cancel) -> Outcome {
        (self.exchange)(exchange, cancel)
    }
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("cancels", &self.cancels)
            .field("stores", &self.stores)
            .finish_non_exhaustive()
    }
}

/// The moment at which a future is dropped.
#[derive(Debug, Default)]
pub(super) struct Cancel(Mutex<Cancelled>);

#[derive(Debug, Default)]
struct Cancelled {
    made: bool,
    waker: Option<Waker>,
}

impl Cancel {
    pub(super) fn make(&self) {
        let waker = {
            let mut state = self.state();
            state.made = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_made(&self, context: &Context<'_>) -> bool {
        let mut state = self.state();
        state.waker = Some(context.waker().clone());
        state.made
    }

    fn state(&self) -> MutexGuard<'_, Cancelled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct UntilCancelled<'a, 'c> {
    future: Option<Exchanging<'a>>,
    cancel: &'c Cancel,
}

impl Future for UntilCancelled<'_, '_> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        if self.cancel.is_made(context) {
            self.future = None;
        }
        match &mut self.future {
            Some(future) => future.as_mut().poll(context),
            None => {
                let failure = TransportFailure::broken(Reach::MaybeSent, "cancelled by the kit");
                Poll::Ready(Outcome::Failed(failure))
            }
        }
    }
}
