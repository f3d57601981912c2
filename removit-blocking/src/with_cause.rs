//! For the tests of errors: one of the system's that has a cause.

use std::error::Error;
use std::{fmt, io};

#[derive(Debug)]
struct Caused(io::Error);

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed")
    }
}

impl Error for Caused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// It failed, and why.
pub(crate) fn with_cause() -> io::Error {
    io::Error::other(Caused(io::Error::other("the cause")))
}

#[track_caller]
pub(crate) fn tells_its_cause(error: &dyn Error) {
    assert_eq!(error.source().unwrap().to_string(), "the cause", "of {error:?}");
}
