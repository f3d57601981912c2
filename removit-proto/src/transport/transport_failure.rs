//! What went wrong between the driver and the server, in the terms that decide
//! about a paid job: can the server have processed the request?

use core::fmt;

use serde::{Deserialize, Serialize};

/// Why an attempt has no whole answer.
///
/// A driver reports what it knows, never more: where it cannot prove that the
/// request did not leave whole, it says [`Reach::MaybeSent`]. `detail` is for
/// people; no decision depends on it, and it must not hold the API key.
///
/// ```
/// use removit_proto::{Reach, TransportFailure};
///
/// assert!(TransportFailure::connect("connection refused").is_not_sent());
/// assert!(!TransportFailure::broken(Reach::MaybeSent, "reset by peer").is_not_sent());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TransportFailure {
    /// No connection was made: name, route, refusal, TLS handshake.
    Connect {
        /// For people.
        detail: String,
    },
    /// The connection broke, or what came over it was no HTTP.
    Broken {
        /// Whether the request can have been processed.
        reach: Reach,
        /// For people.
        detail: String,
    },
    /// The attempt's deadline passed.
    TimedOut {
        /// Whether the request can have been processed.
        reach: Reach,
        /// For people.
        detail: String,
    },
    /// The photo could not be read to its end, or is not the file it was. The
    /// last byte of the request was held back.
    Source {
        /// For people.
        detail: String,
    },
    /// The result could not be written.
    Sink {
        /// For people.
        detail: String,
    },
    /// The result is larger than the attempt allows.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// No connection was made, and none will be until somebody changes something:
    /// a certificate that is not trusted, out of date or for another name; a proxy
    /// that wants a password, or that is none. `detail` says what.
    Unreachable {
        /// For people: what is wrong, and what to do about it.
        detail: String,
    },
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reach {
    /// The last byte of a body under `Content-Length` certainly stayed here, so
    /// that no server can have processed the request.
    NotSent,
    /// All of the request may have arrived.
    MaybeSent,
}

impl TransportFailure {
    /// No connection was made.
    #[must_use]
    pub fn connect(detail: impl Into<String>) -> Self {
        Self::Connect { detail: detail.into() }
    }

    /// No connection was made, and trying again does not mend it.
    #[must_use]
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self::Unreachable { detail: detail.into() }
    }

    /// The connection broke.
    #[must_use]
    pub fn broken(reach: Reach, detail: impl Into<String>) -> Self {
        Self::Broken { reach, detail: detail.into() }
    }

    /// The attempt's deadline passed.
    #[must_use]
    pub fn timed_out(reach: Reach, detail: impl Into<String>) -> Self {
        Self::TimedOut { reach, detail: detail.into() }
    }

    /// The photo could not be read.
    #[must_use]
    pub fn source(detail: impl Into<String>) -> Self {
        Self::Source { detail: detail.into() }
    }

    /// The result could not be written.
    #[must_use]
    pub fn sink(detail: impl Into<String>) -> Self {
        Self::Sink { detail: detail.into() }
    }

    /// Whether the server certainly did not process the request (contract, rule 3).
    #[must_use]
    pub const fn is_not_sent(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Source { .. } | Self::Unreachable { .. } => true,
            Self::Broken { reach, .. } | Self::TimedOut { reach, .. } => {
                matches!(reach, Reach::NotSent)
            }
            Self::Sink { .. } | Self::TooLarge { .. } => false,
        }
    }

    /// Whether the cause is on this machine, so that sending again is no use.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Source { .. } | Self::Sink { .. })
    }

    /// Whether sending again is no use until somebody changes something, here or
    /// at the server. Machines end at once with such a failure.
    ///
    /// ```
    /// use removit_proto::TransportFailure;
    ///
    /// assert!(TransportFailure::unreachable("the certificate expired").is_lasting());
    /// assert!(!TransportFailure::connect("connection refused").is_lasting());
    /// ```
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        self.is_local() || matches!(self, Self::Unreachable { .. })
    }

    /// The same failure, where the last byte of the request's body certainly did
    /// not leave: nothing can have been processed.
    ///
    /// A driver that counts the bytes which its transport took knows this
    /// whatever the transport says.
    #[must_use]
    pub fn with_body_cut_short(mut self) -> Self {
        if let Self::Broken { reach, .. } | Self::TimedOut { reach, .. } = &mut self {
            *reach = Reach::NotSent;
        }
        self
    }

    /// An attempt that nobody finished by its deadline (law 4): it may have arrived.
    pub(crate) fn lost() -> Self {
        Self::timed_out(Reach::MaybeSent, "no outcome by the deadline")
    }

    /// An attempt of an earlier run, of which no end is known.
    pub(crate) fn lost_before() -> Self {
        Self::timed_out(Reach::MaybeSent, "an earlier run was about to send it, or did")
    }

    /// The end of time: no moment is left to send in.
    pub(crate) fn no_time_left() -> Self {
        Self::timed_out(Reach::NotSent, "no time is left")
    }

    /// The same failure with `clean` applied to its text.
    pub(crate) fn map_detail(mut self, clean: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Connect { detail }
            | Self::Broken { detail, .. }
            | Self::TimedOut { detail, .. }
            | Self::Source { detail }
            | Self::Sink { detail }
            | Self::Unreachable { detail } => *detail = clean(detail),
            Self::TooLarge { .. } => {}
        }
        self
    }
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { detail } => write!(f, "no connection: {detail}"),
            Self::Unreachable { detail } => {
                write!(f, "no connection, and trying again does not mend it: {detail}")
            }
            Self::Broken { detail, .. } => write!(f, "the connection broke: {detail}"),
            Self::TimedOut { detail, .. } => write!(f, "timed out: {detail}"),
            Self::Source { detail } => write!(f, "the photo could not be read: {detail}"),
            Self::Sink { detail } => write!(f, "the result could not be written: {detail}"),
            Self::TooLarge { limit } => write!(f, "the result is larger than {limit} bytes"),
        }
    }
}

