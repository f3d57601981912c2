//! Reading that a signal does not end.

use std::io::{ErrorKind, Read, Result};

/// Reads as [`Read::read`] does, again where it was interrupted.
pub(crate) fn read_on(from: &mut (impl Read + ?Sized), buf: &mut [u8]) -> Result<usize> {
    loop {
        match from.read(buf) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::Error;

    use super::*;

    /// Answers in turn, and then panics.
    struct Answers(VecDeque<Result<usize>>);

    impl Read for Answers {
        fn read(&mut self, _: &mut [u8]) -> Result<usize> {
            self.0.pop_front().unwrap()
        }
    }

    fn error(kind: ErrorKind) -> Result<usize> {
        Err(Error::from(kind))
    }

    #[test]
    fn an_interruption_is_no_end() {
        let interrupted = || error(ErrorKind::Interrupted);
        let mut answers = Answers([interrupted(), interrupted(), Ok(3)].into());
        assert_eq!(read_on(&mut answers, &mut [0; 4]).unwrap(), 3);
    }

    #[test]
    fn another_error_is_an_end() {
        let mut answers = Answers([error(ErrorKind::TimedOut), Ok(3)].into());
        let end = read_on(&mut answers, &mut [0; 4]).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::TimedOut);
    }
}
