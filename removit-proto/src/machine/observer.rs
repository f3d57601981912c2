//! What a driver tells its user while it works. Nothing depends on the answers.

use crate::api::accepted::Accepted;
use crate::api::job_status::JobStatus;
use crate::machine::Wakeup;
use crate::transport::attempt_info::AttemptInfo;
use crate::transport::outcome::Outcome;

/// Receives news of jobs, of attempts and of the bytes that move.
///
/// Every method has an empty default. They are called on the driver's own
/// thread or task: return quickly.
///
/// # Metrics
/// Count ends by step and kind, and take the time between [`began`](Self::began) and
/// [`ended`](Self::ended) by the attempt's id:
///
/// ```
/// use removit_proto::{AttemptInfo, JobStatus, Observer, Outcome};
/// use std::collections::HashMap;
/// use std::sync::Mutex;
///
/// /// How many attempts of each step ended how: `removit_attempts{step, end}`.
/// #[derive(Default)]
/// struct Metrics(Mutex<HashMap<(String, String), u64>>);
///
/// impl Observer for Metrics {
///     fn ended(&self, attempt: &AttemptInfo, outcome: &Outcome) {
///         let end = match outcome {
///             Outcome::Response(answer) | Outcome::Partial(answer) => answer.status().to_string(),
///             Outcome::Stored { head, .. } | Outcome::StoredPart { head, .. } => head.status().to_string(),
///             Outcome::Failed(failure) if failure.is_not_sent() => "not sent".to_owned(),
///             _ => "failed".to_owned(),
///         };
///         let labels = (format!("{:?}", attempt.step), end);
///         *self.0.lock().unwrap().entry(labels).or_default() += 1;
///     }
///
///     fn status(&self, status: &JobStatus) {
///         println!("{}: {} %", status.job_id(), status.progress().unwrap_or(0));
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

    /// A request is about to leave.
    fn began(&self, attempt: &AttemptInfo) {
        let _ = attempt;
    }

    /// This came of a request. One whose future is dropped has no end.
    fn ended(&self, attempt: &AttemptInfo, outcome: &Outcome) {
        let _ = (attempt, outcome);
    }

    /// So many of the request's bytes were handed to the transport. A retry
    /// begins at zero again.
    fn sent(&self, attempt: &AttemptInfo, bytes: u64, total: u64) {
        let _ = (attempt, bytes, total);
    }

    /// So many of a result's bytes were written; `total` as the server announced it.
    fn received(&self, attempt: &AttemptInfo, bytes: u64, total: Option<u64>) {
        let _ = (attempt, bytes, total);
    }
}

/// Observes nothing.
impl Observer for () {}
