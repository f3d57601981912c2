//! Where the inputs of a batch come from: a list that is taken as it is needed, or
//! whoever submits one.

use std::fmt;

use super::input::BatchInput;

/// Inputs, in the order in which they are counted.
pub trait Intake {
    /// The next ones that are there, at most so many.
    fn take(&mut self, most: usize) -> Vec<BatchInput>;

    /// Whether one may be there now.
    fn is_ready(&self) -> bool;

    /// Whether none is there, and none will come.
    fn is_over(&self) -> bool;
}

/// Inputs that are all there from the start, of which none is asked for early.
pub struct Listed(Option<Box<dyn Iterator<Item = BatchInput> + Send>>);

impl Listed {
    /// What this gives.
    pub fn new(inputs: impl Iterator<Item = BatchInput> + Send + 'static) -> Self {
        Self(Some(Box::new(inputs)))
    }
}

impl Intake for Listed {
    fn take(&mut self, most: usize) -> Vec<BatchInput> {
        let next: Vec<_> = self.0.iter_mut().flatten().take(most).collect();
        if next.is_empty() {
            self.0 = None;
        }
        next
    }

    fn is_ready(&self) -> bool {
        self.0.is_some()
    }

    fn is_over(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}
