//! Errors of other crates as text, for a failure's `detail`, and as what they came of.
//!
//! It decides nothing.

use std::error::Error;
use std::fmt::Write;
use std::io;
use std::iter::successors;

use super::transport_failure::TransportFailure;

impl TransportFailure {
    /// An error and, one after the other, what it came of: for what a transport looks for
    /// below the errors of its HTTP client.
    ///
    /// Unlike [`source`](Error::source) it sees what was put into an error of the operating
    /// system's, too.
    ///
    /// ```
    /// use std::io;
    /// use removit_proto::TransportFailure;
    ///
    /// let inner = io::Error::other("the proxy wants a password");
    /// let error = io::Error::new(io::ErrorKind::ConnectionRefused, inner);
    /// let mut causes = TransportFailure::causes_of(&error);
    /// assert!(causes.any(|cause| cause.to_string() == "the proxy wants a password"));
    /// ```
    pub fn causes_of<'a>(
        error: &'a (dyn Error + 'static),
    ) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
        successors(Some(error), |error: &&'a (dyn Error + 'static)| {
            let error: &'a (dyn Error + 'static) = *error;
            // What was put into an error of the operating system's is not its source.
            match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => {
                    let inner: &(dyn Error + 'static) = inner;
                    Some(inner)
                }
                None => error.source(),
            }
        })
    }

    /// An error with all of its sources on one line, for `detail`.
    ///
    /// ```
    /// use removit_proto::{Reach, TransportFailure};
    ///
    /// let error = std::io::Error::other("reset\nby peer");
    /// let detail = TransportFailure::detail_of(&error);
    /// assert_eq!(detail, "reset by peer");
    /// let failure = TransportFailure::broken(Reach::MaybeSent, detail);
    /// assert!(!failure.is_not_sent());
    /// ```
    #[must_use]
    pub fn detail_of(error: &(dyn Error + 'static)) -> String {
        let mut line = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            // Many errors already repeat their source.
            if !line.ends_with(&text) {
                // Writing to a `String` never fails.
                let _ = write!(line, ": {text}");
            }
            source = error.source();
        }
        line.replace(['\r', '\n'], " ")
    }
}
