//! One reading of a photo's bytes, from wherever they are: its file, or a source that its
//! user opens.
//!
//! It blocks. As with a file, the last piece of a source comes only after it proved to end
//! there.

use std::fmt;
use std::io::{Error, ErrorKind, Read, Result};
use std::sync::{Arc, Mutex, PoisonError};

use super::photo_file::{PhotoFile, at_most};
use crate::read_on::read_on;

type Open = dyn Fn() -> Result<Box<dyn Read + Send>> + Send + Sync;

/// A source of known length that can be opened again: each attempt reads it from its start.
#[derive(Clone)]
pub struct Opener {
    name: Arc<str>,
    len: u64,
    open: Arc<Open>,
}

impl Opener {
    pub(crate) fn new<R: Read + Send + 'static>(
        name: &str,
        len: u64,
        open: impl Fn() -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let open = move || open().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        Self { name: name.into(), len, open: Arc::new(open) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn open(&self) -> Result<Opened> {
        Ok(Opened { stream: Mutex::new((self.open)()?), left: self.len })
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({:?}, {})", self.name, self.len)
    }
}

/// A photo that is being read.
#[derive(Debug)]
pub enum PhotoReader {
    /// From its file.
    File(PhotoFile),
    /// From where its user opened it.
    Opened(Opened),
}

impl PhotoReader {
    /// How many bytes are still to be read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        match self {
            Self::File(file) => file.left(),
            Self::Opened(opened) => opened.left,
        }
    }

    /// Reads as [`Read`] does, where that waits for nothing; `None` where it would, or may.
    pub fn read_in_memory(&mut self, buf: &mut [u8]) -> Option<Result<usize>> {
        match self {
            Self::File(file) => file.read_in_memory(buf),
            Self::Opened(_) => None,
        }
    }
}

impl Read for PhotoReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        match self {
            Self::File(file) => file.read(buf),
            Self::Opened(opened) => opened.read(buf),
        }
    }
}

/// One reading of an [`Opener`]'s source.
pub struct Opened {
    /// Never locked: it makes a request's body one that may be shared.
    stream: Mutex<Box<dyn Read + Send>>,
    left: u64,
}

impl Opened {
    fn read_on(&mut self, buf: &mut [u8]) -> Result<usize> {
        read_on(&mut **self.stream.get_mut().unwrap_or_else(PoisonError::into_inner), buf)
    }
}

impl Read for Opened {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let Some(buf) = at_most(self.left, buf) else { return Ok(0) };
        let read = self.read_on(buf)?;
        if read == 0 {
            let missing = self.left;
            return Err(other_length(&format!("ended {missing} bytes before its length")));
        }
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if self.left == 0 && self.read_on(&mut [0])? > 0 {
            return Err(other_length("goes on after its length"));
        }
        Ok(read)
    }
}

fn other_length(how: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the photo's source {how}"))
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(len: u64, bytes: &'static [u8]) -> (Vec<u8>, Result<usize>) {
        let mut opened = Opener::new("a", len, move || Ok(bytes)).open().unwrap();
        let mut read = Vec::new();
        let mut piece = [0; 2];
        loop {
            match opened.read(&mut piece) {
                Ok(0) => return (read, Ok(0)),
                Ok(len) => read.extend_from_slice(&piece[..len]),
                Err(error) => return (read, Err(error)),
            }
        }
    }

    #[test]
    fn a_source_is_read_to_its_promised_end() {
        for bytes in [&b"123"[..], b"1234"] {
            let (read, end) = read(bytes.len() as u64, bytes);
            assert!(end.is_ok());
            assert_eq!(read, bytes);
        }
    }

    #[test]
    fn the_last_piece_of_a_source_with_another_length_never_comes() {
        let (short, end) = read(4, b"123");
        assert!(end.unwrap_err().to_string().contains("ended 1 bytes before"));
        assert_eq!(short, b"123");
        let (long, end) = read(4, b"12345");
        assert!(end.unwrap_err().to_string().contains("goes on"));
        assert_eq!(long, b"12");
    }

    #[test]
    fn a_source_is_shown_by_its_name_and_length_and_nothing_that_is_in_it() {
        let opener = Opener::new("a", 3, || Ok(&b"123"[..]));
        assert_eq!((opener.name(), opener.len()), ("a", 3));
        assert_eq!(format!("{opener:?}"), r#"Opener("a", 3)"#);
        assert_eq!(format!("{:?}", opener.open().unwrap()), "Opened { left: 3, .. }");
    }

    #[test]
    fn a_source_may_have_to_be_waited_for() {
        let opened = Opener::new("a", 3, || Ok(&b"123"[..])).open().unwrap();
        let mut reader = PhotoReader::Opened(opened);
        assert!(reader.read_in_memory(&mut [0; 3]).is_none());
        assert_eq!(reader.left(), 3);
    }

    #[test]
    fn each_opening_begins_at_the_start() {
        let opener = Opener::new("a", 3, || Ok(&b"123"[..]));
        for _ in 0..2 {
            let mut text = String::new();
            opener.open().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "123");
        }
    }
}
