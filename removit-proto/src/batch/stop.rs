//! Why a batch sends no further upload: what would befall each of them alike.
//!
//! Accepted jobs go on, whatever the reason.

use http::StatusCode;

use crate::api::api_error::{ApiError, ApiErrorKind};
use crate::transport::transport_failure::TransportFailure;

/// Why no further upload is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The driver asked for it.
    Asked,
    /// 401: the key is refused.
    Unauthorized(ApiError),
    /// 402: the account is empty.
    InsufficientCredits(ApiError),
    /// The API cannot be reached, and trying again does not mend it.
    Unreachable(TransportFailure),
}

impl Stop {
    /// Whether an answer of this status can be such a reason: most cannot, and are not
    /// read for it.
    pub(super) fn may_be_for(status: StatusCode) -> bool {
        matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED)
    }

    /// What stops all uploads, whichever request it answers.
    pub(super) fn for_answer(error: &ApiError) -> Option<Self> {
        match error.kind() {
            ApiErrorKind::Unauthorized => Some(Self::Unauthorized(error.clone())),
            ApiErrorKind::InsufficientCredits => Some(Self::InsufficientCredits(error.clone())),
            _ => None,
        }
    }
}
