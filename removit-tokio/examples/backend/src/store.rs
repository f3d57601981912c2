//! Photos and results on disk: whole and synced before a row names them, and gone when
//! none does.
//!
//! ```text
//! incoming/UUID          what a caller is sending now
//! photos/ID.EXT          a photo, whole
//! results/ID-UUID/NAME   results, whole; the folder counts once rows name its files
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use removit_tokio::proto::{ContentHash, ImageType, ResultKind};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use crate::db::Db;
use crate::error::Result;

/// A file without a row is left alone for so long: it may be on its way to one.
const SPARED: Duration = Duration::from_secs(3600);

/// The folder for photos and results.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A photo that is coming in. Dropped, it is gone.
#[derive(Debug)]
pub struct Incoming {
    file: Option<File>,
    path: PathBuf,
    hash: Sha256,
    head: Vec<u8>,
    len: u64,
    kept: bool,
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
    incoming: Incoming,
}

impl Store {
    /// The folder, made where it is not there.
    pub fn open(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root)?;
        for folder in ["incoming", "photos", "results"] {
            std::fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root })
    }

    /// Where a file of a row is.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Begins a photo.
    pub async fn incoming(&self) -> io::Result<Incoming> {
        let path = self.root.join("incoming").join(uuid::Uuid::new_v4().to_string());
        let file = File::create_new(&path).await?;
        let (hash, head) = (Sha256::new(), Vec::new());
        Ok(Incoming { file: Some(file), path, hash, head, len: 0, kept: false })
    }

    /// Gives a whole photo its name, for good; returns the name for its row.
    pub async fn keep(&self, mut whole: Whole, id: &str) -> io::Result<String> {
        let name = format!("photos/{id}.{}", whole.image.extension());
        fs::rename(&whole.incoming.path, self.root.join(&name)).await?;
        whole.incoming.kept = true;
        // The name is on disk before a row says so.
        File::open(self.root.join("photos")).await?.sync_all().await?;
        Ok(name)
    }

    /// Removes a photo that got no row after all.
    pub async fn forget(&self, name: &str) {
        let _gone = fs::remove_file(self.root.join(name)).await;
    }

    /// Removes what no row names and nobody has written to for an hour.
    pub async fn sweep(&self, db: &Db) -> Result<()> {
        self.sweep_older(db, SPARED).await
    }

    /// As [`sweep`](Self::sweep), with another time.
    pub async fn sweep_older(&self, db: &Db, spared: Duration) -> Result<()> {
        for folder in ["incoming", "photos", "results"] {
            let mut entries = fs::read_dir(self.root.join(folder)).await?;
            while let Some(entry) = entries.next_entry().await? {
                // Gone meanwhile: nothing to remove.
                let Ok(data) = entry.metadata().await else { continue };
                let age =
                    data.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
                if age.is_none_or(|age| age < spared) {
                    continue;
                }
                let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if folder != "incoming" && is_named(db, folder, &name).await? {
                    continue;
                }
                tracing::info!("{name} has no row and is removed");
                if data.is_dir() {
                    fs::remove_dir_all(entry.path()).await?;
                } else {
                    fs::remove_file(entry.path()).await?;
                }
            }
        }
        Ok(())
    }
}

async fn is_named(db: &Db, folder: &str, name: &str) -> Result<bool> {
    let sql = match folder {
        "photos" => "SELECT COUNT(*) FROM photos WHERE file = $1",
        _ => "SELECT COUNT(*) FROM results WHERE substr(file, 1, length($1) + 1) = $1 || '/'",
    };
    let rows: i64 = sqlx::query_scalar(sql).bind(name).fetch_one(db.reader()).await?;
    Ok(rows > 0)
}

impl Incoming {
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

/// The media type of a result, by its bytes.
pub const fn media_of(kind: ResultKind) -> &'static str {
    match kind {
        ResultKind::Png => "image/png",
        ResultKind::Jpeg => "image/jpeg",
        ResultKind::Webp => "image/webp",
        ResultKind::Tiff => "image/tiff",
        ResultKind::Psd => "image/vnd.adobe.photoshop",
        ResultKind::Gif => "image/gif",
        ResultKind::Avif => "image/avif",
        ResultKind::Heic => "image/heic",
        ResultKind::Jxl => "image/jxl",
        ResultKind::Bmp => "image/bmp",
        _ => "application/octet-stream",
    }
}
