//! What is known of one submitted input: written by who drives the dispatcher, read by
//! the input's handle.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use removit_proto::catalogue::News;
use removit_proto::{JobId, JobStatus, Stop};

use crate::lock::lock;
use crate::{BatchInput, Done, Error};

/// What is known of one input.
#[derive(Debug, Default)]
pub struct Watched {
    job_id: Option<JobId>,
    /// That nobody took.
    status: Option<JobStatus>,
    end: Option<Result<Done, Error>>,
    is_over: bool,
    waker: Option<Waker>,
}

impl Watched {
    /// The job, once there is one.
    #[must_use]
    pub const fn job_id(&self) -> Option<&JobId> {
        self.job_id.as_ref()
    }

    /// Whether there is an end, or was.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The newest status that nobody took; `None` where it is over.
    pub fn poll_status(&mut self, context: &Context<'_>) -> Poll<Option<JobStatus>> {
        match self.status.take() {
            Some(status) => Poll::Ready(Some(status)),
            None if self.is_over => Poll::Ready(None),
            None => self.wait(context),
        }
    }

    /// The end; once it was taken, nothing comes any more.
    pub fn poll_end(&mut self, context: &Context<'_>) -> Poll<Result<Done, Error>> {
        match self.end.take() {
            Some(end) => Poll::Ready(end),
            None => self.wait(context),
        }
    }

    fn wait<V>(&mut self, context: &Context<'_>) -> Poll<V> {
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn tell(&mut self, news: News) {
        match news {
            News::Accepted(job_id) => self.job_id = Some(job_id),
            News::Status(status) => {
                self.status = Some(*status);
                self.wake();
            }
            // `News` may grow.
            _ => {}
        }
    }

    fn end(&mut self, end: Result<Done, Error>) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.end = Some(end);
            self.wake();
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// One who waits for an input, and the room that the input takes until it is over.
///
/// However it goes, an end is told.
#[derive(Debug)]
pub struct Watch<R> {
    watched: Arc<Mutex<Watched>>,
    _room: Option<R>,
}

impl<R> Watch<R> {
    /// Of this input; one that was there before takes no room.
    #[must_use]
    pub fn new(input: &BatchInput, room: Option<R>) -> Self {
        let watched = Watched { job_id: input.job_id().cloned(), ..Watched::default() };
        Self { watched: Arc::new(Mutex::new(watched)), _room: room }
    }

    /// What its handle reads.
    #[must_use]
    pub fn watched(&self) -> Arc<Mutex<Watched>> {
        Arc::clone(&self.watched)
    }

    pub(super) fn is_of(&self, watched: &Arc<Mutex<Watched>>) -> bool {
        Arc::ptr_eq(&self.watched, watched)
    }

    pub(super) fn tell(&self, news: News) {
        lock(&self.watched).tell(news);
    }

    pub(super) fn end(self, job_id: Option<JobId>, end: Result<Done, Error>) {
        let mut watched = lock(&self.watched);
        if job_id.is_some() {
            watched.job_id = job_id;
        }
        watched.end(end);
    }

    /// It was not sent, for this reason; where its job exists, that is left.
    pub(super) fn give_up(&self, reason: Error) {
        let mut watched = lock(&self.watched);
        let left = watched.job_id.clone().map(|job_id| Error::Left { job_id });
        watched.end(Err(left.unwrap_or(reason)));
    }
}

impl<R> Drop for Watch<R> {
    fn drop(&mut self) {
        self.give_up(Error::Stopped(Stop::Asked));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Photo;

    fn end(watched: &Mutex<Watched>) -> Error {
        match lock(watched).poll_end(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_nobody_ends_is_told_as_not_sent_or_left() {
        let photo = Photo::from_url("https://example.com/cup.jpg").unwrap();
        let watch = Watch::<()>::new(&photo.into(), None);
        let watched = watch.watched();
        drop(watch);
        assert!(matches!(end(&watched), Error::Stopped(Stop::Asked)));

        let job: JobId = "job-1".parse().unwrap();
        let watch = Watch::<()>::new(&job.clone().into(), None);
        let watched = watch.watched();
        drop(watch);
        assert_eq!(end(&watched).job_id(), Some(&job));
        assert!(lock(&watched).is_over());
    }
}
