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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_that_cannot_be_read_is_another_fault_than_one_that_is_none() {
        let error = std::io::ErrorKind::NotFound.into();
        let unread = PhotoError::File { path: "a.jpg".into(), error };
        assert_eq!(Refused::from(unread).exit, Exit::LocalIo);
        let empty = Refused::from(PhotoError::Empty { name: "a.jpg".into() });
        assert_eq!(empty.exit, Exit::Usage);
        assert!(empty.message.contains("a.jpg"), "{}", empty.message);
    }
}
