//! What is known of one submitted input: written by the task, read by its handle.

use std::task::{Context, Poll, Waker};

use removit_blocking::shared::News;
use removit_proto::{JobId, JobStatus};

use crate::{Done, Error};

/// What is known of one input.
#[derive(Default)]
pub(super) struct Watched {
    pub(super) job_id: Option<JobId>,
    /// That nobody took.
    pub(super) status: Option<JobStatus>,
    pub(super) end: Option<Result<Done, Error>>,
    pub(super) is_over: bool,
    waker: Option<Waker>,
}

impl Watched {
    pub(super) fn tell(&mut self, news: News) {
        match news {
            News::Accepted(job_id) => self.job_id = Some(job_id),
            News::Status(status) => {
                self.status = Some(*status);
                self.wake();
            }
        }
    }

    pub(super) fn end(&mut self, job_id: Option<JobId>, end: Result<Done, Error>) {
        if job_id.is_some() {
            self.job_id = job_id;
        }
        self.end = Some(end);
        self.is_over = true;
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Wakes this task when there is more.
    pub(super) fn wait<T>(&mut self, context: &Context<'_>) -> Poll<T> {
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
