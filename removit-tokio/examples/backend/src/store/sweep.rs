//! Removes what no row names: photos whose caller or process went away before their row was
//! there, results that nobody stored, and halves.
//!
//! What was touched within an hour may be on its way to a row, and is spared. That a photo
//! or a result is given up within half of that, where it takes so long to put, is `Store`'s.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::fs;

use super::{Place, Store};
use crate::db::Db;
use crate::error::Result;

/// What has no row is left alone for so long: it may be on its way to one.
pub(super) const SPARED: Duration = Duration::from_secs(3600);

impl Store {
    /// Removes what no row names and nobody has written to for an hour.
    pub async fn sweep(&self, db: &Db) -> Result<()> {
        self.sweep_older(db, SPARED).await
    }

    /// As [`sweep`](Self::sweep), with another time.
    pub async fn sweep_older(&self, db: &Db, spared: Duration) -> Result<()> {
        self.sweep_folder(db, "incoming", spared).await?;
        match &self.place {
            Place::Disk => {
                self.sweep_folder(db, "photos", spared).await?;
                self.sweep_folder(db, "results", spared).await
            }
            #[cfg(feature = "object-store")]
            Place::Objects(objects) => objects.sweep(db, spared).await,
        }
    }

    async fn sweep_folder(&self, db: &Db, folder: &str, spared: Duration) -> Result<()> {
        let mut entries = fs::read_dir(self.root.join(folder)).await?;
        while let Some(entry) = entries.next_entry().await? {
            // Gone meanwhile: nothing to remove.
            let Ok(data) = entry.metadata().await else { continue };
            let Some(mut touched) = data.modified().ok() else { continue };
            if data.is_dir() {
                touched = touched.max(youngest_in(&entry.path()).await);
            }
            if is_young(touched, spared) {
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
        Ok(())
    }
}

/// When something in a folder was last written to: its own time knows of names alone.
async fn youngest_in(folder: &Path) -> SystemTime {
    let mut youngest = SystemTime::UNIX_EPOCH;
    if let Ok(mut entries) = fs::read_dir(folder).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            let touched = entry.metadata().await.and_then(|data| data.modified());
            youngest = youngest.max(touched.unwrap_or(SystemTime::UNIX_EPOCH));
        }
    }
    youngest
}

/// Whether it was touched within this time, or at one that is yet to come.
pub(super) fn is_young(touched: SystemTime, spared: Duration) -> bool {
    SystemTime::now().duration_since(touched).map_or(true, |age| age < spared)
}

/// Whether a row names a photo, or a file below a folder of results. Both names begin with
/// the photo's id, so that one row is looked at and not all.
pub(super) async fn is_named(db: &Db, folder: &str, name: &str) -> Result<bool> {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let (sql, id) = match folder {
        "photos" => {
            ("SELECT COUNT(*) FROM photos WHERE file = $1 AND id = $2", file.split_once('.'))
        }
        _ => (
            "SELECT COUNT(*) FROM results
             WHERE substr(file, 1, length($1) + 1) = $1 || '/' AND photo_id = $2",
            file.rsplit_once('-'),
        ),
    };
    let Some((id, _)) = id else { return Ok(false) };
    let rows: i64 = sqlx::query_scalar(sql).bind(name).bind(id).fetch_one(db.reader()).await?;
    Ok(rows > 0)
}