impl core::error::Error for TransportFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [TransportFailure; 9] {
        let (not_sent, maybe_sent) = (Reach::NotSent, Reach::MaybeSent);
        [
            TransportFailure::connect("x"),
            TransportFailure::unreachable("x"),
            TransportFailure::broken(not_sent, "x"),
            TransportFailure::broken(maybe_sent, "x"),
            TransportFailure::timed_out(not_sent, "x"),
            TransportFailure::timed_out(maybe_sent, "x"),
            TransportFailure::source("x"),
            TransportFailure::sink("x"),
            TransportFailure::TooLarge { limit: 9 },
        ]
    }

    #[test]
    fn each_says_what_it_means_for_the_request_and_for_another_try() {
        let (yes, no) = (true, false);
        let expected = [
            ("no connection: x", yes, no, no),
            ("no connection, and trying again does not mend it: x", yes, no, yes),
            ("the connection broke: x", yes, no, no),
            ("the connection broke: x", no, no, no),
            ("timed out: x", yes, no, no),
            ("timed out: x", no, no, no),
            ("the photo could not be read: x", yes, yes, yes),
            ("the result could not be written: x", no, yes, yes),
            ("the result is larger than 9 bytes", no, no, no),
        ];
        for (failure, (told, is_not_sent, is_local, is_lasting)) in all().into_iter().zip(expected)
        {
            assert_eq!(failure.to_string(), told);
            let is = (failure.is_not_sent(), failure.is_local(), failure.is_lasting());
            assert_eq!(is, (is_not_sent, is_local, is_lasting), "{failure:?}");
        }
    }

    #[test]
    fn a_body_cut_short_was_not_sent() {
        for failure in all() {
            let cut_short = failure.clone().with_body_cut_short();
            let broke = matches!(
                failure,
                TransportFailure::Broken { .. } | TransportFailure::TimedOut { .. }
            );
            assert_eq!(cut_short.is_not_sent(), broke || failure.is_not_sent(), "{failure:?}");
            assert_eq!(cut_short.to_string(), failure.to_string());
        }
    }

    #[test]
    fn every_detail_can_be_cleaned() {
        for failure in all() {
            let told = failure.to_string();
            let cleaned = failure.map_detail(|detail| format!("<{detail}>")).to_string();
            let expected = told.strip_suffix('x').map(|before| format!("{before}<x>"));
            assert_eq!(cleaned, expected.unwrap_or(told));
        }
    }

    #[test]
    fn what_became_of_a_request_that_is_no_longer_awaited_is_not_known() {
        for (failure, is_not_sent) in [
            (TransportFailure::lost(), false),
            (TransportFailure::lost_before(), false),
            (TransportFailure::no_time_left(), true),
        ] {
            assert_eq!(failure.is_not_sent(), is_not_sent, "{failure}");
            assert!(matches!(failure, TransportFailure::TimedOut { .. }));
        }
    }
}
