//! Why the bytes of a request end before the last one. Values alone: what it means for a
//! paid job is judged where they are counted.

use core::fmt;

/// Why a request's body ends before its last byte.
///
/// It does not arrive whole then, and no job comes of it: break the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutgoingError {
    /// Nobody waits for the request any more.
    GivenUp,
    /// The photo ended before so many of its bytes were read: it is another by now.
    Shrank {
        /// How many bytes are missing.
        missing: u64,
    },
    /// The photo goes on after its last byte: it is another by now.
    Grew,
}

impl fmt::Display for OutgoingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GivenUp => f.write_str("the request was given up"),
            Self::Shrank { missing } => {
                write!(f, "the photo is shorter than it was: {missing} bytes are missing")
            }
            Self::Grew => f.write_str("the photo is longer than it was"),
        }
    }
}

impl core::error::Error for OutgoingError {}

impl From<OutgoingError> for std::io::Error {
    fn from(error: OutgoingError) -> Self {
        let kind = match error {
            OutgoingError::GivenUp => std::io::ErrorKind::BrokenPipe,
            OutgoingError::Shrank { .. } | OutgoingError::Grew => std::io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn each_says_why_the_bytes_end_and_is_an_error_of_that_kind() {
        for (error, kind, told) in [
            (OutgoingError::GivenUp, ErrorKind::BrokenPipe, "given up"),
            (OutgoingError::Shrank { missing: 3 }, ErrorKind::InvalidData, "3 bytes are missing"),
            (OutgoingError::Grew, ErrorKind::InvalidData, "longer than it was"),
        ] {
            assert!(error.to_string().contains(told), "{error}");
            let io = Error::from(error);
            assert_eq!((io.kind(), io.to_string()), (kind, error.to_string()));
        }
    }
}
