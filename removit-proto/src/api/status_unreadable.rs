//! Why an answer says nothing about a job.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::answer::Answer;

/// Why a 200 answer is no status of the job that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StatusUnreadable {
    /// The body is no JSON object, or has neither `state` nor `status`.
    NoStatus,
    /// The body names another job.
    OtherJob,
    /// The body was cut off, or is longer than what is read.
    CutOff,
    /// The body is in an encoding that is not read, such as `br`, though every
    /// request declines them all.
    Encoded,
}

impl StatusUnreadable {
    /// Why there is no status in this answer.
    pub(super) fn of(answer: &Answer<'_>) -> Self {
        if answer.unread_encoding().is_some() {
            Self::Encoded
        } else if answer.is_cut_off() {
            Self::CutOff
        } else {
            Self::NoStatus
        }
    }
}

impl fmt::Display for StatusUnreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoStatus => "a status answer that could not be read",
            Self::OtherJob => "a status answer about another job",
            Self::CutOff => "a status answer that was cut off or too long",
            Self::Encoded => "a status answer in an encoding that is not read",
        })
    }
}

impl core::error::Error for StatusUnreadable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_why_the_answer_could_not_be_read() {
        for (why, said) in [
            (StatusUnreadable::NoStatus, "could not be read"),
            (StatusUnreadable::OtherJob, "another job"),
            (StatusUnreadable::CutOff, "cut off or too long"),
            (StatusUnreadable::Encoded, "in an encoding"),
        ] {
            assert!(why.to_string().contains(said), "{why}");
        }
    }
}
