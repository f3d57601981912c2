//! Where the inputs of a batch come from: a list that is taken as it is needed, or
//! whoever submits one.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::input::BatchInput;
use crate::lock::lock;

/// Inputs, in the order in which they are counted.
pub trait Intake {
    /// The next ones that are there, at most so many.
    fn take(&mut self, most: usize) -> Vec<BatchInput>;

    /// The same, for a thread that may block: an iterator of one's own may. Nothing else
    /// of this is called until then.
    fn taking(&mut self, most: usize) -> Box<dyn FnOnce() -> Vec<BatchInput> + Send> {
        let next = self.take(most);
        Box::new(move || next)
    }

    /// Whether one may be there now.
    fn is_ready(&self) -> bool;

    /// Whether none is there, and none will come.
    fn is_over(&self) -> bool;
}

/// Inputs that are all there from the start, of which none is asked for early.
pub struct Listed(Arc<Mutex<Left>>);

/// Those that were not taken; `None` when all were.
type Left = Option<Box<dyn Iterator<Item = BatchInput> + Send>>;

impl Listed {
    /// What this gives.
    pub fn new(inputs: impl Iterator<Item = BatchInput> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(inputs)))))
    }
}

fn take(left: &Mutex<Left>, most: usize) -> Vec<BatchInput> {
    let mut left = lock(left);
    let next: Vec<_> = left.iter_mut().flatten().take(most).collect();
    if next.is_empty() {
        *left = None;
    }
    next
}

impl Intake for Listed {
    fn take(&mut self, most: usize) -> Vec<BatchInput> {
        take(&self.0, most)
    }

    fn taking(&mut self, most: usize) -> Box<dyn FnOnce() -> Vec<BatchInput> + Send> {
        let left = Arc::clone(&self.0);
        Box::new(move || take(&left, most))
    }

    fn is_ready(&self) -> bool {
        lock(&self.0).is_some()
    }

    fn is_over(&self) -> bool {
        !self.is_ready()
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Photo;

    #[test]
    fn a_list_is_over_once_none_is_left_to_take() {
        let photo = Photo::from_url("https://example.com/cup.jpg").unwrap();
        let mut listed = Listed::new(std::iter::once(photo.into()));
        assert_eq!((listed.is_ready(), listed.is_over()), (true, false));
        assert_eq!(listed.take(2).len(), 1);
        assert_eq!(listed.take(2).len(), 0);
        assert_eq!((listed.is_ready(), listed.is_over()), (false, true));
    }

    #[test]
    fn a_list_is_shown_by_whether_it_is_over() {
        let listed = Listed::new(std::iter::empty());
        assert_eq!(format!("{listed:?}"), "Listed { is_over: false, .. }");
    }
}
