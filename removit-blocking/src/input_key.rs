//! The key of a photo in a journal: the hashing that the core's definition asks for.

use std::io::{self, Read};

use removit_proto::{ContentHash, InputKey, Source};
use sha2::{Digest, Sha256};

use crate::files::Content;
use crate::files::PhotoFile;
use crate::read_on::read_on;
use crate::{Photo, PhotoError};

impl Photo {
    /// What this photo with these options is known by in a journal: the same for
    /// each copy of it, and another one as soon as a byte or an option differs.
    ///
    /// A file is read to its end for it. See [`InputKey::preimage`].
    ///
    /// # Errors
    /// [`PhotoError::File`] where the file cannot be read, or changed since the
    /// photo was opened; [`PhotoError::Unreadable`] likewise for another source.
    pub fn key(&self) -> Result<InputKey, PhotoError> {
        let content = match (self.content(), self.request().source()) {
            (Content::Bytes(bytes), _) => hash(bytes),
            (Content::File { path, stamp }, _) => PhotoFile::open(path, *stamp)
                .and_then(hash_all)
                .map_err(|error| PhotoError::File { path: path.to_path_buf(), error })?,
            (Content::Opener(opener), _) => opener.open().and_then(hash_all).map_err(|error| {
                PhotoError::Unreadable { name: opener.name().to_owned(), error }
            })?,
            (Content::Url, Source::Url(url)) => hash(url.as_str().as_bytes()),
            // No photo is made so.
            (Content::Url, _) => hash(b""),
        };
        Ok(InputKey::new(hash(&InputKey::preimage(self.request(), &content))))
    }
}

fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash::new(Sha256::digest(bytes).into())
}

fn hash_all(mut from: impl Read) -> io::Result<ContentHash> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match read_on(&mut from, &mut piece)? {
            0 => return Ok(ContentHash::new(hasher.finalize().into())),
            len => hasher.update(piece.get(..len).unwrap_or_default()),
        }
    }
}
