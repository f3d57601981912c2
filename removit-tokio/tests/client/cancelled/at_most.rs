//! A future that is dropped after so many polls.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives up the future before it is polled once more than so often.
struct AtMost<F> {
    polls: u32,
    future: F,
}

impl<F: Future + Unpin> Future for AtMost<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.polls.checked_sub(1) else { return Poll::Ready(None) };
        self.polls = left;
        match Pin::new(&mut self.future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // Comes back at once where this was the last one.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

pub(crate) async fn at_most<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    AtMost { polls, future: Box::pin(future) }.await
}

/// The same, but what a thread has to write for it is written before the future is
/// given up. Needs a runtime with one thread for such work.
pub(crate) async fn at_most_and_written<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let end = AtMost { polls, future: &mut future }.await;
    tokio::task::spawn_blocking(|| ()).await.unwrap();
    end
}
