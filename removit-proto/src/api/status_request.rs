//! `GET /api/v1/status`: asking how a job is.

use http::Request;

use crate::api::body::Body;
use crate::api::endpoint::Endpoint;
use crate::api::job_id::JobId;

/// A question about one job.
///
/// ```
/// use removit_proto::{ApiKey, Endpoint, StatusRequest};
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let wire = StatusRequest::new("a b&c".parse()?).to_http(&endpoint);
/// assert_eq!(wire.uri(), "https://api.removit.eu/api/v1/status?job_id=a%20b%26c");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRequest {
    job_id: JobId,
}

impl StatusRequest {
    /// Asks about this job.
    #[must_use]
    pub const fn new(job_id: JobId) -> Self {
        Self { job_id }
    }

    /// The request for the wire, with the id percent-encoded into the query.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint) -> Request<Body> {
        status_of(&self.job_id, endpoint)
    }
}

/// The request about a job, for whoever has but a look at its id.
pub(crate) fn status_of(job_id: &JobId, endpoint: &Endpoint) -> Request<Body> {
    endpoint.ask("/api/v1/status?job_id=", job_id.as_str())
}
