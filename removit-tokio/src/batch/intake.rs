//! Where the inputs of a batch come from: a list that is taken as it is needed, or
//! whoever submits one.

use std::task::{Context, Poll};

use crate::BatchInput;

/// Inputs, in the order in which they are counted.
pub(crate) trait Intake {
    /// The next ones, at most so many; none of them at the end.
    fn poll_take(&mut self, context: &mut Context<'_>, most: usize) -> Poll<Vec<BatchInput>>;

    /// Whether there are no more.
    fn is_over(&self) -> bool;
}

/// What was not taken yet; `None` at the end.
pub(super) struct Listed(pub(super) Option<Box<dyn Iterator<Item = BatchInput> + Send>>);

impl Intake for Listed {
    fn poll_take(&mut self, _: &mut Context<'_>, most: usize) -> Poll<Vec<BatchInput>> {
        let next: Vec<_> = self.0.iter_mut().flatten().take(most).collect();
        if next.is_empty() {
            self.0 = None;
        }
        Poll::Ready(next)
    }

    fn is_over(&self) -> bool {
        self.0.is_none()
    }
}
