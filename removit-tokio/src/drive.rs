//! The one loop of this crate: does what a machine says, whichever it is.
//!
//! It owns no policy. What is sent, when, how often and for how long is the
//! machine's to say.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use removit_proto::{Action, Attempt, Machine, Observer, Outcome};
use tokio::time::sleep_until;

use crate::exchange::Exchange;
use crate::result_file::Room;
use crate::{Clock, Photo, Transport};

/// Drives any [`Machine`] over a [`Transport`].
///
/// [`Client`](crate::Client) does all of its work with this; take it for a
/// machine of your own, or to store a machine's state between its steps.
///
/// ```no_run
/// use removit_tokio::proto::{ApiKey, Endpoint, JobId, PollPolicy, Poller, Seed};
/// use removit_tokio::{Driver, HyperTransport};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HyperTransport::new()?;
/// let mut driver = Driver::new(&transport);
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let job: JobId = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a".parse()?;
/// let now = driver.clock().now();
/// let mut poller = Poller::resume(endpoint, job, PollPolicy::default(), Seed::new(1), now);
/// let finished = driver.drive(&mut poller, |poller| println!("{:?}", poller.latest())).await?;
/// # Ok(()) }
/// ```
#[must_use = "a driver does nothing until it drives a machine"]
pub struct Driver<'a, T> {
    transport: &'a T,
    clock: Clock,
    observer: Arc<dyn Observer>,
    photo: Option<&'a Photo>,
    room: Option<Room>,
}

/// What came of one turn.
pub(crate) enum Turn<O> {
    /// An outcome was handed over.
    Heard,
    /// A wait is over.
    Slept,
    Done(O),
}

impl<'a, T: Transport> Driver<'a, T> {
    /// A driver with a clock that starts now, for machines that send no photo
    /// and store no result.
    pub fn new(transport: &'a T) -> Self {
        Self { transport, clock: Clock::start(), observer: Arc::new(()), photo: None, room: None }
    }

    /// Another clock: the one that the machine's earlier instants came from.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Who is told of waits and of bytes that move.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The photo whose bytes an upload sends.
    pub fn with_photo(mut self, photo: &'a Photo) -> Self {
        self.photo = Some(photo);
        self
    }

    /// The file that a download fills. What it holds is lost.
    pub fn with_file(mut self, file: File) -> Self {
        self.room = Some(Room::of(file));
        self
    }

    /// The file of the next download; `None` where there is none.
    pub(crate) fn set_file(&mut self, file: Option<File>) {
        self.room = file.map(Room::of);
    }

    /// The clock that the machine's instants must come from.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Does what the machine says until it is done. `after` sees the machine
    /// after each outcome that was handed over.
    ///
    /// Dropping the future ends the request under way and leaves the machine
    /// usable: driven again, it counts that attempt as lost in the end. Of
    /// a download, a write that a thread had begun ends; no other one begins.
    pub async fn drive<M: Machine>(
        &mut self,
        machine: &mut M,
        mut after: impl FnMut(&M),
    ) -> M::Output {
        loop {
            match self.turn(machine).await {
                Turn::Heard => after(machine),
                Turn::Slept => {}
                Turn::Done(output) => return output,
            }
        }
    }

    /// Does the next thing that the machine says.
    pub(crate) async fn turn<M: Machine>(&mut self, machine: &mut M) -> Turn<M::Output> {
        let action = machine.next_action(self.clock.now());
        self.carry_out(machine, action).await
    }

    /// Does this, which the machine says.
    pub(crate) async fn carry_out<M: Machine>(
        &mut self,
        machine: &mut M,
        action: Action<M::Output>,
    ) -> Turn<M::Output> {
        match action {
            Action::Send(attempt) => {
                let id = attempt.id;
                let outcome = self.exchange(attempt).await;
                machine.handle(self.clock.now(), id, outcome);
                Turn::Heard
            }
            Action::SleepUntil(wakeup) => {
                self.observer.waiting(wakeup);
                sleep_until(self.clock.timer(wakeup.at)).await;
                Turn::Slept
            }
            Action::Done(output) => Turn::Done(output),
        }
    }

    pub(crate) fn observer(&self) -> &dyn Observer {
        &*self.observer
    }

    async fn exchange(&self, attempt: Attempt) -> Outcome {
        let exchange = Exchange {
            transport: self.transport,
            content: self.photo.map(Photo::content),
            room: self.room.as_ref(),
            observer: &self.observer,
            deadline: self.clock.timer(attempt.deadline),
        };
        exchange.run(attempt).await
    }
}

impl<T> fmt::Debug for Driver<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("clock", &self.clock)
            .field("photo", &self.photo)
            .finish_non_exhaustive()
    }
}
