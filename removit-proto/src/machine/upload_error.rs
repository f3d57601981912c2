//! How an upload ends without a job id, and what that means for the money.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::api_error::{ApiError, ApiErrorKind};
use crate::transport::transport_failure::TransportFailure;

/// An upload that was not accepted (contract, rule 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum UploadError {
    /// The server said no: there is no job and nothing is charged.
    Rejected(ApiError),
    /// The request certainly did not arrive whole: there is no job.
    NotSent(TransportFailure),
    /// There may be a job, and it may be charged, but its id is not known.
    Ambiguous(Ambiguity),
}

/// Why it is not known whether there is a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguity {
    pub(crate) cause: AmbiguityCause,
    pub(crate) attempts: u32,
}

/// What left an upload ambiguous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AmbiguityCause {
    /// No whole answer to a request that may have arrived.
    Transport(TransportFailure),
    /// An answer that says neither yes nor no.
    Answer(ApiError),
}

impl Ambiguity {
    /// What left the first of the ambiguous attempts so.
    #[must_use]
    pub const fn cause(&self) -> &AmbiguityCause {
        &self.cause
    }

    /// How many attempts ended ambiguous: up to so many jobs may exist.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The same after one attempt less; `None` where none is left.
    pub(crate) fn less_one(self) -> Option<Self> {
        let attempts = self.attempts.checked_sub(1).filter(|left| *left > 0)?;
        Some(Self { attempts, ..self })
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => {
                write!(f, "upload rejected, no job was created: {error}")?;
                f.write_str(match error.kind() {
                    ApiErrorKind::Unauthorized => "; check the API key",
                    ApiErrorKind::InsufficientCredits => "; restore the account's credits first",
                    ApiErrorKind::Validation => "; change the request",
                    ApiErrorKind::RateLimited | ApiErrorKind::Unavailable => "; try again later",
                    _ => "",
                })
            }
            Self::NotSent(failure) if failure.is_lasting() => {
                write!(f, "upload not sent, no job was created: {failure}")
            }
            Self::NotSent(failure) => {
                write!(f, "upload not sent, no job was created: {failure}; it is safe to try again")
            }
            Self::Ambiguous(ambiguity) => {
                f.write_str("upload ambiguous, a job may exist and be charged: ")?;
                match &ambiguity.cause {
                    AmbiguityCause::Transport(failure) => failure.fmt(f)?,
                    AmbiguityCause::Answer(error) => error.fmt(f)?,
                }
                if ambiguity.attempts > 1 {
                    write!(f, " ({} attempts ended so)", ambiguity.attempts)?;
                }
                f.write_str("; look at the account before sending it again")
            }
        }
    }
}

impl core::error::Error for UploadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            Self::Rejected(error) => error,
            Self::NotSent(failure) => failure,
            Self::Ambiguous(ambiguity) => match &ambiguity.cause {
                AmbiguityCause::Transport(failure) => failure,
                AmbiguityCause::Answer(error) => error,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use core::error::Error;

    use super::*;
    use crate::transport::transport_failure::Reach;
    use crate::{ApiKey, Endpoint};

    fn answer(status: u16) -> ApiError {
        let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
        let body = r#"{"error":"no"}"#;
        let answer = http::Response::builder().status(status).body(body).unwrap();
        ApiError::decode(&answer, &endpoint)
    }

    fn ambiguous(cause: AmbiguityCause, attempts: u32) -> UploadError {
        UploadError::Ambiguous(Ambiguity { cause, attempts })
    }

    #[test]
    fn a_rejection_says_that_there_is_no_job_and_what_to_do() {
        for (status, advice) in [
            (401, "; check the API key"),
            (402, "; restore the account's credits first"),
            (422, "; change the request"),
            (429, "; try again later"),
            (503, "; try again later"),
            (413, ""),
        ] {
            let error = UploadError::Rejected(answer(status));
            let text = format!("upload rejected, no job was created: {}{advice}", answer(status));
            assert_eq!(error.to_string(), text);
            assert_eq!(error.source().unwrap().to_string(), answer(status).to_string());
        }
    }

    #[test]
    fn what_was_not_sent_may_be_tried_again_unless_that_is_no_use() {
        let expired = TransportFailure::unreachable("it expired");
        let text = UploadError::NotSent(expired).to_string();
        assert!(text.ends_with("and trying again does not mend it: it expired"), "{text}");
        let remote = UploadError::NotSent(TransportFailure::connect("refused"));
        let local = UploadError::NotSent(TransportFailure::source("gone"));
        assert!(remote.to_string().ends_with("no connection: refused; it is safe to try again"));
        assert!(local.to_string().ends_with("the photo could not be read: gone"));
        assert_eq!(remote.source().unwrap().to_string(), "no connection: refused");
    }

    #[test]
    fn an_ambiguous_upload_says_so_and_how_often() {
        let broken = TransportFailure::broken(Reach::MaybeSent, "reset");
        let once = ambiguous(AmbiguityCause::Transport(broken), 1);
        assert_eq!(
            once.to_string(),
            "upload ambiguous, a job may exist and be charged: the connection broke: reset; \
             look at the account before sending it again"
        );
        let often = ambiguous(AmbiguityCause::Answer(answer(502)), 3);
        assert!(often.to_string().contains(" (3 attempts ended so); look"), "{often}");
        assert_eq!(often.source().unwrap().to_string(), answer(502).to_string());
        let UploadError::Ambiguous(ambiguity) = often else { unreachable!() };
        assert_eq!(
            (ambiguity.attempts(), ambiguity.cause()),
            (3, &AmbiguityCause::Answer(answer(502)))
        );
    }
}
