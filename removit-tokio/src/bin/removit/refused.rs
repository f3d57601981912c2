//! Why something was not even tried.

use removit_tokio::PhotoError;

use crate::exit::Exit;

/// What is said of it, and the exit code.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    pub(crate) fn local(message: impl Into<String>) -> Self {
        Self { exit: Exit::LocalIo, message: message.into() }
    }
}

impl From<PhotoError> for Refused {
    fn from(error: PhotoError) -> Self {
        let exit = match error {
            PhotoError::File { .. } => Exit::LocalIo,
            _ => Exit::Usage,
        };
        Self { exit, message: error.to_string() }
    }
}
