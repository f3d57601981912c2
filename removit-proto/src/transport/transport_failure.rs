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
