//! What a driver tells its user while it works. Nothing depends on the answers.

use crate::api::accepted::Accepted;
use crate::api::job_status::JobStatus;
use crate::machine::Wakeup;

/// Receives news of a job and of the bytes that move.
///
/// Every method has an empty default. They are called on the driver's own
/// thread or task: return quickly.
///
/// ```
/// use removit_proto::{JobStatus, Observer};
///
/// struct Progress;
///
/// impl Observer for Progress {
///     fn status(&self, status: &JobStatus) {
///         println!("{} %", status.progress().unwrap_or(0));
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// The upload was accepted; the job is paid for and not polled yet.
    fn accepted(&self, accepted: &Accepted) {
        let _ = accepted;
    }

    /// A poll brought this status.
    fn status(&self, status: &JobStatus) {
        let _ = status;
    }

    /// The driver sleeps until a moment, for a reason.
    fn waiting(&self, wakeup: Wakeup) {
        let _ = wakeup;
    }

    /// So many of the request's bytes were handed to the transport. A retry
    /// begins at zero again.
    fn sent(&self, bytes: u64, total: u64) {
        let _ = (bytes, total);
    }

    /// So many of a result's bytes were written; `total` as the server announced it.
    fn received(&self, bytes: u64, total: Option<u64>) {
        let _ = (bytes, total);
    }
}

/// Observes nothing.
impl Observer for () {}
