//! Why a dispatcher did not take an input.

use std::fmt;

/// Why an input was not taken. Nothing was sent, and nothing will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitError {
    /// As many inputs as the capacity allows are not over: submit it later.
    Full,
    /// The dispatcher is at its end: submit it to another one.
    Closed,
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "not taken, as too many inputs are not over; submit it later",
            Self::Closed => "not taken, as the dispatcher is at its end",
        })
    }
}

impl std::error::Error for SubmitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whether_it_is_worth_another_try() {
        assert!(SubmitError::Full.to_string().ends_with("submit it later"));
        assert!(SubmitError::Closed.to_string().ends_with("the dispatcher is at its end"));
    }
}
