//! A photo that comes in: to a file of this machine first, whole and judged by its bytes
//! before it gets a place. Dropped, it is gone.

use std::io;
use std::path::PathBuf;

use removit_tokio::proto::{ContentHash, ImageType};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// A photo that is coming in. Dropped, it is gone.
#[derive(Debug)]
pub struct Incoming {
    file: Option<File>,
    pub(super) path: PathBuf,
    hash: Sha256,
    head: Vec<u8>,
    len: u64,
    pub(super) kept: bool,
}

/// A photo that came in whole, and has no row yet.
#[derive(Debug)]
pub struct Whole {
    /// Its bytes' digest.
    pub hash: ContentHash,
    /// What its bytes show it to be.
    pub image: ImageType,
    /// Its length.
    pub len: u64,
    pub(super) incoming: Incoming,
}

impl Incoming {
    pub(super) async fn begin(path: PathBuf) -> io::Result<Self> {
        let file = File::create_new(&path).await?;
        let (hash, head) = (Sha256::new(), Vec::new());
        Ok(Self { file: Some(file), path, hash, head, len: 0, kept: false })
    }

    /// The next bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let room = ImageType::HEAD_LEN.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        file.write_all(bytes).await
    }

    /// How many bytes came so far.
    pub const fn came(&self) -> u64 {
        self.len
    }

    /// All bytes are there: syncs them, and tells what they are by themselves, whatever
    /// their name says.
    pub async fn end(mut self) -> io::Result<Result<Whole, &'static str>> {
        if self.len == 0 {
            return Ok(Err("the photo is empty"));
        }
        let Some(image) = ImageType::from_bytes(&self.head) else {
            return Ok(Err(
                "it is no image that the API takes: png, jpeg, webp, gif, avif, tiff, psd or svg",
            ));
        };
        if let Some(mut file) = self.file.take() {
            file.flush().await?;
            file.sync_all().await?;
        }
        let hash = ContentHash::new(std::mem::take(&mut self.hash).finalize().into());
        Ok(Ok(Whole { hash, image, len: self.len, incoming: self }))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}
