//! What a batch tells its driver: what to store, what happened, how jobs end.
//!
//! Events come out in the order in which things happened. Nothing waits for
//! them but what carries a [`Receipt`].

use crate::api::accepted::Accepted;
use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::batch::number::JobNumber;
use crate::batch::stop::Stop;
use crate::machine::download_error::DownloadError;
use crate::machine::downloaded::Downloaded;
use crate::machine::poll_error::PollError;
use crate::machine::upload_error::UploadError;

/// Something that happened in a [`Batch`](crate::Batch).
///
/// What each means for a journal: between an [`Intent`](Self::Intent) and the
/// next event of the same job a paid job may come into being. Every intent is
/// followed by one of [`Accepted`](Self::Accepted),
/// [`NotAccepted`](Self::NotAccepted), [`Withdrawn`](Self::Withdrawn) and
/// [`Ended`](Self::Ended); one that is not was cut off by a crash, and is
/// [ambiguous](crate::Batch::add_ambiguous) when the batch is built anew.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BatchEvent {
    /// The upload is about to be sent. It is, once the receipt came back: store
    /// the intent durably before that.
    Intent {
        /// The job.
        job: JobNumber,
        /// The attempt of this batch that follows, counted from one.
        attempt: u32,
        /// To be handed to [`Batch::stored`](crate::Batch::stored).
        receipt: Receipt,
    },
    /// The intent came to nothing: no request was sent, and the job waits again, or
    /// was accepted meanwhile by an earlier attempt.
    Withdrawn {
        /// The job.
        job: JobNumber,
    },
    /// One attempt was not accepted, and the job waits to be sent again, or was
    /// accepted meanwhile by an earlier attempt. Unless the error is
    /// [`UploadError::Ambiguous`], nothing was processed.
    NotAccepted {
        /// The job.
        job: JobNumber,
        /// Why not.
        error: UploadError,
    },
    /// The job is paid for. It is polled once the receipt came back: store the
    /// id durably before that.
    ///
    /// It may come late: after [`NotAccepted`](Self::NotAccepted), and after the job
    /// [ended](Self::Ended) as ambiguous, which then ends anew. And it may come twice
    /// for one job, with another id: sent again as the policy asked, both attempts
    /// were accepted and paid for. The batch goes on with the first of them; keep
    /// the other id, which [`add_accepted`](crate::Batch::add_accepted) takes.
    Accepted {
        /// The job.
        job: JobNumber,
        /// The vendor's answer, with the id.
        accepted: Accepted,
        /// To be handed to [`Batch::stored`](crate::Batch::stored).
        receipt: Receipt,
    },
    /// A poll brought this status, and the job is not over. Of several that
    /// nobody took the newest is left.
    Status {
        /// The job.
        job: JobNumber,
        /// Its status.
        status: JobStatus,
    },
    /// The job is done. Its results are fetched next; name those that are there
    /// already with [`Batch::skip`](crate::Batch::skip).
    Finished {
        /// The job.
        job: JobNumber,
        /// The last status, with the results.
        finished: Finished,
    },
    /// One result is whole in the driver's file, which can now get its final
    /// name; or it could not be fetched. It stays on the server.
    Result {
        /// The job.
        job: JobNumber,
        /// The place of the result in [`Finished::results`].
        result: usize,
        /// What came of it.
        end: Result<Downloaded, DownloadError>,
    },
    /// The job is over, and nothing more is said of it, unless it is ambiguous and
    /// the acceptance comes late.
    Ended {
        /// The job.
        job: JobNumber,
        /// How it ended.
        end: JobEnd,
    },
    /// No further upload is sent until
    /// [`resume_uploads`](crate::Batch::resume_uploads). Accepted jobs go on.
    UploadsStopped(Stop),
}

impl BatchEvent {
    /// The job that it is about; `None` where it is about all of them.
    #[must_use]
    pub const fn job(&self) -> Option<JobNumber> {
        match self {
            Self::Intent { job, .. }
            | Self::Withdrawn { job }
            | Self::NotAccepted { job, .. }
            | Self::Accepted { job, .. }
            | Self::Status { job, .. }
            | Self::Finished { job, .. }
            | Self::Result { job, .. }
            | Self::Ended { job, .. } => Some(*job),
            Self::UploadsStopped(_) => None,
        }
    }

    /// What to hand to [`Batch::stored`](crate::Batch::stored) once the event is
    /// on disk, where a job waits for that.
    #[must_use]
    pub const fn receipt(&self) -> Option<Receipt> {
        match self {
            Self::Intent { receipt, .. } | Self::Accepted { receipt, .. } => Some(*receipt),
            _ => None,
        }
    }
}

/// Comes with an event that is to be stored, and says so when it is handed back
/// to [`Batch::stored`](crate::Batch::stored). A second time, or after the job
/// went another way, that does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the job goes on only when the receipt is handed back"]
pub struct Receipt {
    pub(super) job: JobNumber,
    pub(super) serial: u64,
    pub(super) attempt: u32,
}

impl Receipt {
    /// The job that waits for it.
    #[must_use]
    pub const fn job(&self) -> JobNumber {
        self.job
    }

    /// Which attempt of its job the event is about, counted as in
    /// [`BatchEvent::Intent`]: whose intent it was that led to this acceptance. Zero
    /// where no attempt of this batch did.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// How a job of a batch is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobEnd {
    /// Done, with each result fetched, skipped, or not asked for.
    Done {
        /// The job.
        job_id: JobId,
    },
    /// Done, but some results could not be fetched. They stay on the server.
    Incomplete {
        /// The job.
        job_id: JobId,
        /// How many are missing.
        missing: usize,
    },
    /// There is no id: rejected, not sent, or ambiguous.
    NotAccepted(UploadError),
    /// Paid for, and without a result. The error has the id.
    NotDone(PollError),
    /// The driver gave it up: see [`Batch::cancel`](crate::Batch::cancel).
    Cancelled {
        /// The job, which is paid for and goes on without this batch; `None` where
        /// nothing was processed.
        job_id: Option<JobId>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::transport_failure::TransportFailure;

    #[test]
    fn an_event_is_of_a_job_and_what_is_to_be_stored_has_a_receipt() {
        let job = JobNumber::new(7);
        let receipt = Receipt { job, serial: 1, attempt: 3 };
        assert_eq!((receipt.job(), receipt.attempt()), (job, 3));
        let error = UploadError::NotSent(TransportFailure::connect("down"));
        for (event, of, to_store) in [
            (BatchEvent::Intent { job, attempt: 3, receipt }, Some(job), Some(receipt)),
            (BatchEvent::Withdrawn { job }, Some(job), None),
            (BatchEvent::NotAccepted { job, error }, Some(job), None),
            (BatchEvent::Ended { job, end: JobEnd::Cancelled { job_id: None } }, Some(job), None),
            (BatchEvent::UploadsStopped(Stop::Asked), None, None),
        ] {
            assert_eq!((event.job(), event.receipt()), (of, to_store), "{event:?}");
        }
    }
}
