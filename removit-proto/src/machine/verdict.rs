//! What an answer to an upload means for the money (contract, rule 3).
//!
//! A pure function from an answer to accepted, rejected or ambiguous. Failures
//! without an answer are judged by [`TransportFailure::is_not_sent`]. Whether
//! to send again is the `Upload` machine's to decide.
//!
//! [`TransportFailure::is_not_sent`]: crate::TransportFailure::is_not_sent

use bytes::Bytes;
use http::Response;

use crate::api::accepted::Accepted;
use crate::api::api_error::ApiError;
use crate::api::endpoint::Endpoint;
use crate::transport::outcome::Outcome;

/// The three meanings that an answer can have.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// There is a job, and this is its id.
    Accepted(Accepted),
    /// There is no job.
    Rejected {
        error: ApiError,
        /// Whether the same request may be accepted later.
        passing: bool,
    },
    /// There may be a job.
    Ambiguous(ApiError),
}

impl Verdict {
    pub(crate) fn of(answer: &Response<Bytes>, endpoint: &Endpoint) -> Self {
        if let Some(accepted) = Accepted::decode(answer) {
            return Self::Accepted(accepted);
        }
        let error = ApiError::decode(answer, endpoint);
        match error.status().as_u16() {
            429 => Self::Rejected { error, passing: true },
            // Only a 503 that the service itself shaped says that it did nothing.
            503 if error.is_from_the_api() || error.has_retry_after() => {
                Self::Rejected { error, passing: true }
            }
            // A proxy gave up on a request that may have arrived behind it.
            408 | 499 => Self::Ambiguous(error),
            300..=499 => Self::Rejected { error, passing: false },
            _ => Self::Ambiguous(error),
        }
    }
}

/// The job that an outcome speaks of, whatever became of its attempt before.
pub(crate) fn acceptance(outcome: &Outcome) -> Option<Accepted> {
    match outcome {
        Outcome::Response(answer) | Outcome::Partial(answer) => Accepted::decode(answer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKey;

    fn verdict(status: u16, body: &'static str, retry_after: Option<&str>) -> &'static str {
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
        if let Some(text) = retry_after {
            answer.headers_mut().insert("retry-after", text.parse().unwrap());
        }
        match Verdict::of(&answer, &Endpoint::production(ApiKey::new("k").unwrap())) {
            Verdict::Accepted(_) => "accepted",
            Verdict::Rejected { passing: true, .. } => "rejected for now",
            Verdict::Rejected { passing: false, .. } => "rejected",
            Verdict::Ambiguous(_) => "ambiguous",
        }
    }

    #[test]
    fn any_2xx_with_an_id_is_accepted_and_without_one_ambiguous() {
        for status in [200, 201, 202, 299] {
            assert_eq!(verdict(status, r#"{"job_id":"j"}"#, None), "accepted");
            assert_eq!(verdict(status, "{}", None), "ambiguous");
            assert_eq!(verdict(status, "<html>", None), "ambiguous");
        }
    }

    #[test]
    fn a_4xx_or_a_redirect_is_rejected_for_good() {
        for status in [300, 301, 302, 307, 308, 400, 401, 402, 403, 404, 409, 413, 415, 422] {
            assert_eq!(verdict(status, "", None), "rejected", "{status}");
        }
    }

    #[test]
    fn a_429_is_rejected_for_now() {
        assert_eq!(verdict(429, "", None), "rejected for now");
    }

    #[test]
    fn a_503_is_rejected_for_now_only_where_the_service_shaped_it() {
        assert_eq!(verdict(503, r#"{"error":"maintenance"}"#, None), "rejected for now");
        assert_eq!(verdict(503, "", Some("5")), "rejected for now");
        // The header counts even where its value is not understood.
        assert_eq!(verdict(503, "", Some("soon")), "rejected for now");
        assert_eq!(verdict(503, "", None), "ambiguous");
        assert_eq!(verdict(503, "<html>busy</html>", None), "ambiguous");
        assert_eq!(verdict(503, "{}", None), "ambiguous");
    }

    #[test]
    fn everything_else_is_ambiguous() {
        for status in [100, 101, 408, 499, 500, 501, 502, 504, 520, 599, 999] {
            assert_eq!(verdict(status, r#"{"error":"x"}"#, Some("1")), "ambiguous", "{status}");
        }
    }
}
