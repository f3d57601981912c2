//! Why a transport could not be set up: nothing was sent.

use std::fmt;

/// Why a transport could not be set up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupError {
    /// The root certificates could not be loaded.
    Roots {
        /// For people.
        detail: String,
    },
    /// The certificate of this side, or its key, cannot be used.
    ClientCertificate {
        /// For people.
        detail: String,
    },
    /// The HTTP client could not be built.
    Client {
        /// For people.
        detail: String,
    },
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roots { detail } => write!(f, "no root certificates to trust: {detail}"),
            Self::ClientCertificate { detail } => {
                write!(f, "the client certificate cannot be used: {detail}")
            }
            Self::Client { detail } => write!(f, "the HTTP client cannot be set up: {detail}"),
        }
    }
}

impl std::error::Error for SetupError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_cannot_be_used() {
        let detail = || "none".to_owned();
        for (error, text) in [
            (SetupError::Roots { detail: detail() }, "no root certificates to trust: none"),
            (
                SetupError::ClientCertificate { detail: detail() },
                "the client certificate cannot be used: none",
            ),
            (SetupError::Client { detail: detail() }, "the HTTP client cannot be set up: none"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
