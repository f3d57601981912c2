//! How an upload ends without a job id, and what that means for the money.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api_error::{ApiError, ApiErrorKind};
use crate::transport_failure::TransportFailure;

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
            Self::NotSent(failure) if failure.is_local() => {
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
