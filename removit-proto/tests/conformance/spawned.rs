//! The reference transport as a future: a thread at work, whose connection is
//! closed when the future is dropped.

use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use removit_proto::Outcome;
use removit_proto::conformance::Exchange;

use crate::defect::Defect;
use crate::reference::Reference;

pub(crate) struct Spawned {
    shared: Arc<Mutex<Shared>>,
    lives_on: bool,
}

#[derive(Default)]
struct Shared {
    stream: Option<TcpStream>,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

impl Spawned {
    pub(crate) fn start(reference: &Arc<Reference>, exchange: Exchange) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (reference, sharing) = (Arc::clone(reference), Arc::clone(&shared));
        let lives_on = reference.has(Defect::LivesOn);
        thread::spawn(move || {
            let outcome = reference.exchange_over(exchange, |wire| {
                sharing.lock().unwrap().stream = Some(wire.stream.try_clone().unwrap());
            });
            let mut shared = sharing.lock().unwrap();
            shared.outcome = Some(outcome);
            if let Some(waker) = shared.waker.take() {
                waker.wake();
            }
        });
        Self { shared, lives_on }
    }
}

impl Future for Spawned {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut shared = self.shared.lock().unwrap();
        shared.waker = Some(context.waker().clone());
        shared.outcome.clone().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let shared = self.shared.lock().unwrap();
        if let (Some(stream), None, false) = (&shared.stream, &shared.outcome, self.lives_on) {
            stream.shutdown(Shutdown::Both).unwrap_or_default();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}
