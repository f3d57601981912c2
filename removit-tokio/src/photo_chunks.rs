//! A photo that is not in memory, piece by piece, each in memory of its own for a transport to
//! keep; what the transport is done with holds a later piece.
//!
//! Blocking: it runs on tokio's blocking threads. What a changed photo means is
//! [`PhotoReader`]'s to say.

use std::fmt;
use std::io::{Read, Result};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use removit_blocking::files::PhotoReader;

use crate::lock::lock;

/// How much is read at once. Large, because each read is a trip to another
/// thread; small enough for a few of them to be in memory.
pub(crate) const CHUNK: usize = 256 * 1024;
/// How much is read at once where no trip is needed, or only the one that opened the file: it
/// is sent while it is in the processor's caches.
const IN_MEMORY: usize = 64 * 1024;

/// A photo that is being sent.
#[derive(Debug)]
pub(crate) struct PhotoChunks {
    reader: PhotoReader,
    spare: Spare,
}

/// Memory that no piece is in. New memory has to be filled with zeros, and its pages to be
/// found: for a large photo that costs as much as all else.
#[derive(Clone, Default)]
struct Spare(Arc<Mutex<Vec<Vec<u8>>>>);

/// A piece that is being sent.
struct Piece {
    memory: Vec<u8>,
    len: usize,
    spare: Spare,
}

impl PhotoChunks {
    pub(crate) fn new(reader: PhotoReader) -> Self {
        Self { reader, spare: Spare::default() }
    }

    /// Whether all of the promised bytes were handed out.
    pub(crate) const fn is_finished(&self) -> bool {
        self.reader.left() == 0
    }

    /// The next piece, never empty. The last one comes only after the file
    /// proved to end there and not to have changed.
    pub(crate) fn next_chunk(&mut self) -> Result<Bytes> {
        self.read(CHUNK)
    }

    /// The same, and less of it: it may wait for a connection.
    pub(crate) fn first_chunk(&mut self) -> Result<Bytes> {
        self.read(IN_MEMORY)
    }

    fn read(&mut self, most: usize) -> Result<Bytes> {
        let mut piece = self.piece(most);
        self.reader.read_exact(piece.rest(0))?;
        Ok(Bytes::from_owner(piece))
    }

