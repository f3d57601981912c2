//! How an exchange of a case ended, and what a case asks of that.

use core::time::Duration;

use bytes::Bytes;
use http::Response;

use super::held::{Held, Miss};
use crate::api::accepted::Accepted;
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::TransportFailure;

/// How long after its deadline an exchange counts as never ending.
const LATE: Duration = Duration::from_secs(4);

/// An outcome, and how long it took.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) given: Duration,
    pub(super) took: Duration,
}

impl Ended {
    /// The whole answer.
    pub(super) fn response(&self) -> Result<&Response<Bytes>, Miss> {
        match &self.outcome {
            Outcome::Response(response) => Ok(response),
            other => Err(Miss::Failed(format!("no whole answer but {other:?}"))),
        }
    }

    pub(super) fn accepted(&self) -> Held {
        match Accepted::decode(self.response()?) {
            Some(_) => Ok(()),
            None => Err(Miss::Failed(format!("not the server's answer: {:?}", self.outcome))),
        }
    }

    /// Fails where the outcome says that the server cannot have processed the
    /// request.
    pub(super) fn may_have_arrived(&self) -> Held {
        match &self.outcome {
            Outcome::Failed(failure) if failure.is_not_sent() => {
                Err(Miss::Failed(format!("it is called not sent: {failure:?}")))
            }
            _ => Ok(()),
        }
    }

    /// Fails where the outcome leaves open whether the request arrived.
    pub(super) fn not_sent(&self) -> Held {
        match &self.outcome {
            Outcome::Failed(failure) if failure.is_not_sent() => Ok(()),
            other => Err(Miss::Failed(format!("it is not called not sent: {other:?}"))),
        }
    }

    pub(super) fn in_time(&self) -> Held {
        let Self { given, took, .. } = self;
        if *took < *given + LATE {
            return Ok(());
        }
        Err(Miss::Failed(format!("{given:?} were given, {took:.1?} were taken")))
    }

    /// How it ended, without what was in it.
    pub(super) fn named(&self) -> String {
        match &self.outcome {
            Outcome::Response(answer) => {
                format!(
                    "has a whole {} with {} bytes",
                    answer.status().as_u16(),
                    answer.body().len()
                )
            }
            Outcome::Partial(answer) => {
                format!(
                    "has a part of a {}, {} bytes",
                    answer.status().as_u16(),
                    answer.body().len()
                )
            }
            Outcome::Stored { len, .. } => format!("has stored {len} bytes"),
            Outcome::Failed(failure) if failure.is_not_sent() => "failed, not sent".to_owned(),
            Outcome::Failed(TransportFailure::TimedOut { .. }) => "failed, timed out".to_owned(),
            _ => "failed".to_owned(),
        }
    }
}
