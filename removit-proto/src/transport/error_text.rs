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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Of(&'static str, Option<Box<Of>>);

    impl std::fmt::Display for Of {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Of {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|error| error as _)
        }
    }

    fn of(text: &'static str, source: Of) -> Of {
        Of(text, Some(Box::new(source)))
    }

    #[test]
    fn a_detail_is_one_line_and_says_nothing_twice() {
        for (error, detail) in [
            (Of("alone", None), "alone"),
            (of("send", of("connect", Of("refused", None))), "send: connect: refused"),
            (of("send: refused", Of("refused", None)), "send: refused"),
            (of("two\r\nlines", Of("x\ny", None)), "two  lines: x y"),
        ] {
            assert_eq!(TransportFailure::detail_of(&error), detail);
        }
    }

    #[test]
    fn causes_are_found_inside_of_io_errors_too() {
        let error = io::Error::other(of("inner", Of("last", None)));
        let causes: Vec<_> = TransportFailure::causes_of(&error).map(ToString::to_string).collect();
        assert_eq!(causes, ["inner", "inner", "last"]);
        let plain = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(TransportFailure::causes_of(&plain).count(), 1);
    }
}