    /// As much of the next piece as the system has in memory, without waiting: a trip to
    /// another thread takes longer than to copy it. `None` where that is nothing, or not known.
    pub(crate) fn next_in_memory(&mut self) -> Option<Result<Bytes>> {
        let mut piece = self.piece(IN_MEMORY);
        let mut filled = 0_usize;
        while !piece.rest(filled).is_empty() {
            match self.reader.read_in_memory(piece.rest(filled)) {
                Some(Ok(read)) => filled = filled.saturating_add(read),
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        piece.len = filled;
        (filled > 0).then(|| Ok(Bytes::from_owner(piece)))
    }

    fn piece(&self, most: usize) -> Piece {
        let len = usize::try_from(self.reader.left()).unwrap_or(most).min(most);
        let memory = self.spare.take().filter(|memory| memory.len() >= len);
        let memory = memory.unwrap_or_else(|| vec![0; len]);
        Piece { memory, len, spare: self.spare.clone() }
    }
}

impl Spare {
    fn take(&self) -> Option<Vec<u8>> {
        lock(&self.0).pop()
    }

    fn keep(&self, memory: Vec<u8>) {
        lock(&self.0).push(memory);
    }
}

impl Piece {
    /// What is not filled yet.
    fn rest(&mut self, filled: usize) -> &mut [u8] {
        self.memory.get_mut(filled..self.len).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.spare.keep(std::mem::take(&mut self.memory));
    }
}

impl fmt::Debug for Spare {
    /// Without what is in it, a photo.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spare").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use removit_blocking::Photo;

    use super::*;

    fn chunks(folder: &std::path::Path, bytes: &[u8]) -> PhotoChunks {
        let path = folder.join("a.png");
        std::fs::write(&path, bytes).unwrap();
        let photo = Photo::from_path(path).unwrap();
        PhotoChunks::new(photo.content().open().unwrap().unwrap())
    }

    fn photo(len: usize) -> Vec<u8> {
        let filling = (0..len).map(|place| u8::try_from(place % 251).unwrap());
        b"\x89PNG\r\n\x1a\n".iter().copied().chain(filling).collect()
    }

    #[test]
    fn pieces_are_those_of_the_photo_whether_earlier_ones_are_kept_or_dropped() {
        let (folder, photo) = (tempfile::tempdir().unwrap(), photo(3 * CHUNK));
        for is_kept in [true, false] {
            let mut chunks = chunks(folder.path(), &photo);
            let (mut kept, mut sent) = (Vec::new(), Vec::new());
            while !chunks.is_finished() {
                let piece = chunks.next_chunk().unwrap();
                sent.extend_from_slice(&piece);
                if is_kept {
                    kept.push(piece);
                }
            }
            assert!(sent == photo, "kept: {is_kept}");
            assert!(kept.is_empty() || kept.concat() == photo);
        }
    }

    #[test]
    fn what_is_in_memory_is_read_without_waiting_and_goes_on_where_the_other_reads_stopped() {
        let (folder, photo) = (tempfile::tempdir().unwrap(), photo(6 * CHUNK));
        let (mut chunks, mut sent) = (chunks(folder.path(), &photo), Vec::new());
        let mut waits = [true, false].into_iter().cycle();
        while !chunks.is_finished() {
            // Not every file system can tell: then there is nothing but to wait.
            let ready = if waits.next().unwrap() { None } else { chunks.next_in_memory() };
            let piece = ready.unwrap_or_else(|| chunks.next_chunk()).unwrap();
            assert!(!piece.is_empty());
            sent.extend_from_slice(&piece);
        }
        assert!(sent == photo, "{} bytes of {}", sent.len(), photo.len());
    }

    #[test]
    fn the_last_piece_of_a_file_that_changed_never_comes_from_memory_either() {
        let folder = tempfile::tempdir().unwrap();
        for other_len in [CHUNK, 3 * CHUNK] {
            let mut chunks = chunks(folder.path(), &photo(2 * CHUNK));
            std::fs::write(folder.path().join("a.png"), photo(other_len)).unwrap();
            let mut next = || chunks.next_in_memory().unwrap_or_else(|| chunks.next_chunk());
            let pieces = 2 * CHUNK / IN_MEMORY;
            let error = (0..=pieces).find_map(|_| next().err()).expect("it is another file");
            assert!(error.to_string().contains("changed"), "{error}");
        }
    }

    #[test]
    fn what_is_in_memory_fills_a_piece_where_the_file_system_can_tell() {
        let folder = tempfile::tempdir().unwrap();
        let can_tell = chunks(folder.path(), &photo(CHUNK)).reader.read_in_memory(&mut [0]);
        let piece = chunks(folder.path(), &photo(CHUNK)).next_in_memory();
        assert_eq!(piece.map(|piece| piece.unwrap().len()), can_tell.map(|_| IN_MEMORY));
    }

    #[test]
    fn memory_is_shown_without_what_is_in_it() {
        let spare = Spare::default();
        spare.keep(b"a photo".to_vec());
        assert_eq!(format!("{spare:?}"), "Spare { .. }");
    }

    #[test]
    fn a_piece_that_was_sent_lends_its_memory_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut chunks = chunks(folder.path(), &photo(9 * CHUNK));
        let mut places = std::collections::BTreeSet::new();
        while !chunks.is_finished() {
            places.insert(chunks.next_chunk().unwrap().as_ptr().addr());
        }
        assert_eq!(places.len(), 1, "memory that was new: {places:?}");
        assert_eq!(chunks.spare.0.lock().unwrap().len(), 1);
    }
}
