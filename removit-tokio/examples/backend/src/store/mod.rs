//! Photos and results: whole before a row names them, and gone when none does.
//!
//! ```text
//! photos/ID.EXT          a photo, whole
//! results/ID-UUID/NAME   results, whole; the folder counts once rows name its files
//! incoming/UUID          what is on its way, always in the folder of the data
//! ```
//!
//! The first two lie in the folder too, synced, or in an object store. What comes in goes to a
//! file of this machine first, is judged there, and is put where it stays as a whole. Nothing
//! here holds a connection to the database meanwhile.

mod incoming;
#[cfg(feature = "object-store")]
mod objects;
mod sweep;

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use removit_tokio::Saved;
use removit_tokio::proto::ResultKind;
use tempfile::TempDir;
use tokio::fs::{self, File};
use tokio_util::io::ReaderStream;

use crate::error::{Error, Result};
use crate::settings::Settings;
pub use incoming::{Incoming, Whole};

/// Where photos and results are.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// The folder.
    Disk,
    #[cfg(feature = "object-store")]
    Objects(objects::Objects),
}

/// A photo in a file of this machine, for as long as this is there.
#[derive(Debug)]
pub struct Local {
    path: PathBuf,
    _folder: Option<TempDir>,
}

/// A folder of this machine for the results of a photo. Dropped before they are kept, it is gone.
#[derive(Debug)]
pub struct Results<'a> {
    store: &'a Store,
    name: String,
    folder: PathBuf,
    kept: bool,
}

/// The bytes of a file as they are read.
pub type FileStream = BoxStream<'static, io::Result<Bytes>>;

impl Store {
    /// As it is set up. Folders are made where they are not there.
    pub fn of(settings: &Settings) -> Result<Self> {
        match settings.store.as_deref() {
            None => Self::on_disk(&settings.data),
            #[cfg(feature = "object-store")]
            Some(url) => Self::new(&settings.data, Place::Objects(objects::Objects::s3(url)?)),
            #[cfg(not(feature = "object-store"))]
            Some(_) => Err(Error::setup("--store: this was built without `object-store`")),
        }
    }

    /// All in a folder.
    pub fn on_disk(root: &Path) -> Result<Self> {
        Self::new(root, Place::Disk)
    }

    /// In any object store, and on their way in a folder.
    #[cfg(feature = "object-store")]
    pub fn in_objects(
        root: &Path,
        store: std::sync::Arc<dyn object_store::ObjectStore>,
    ) -> Result<Self> {
        Self::new(root, Place::Objects(objects::Objects::new(store)))
    }

    fn new(root: &Path, place: Place) -> Result<Self> {
        let root = std::path::absolute(root)?;
        let folders: &[&str] = match &place {
            Place::Disk => &["incoming", "photos", "results"],
            #[cfg(feature = "object-store")]
            Place::Objects(_) => &["incoming"],
        };
        for folder in folders {
            std::fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root, place })
    }

    fn on_its_way(&self) -> PathBuf {
        self.root.join("incoming").join(uuid::Uuid::new_v4().to_string())
    }

    /// Begins a photo.
    pub async fn incoming(&self) -> io::Result<Incoming> {
        Incoming::begin(self.on_its_way()).await
    }

    /// Gives a whole photo its name, for good; returns the name for its row.
    pub async fn keep(&self, mut whole: Whole, id: &str) -> Result<String> {
        let name = format!("photos/{id}.{}", whole.image.extension());
        match &self.place {
            Place::Disk => {
                fs::rename(&whole.incoming.path, self.root.join(&name)).await?;
                whole.incoming.kept = true;
                // The name is on disk before a row says so.
                File::open(self.root.join("photos")).await?.sync_all().await?;
            }
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => {
                in_time(objects.put(&name, &whole.incoming.path)).await?;
                // The copy on this machine goes.
                whole.incoming.kept = false;
            }
        }
        Ok(name)
    }

    /// Removes a photo that got no row after all. The sweep removes what this cannot.
    pub async fn forget(&self, name: &str) {
        match &self.place {
            Place::Disk => {
                let _gone = fs::remove_file(self.root.join(name)).await;
            }
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => {
                let _gone = objects.delete(&name.into()).await;
            }
        }
    }

    /// The photo of a row, whole, in a file that can be opened again and again.
    pub async fn photo(&self, name: &str) -> Result<Local> {
        match &self.place {
            Place::Disk => Ok(Local { path: self.root.join(name), _folder: None }),
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => {
                let folder = TempDir::new_in(self.root.join("incoming"))?;
                // The vendor sees the file's name.
                let file = Path::new(name).file_name().unwrap_or_default();
                let path = folder.path().join(file);
                in_time(objects.bring(name, &path)).await?;
                Ok(Local { path, _folder: Some(folder) })
            }
        }
    }

    /// Where the results of a photo come in.
    pub fn results(&self, id: &str) -> Results<'_> {
        let name = format!("results/{id}-{}", uuid::Uuid::new_v4().simple());
        let folder = match &self.place {
            Place::Disk => self.root.join(&name),
            #[cfg(feature = "object-store")]
            Place::Objects(_) => self.on_its_way(),
        };
        Results { store: self, name, folder, kept: false }
    }

    /// A file of a row, and its length.
    pub async fn read(&self, name: &str) -> Result<(u64, FileStream)> {
        match &self.place {
            Place::Disk => {
                let file = File::open(self.root.join(name)).await?;
                let len = file.metadata().await?.len();
                Ok((len, ReaderStream::new(file).boxed()))
            }
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => {
                let (len, bytes) = objects.get(name).await?;
                Ok((len, bytes.map(|bytes| bytes.map_err(io::Error::from)).boxed()))
            }
        }
    }
}

impl Local {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Results<'_> {
    /// Where they are fetched to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// They are whole: puts them where they stay. Returns the folder's name for rows.
    #[cfg_attr(not(feature = "object-store"), expect(clippy::unused_async, unused_variables))]
    pub async fn keep(mut self, saved: &[Saved]) -> Result<String> {
        match &self.store.place {
            Place::Disk => self.kept = true,
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => {
                let putting = async {
                    for saved in saved {
                        let name = format!("{}/{}", self.name, file_name(saved));
                        objects.put(&name, &saved.path).await?;
                    }
                    Ok(())
                };
                in_time(putting).await?;
            }
        }
        Ok(std::mem::take(&mut self.name))
    }
}

impl Drop for Results<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // What is there without a row is nobody's.
            let _gone = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The name of a result's file in its folder.
pub fn file_name(saved: &Saved) -> &str {
    saved.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Gives up long before the sweep would think that something is nobody's: the time of what
/// was put in parts is that of its first one.
#[cfg(feature = "object-store")]
async fn in_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(sweep::SPARED / 2, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Away("it took half an hour".to_owned())),
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
