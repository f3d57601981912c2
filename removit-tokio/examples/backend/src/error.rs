//! What goes wrong inside, in one type: what callers are told is in `web::problem`.

use std::fmt;

/// An error of the program itself.
#[derive(Debug)]
pub enum Error {
    /// The database said no, or is away.
    Database(sqlx::Error),
    /// A file or a socket.
    Io(std::io::Error),
    /// The object store is away, or says no.
    Away(String),
    /// A row that this version cannot read.
    Row(String),
    /// The program cannot start or go on as it is set up.
    Setup(String),
    /// What a leader wrote came after the election of another one.
    Fenced,
}

/// A result of this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A sentence for whoever starts the program.
    pub fn setup(text: impl fmt::Display) -> Self {
        Self::Setup(text.to_string())
    }

    /// Whether a unique index said that the row is there.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => write!(f, "the database: {error}"),
            Self::Io(error) => error.fmt(f),
            Self::Away(error) => write!(f, "the object store: {error}"),
            Self::Row(text) => write!(f, "a row that this version cannot read: {text}"),
            Self::Setup(text) => f.write_str(text),
            Self::Fenced => f.write_str("another process was elected since"),
        }
    }
}

impl std::error::Error for Error {}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
