//! Photos and results in an object store that speaks S3.
//!
//! What is put comes from a whole file, in parts where it is large, and is there as a whole
//! or not at all. It decides nothing: names and rows are others'.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::prefix::PrefixStore;
use object_store::{
    ClientConfigKey, MultipartUpload, ObjectStore, ObjectStoreExt, RetryConfig, path,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::sweep::{is_named, is_young};
use crate::db::Db;
use crate::error::{Error, Result};

/// How much of a file is in memory: the smallest part that S3 takes.
const PART: usize = 5 * 1024 * 1024;

/// The most files that are put at once.
const PUTS: usize = 8;

/// A bucket, or what is below a prefix in it.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    room: Arc<Semaphore>,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, room: Arc::new(Semaphore::new(PUTS)) }
    }

    /// `s3://bucket/prefix`; region, endpoint and credentials by the usual environment.
    pub(super) fn s3(url: &str) -> Result<Self> {
        let named = url.strip_prefix("s3://").filter(|named| !named.is_empty());
        let named = named.ok_or_else(|| Error::setup("--store is s3://bucket/prefix"))?;
        let (bucket, prefix) = named.split_once('/').unwrap_or((named, ""));
        let retry = RetryConfig {
            max_retries: 4,
            retry_timeout: Duration::from_secs(20),
            ..Default::default()
        };
        let client = |key, value| (AmazonS3ConfigKey::Client(key), value);
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
        // Whoever reads a result may be slow; a store that says nothing is not waited for.
        for (key, value) in [
            client(ClientConfigKey::Timeout, "1 hour"),
            client(ClientConfigKey::ReadTimeout, "30 seconds"),
            client(ClientConfigKey::ConnectTimeout, "5 seconds"),
        ] {
            builder = builder.with_config(key, value);
        }
        // One by one: not all that speak S3 can delete many at once.
        let store = builder.with_disable_bulk_delete(true).build().map_err(Error::setup)?;
        let prefix = path::Path::parse(prefix.trim_end_matches('/')).map_err(Error::setup)?;
        Ok(Self::new(Arc::new(PrefixStore::new(store, prefix))))
    }

    /// Puts a whole file under a name.
    pub(super) async fn put(&self, name: &str, from: &Path) -> Result<()> {
        let _room = self.room.acquire().await.map_err(Error::setup)?;
        let mut file = File::open(from).await?;
        let name = path::Path::from(name);
        let first = part(&mut file).await?;
        if first.len() < PART {
            self.store.put(&name, first.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&name).await?;
        let put = parts(&mut *upload, first, &mut file).await;
        if put.is_err() {
            // Parts are in no list; where this fails too, they end by the bucket's own rule.
            let _aborted = upload.abort().await;
        }
        put
    }

    /// The bytes under a name, and how many they are.
    pub(super) async fn get(
        &self,
        name: &str,
    ) -> Result<(u64, BoxStream<'static, object_store::Result<Bytes>>)> {
        let got = self.store.get(&path::Path::from(name)).await?;
        let len = got.meta.size;
        Ok((len, got.into_stream()))
    }

    /// Brings what is under a name to a new file, whole.
    pub(super) async fn bring(&self, name: &str, to: &Path) -> Result<()> {
        let (len, mut bytes) = self.get(name).await?;
        let (mut file, mut came) = (File::create_new(to).await?, 0);
        while let Some(chunk) = bytes.try_next().await? {
            came += chunk.len() as u64;
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        if came != len {
            return Err(Error::Away(format!("{came} of {len} bytes came")));
        }
        Ok(())
    }

    /// Removes what is under a name, if anything is.
    pub(super) async fn delete(&self, name: &path::Path) -> Result<()> {
        match self.store.delete(name).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// See `sweep`.
    pub(super) async fn sweep(&self, db: &Db, spared: Duration) -> Result<()> {
        for folder in ["photos", "results"] {
            let mut all = self.store.list(Some(&path::Path::from(folder)));
            while let Some(object) = all.try_next().await? {
                if is_young(SystemTime::from(object.last_modified), spared) {
                    continue;
                }
                let name = object.location.as_ref();
                // Rows name a photo, and files below a folder of results.
                let named = match folder {
                    "photos" => name,
                    _ => name.rsplit_once('/').map_or(name, |(folder, _)| folder),
                };
                if !is_named(db, folder, named).await? {
                    tracing::info!("{name} has no row and is removed");
                    self.delete(&object.location).await?;
                }
            }
        }
        Ok(())
    }
}

/// The next part of a file; shorter than others at its end.
async fn part(file: &mut File) -> io::Result<Bytes> {
    let mut part = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut part).await?;
    Ok(part.into())
}

async fn parts(upload: &mut dyn MultipartUpload, first: Bytes, file: &mut File) -> Result<()> {
    let mut next = first;
    while !next.is_empty() {
        upload.put_part(next.into()).await?;
        next = part(file).await?;
    }
    upload.complete().await?;
    Ok(())
}

impl From<object_store::Error> for Error {
    /// What is not there is not there; all else may be well later.
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => {
                Self::Io(io::Error::new(io::ErrorKind::NotFound, "it is not in the object store"))
            }
            _ => Self::Away(error.to_string()),
        }
    }
}
