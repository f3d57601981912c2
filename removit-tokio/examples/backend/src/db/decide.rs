//! What people decide, and callers give.

use removit_tokio::proto::journal::{Destination, Input, JournalPath, Planned, Record, Replay};
use removit_tokio::proto::{InputKey, SourceUrl, UploadOptions};
use sqlx::Row as _;
use std::path::Path;

use super::journal::wall;
use super::lists::is_id;
use super::photo::{Photo, PhotoRow, State};
use super::{Db, Tx};
use crate::error::{Error, Result};

/// A photo that a caller gives.
#[derive(Clone, Debug)]
pub struct Given {
    pub id: String,
    pub tenant: String,
    pub name: String,
    pub source: From,
    pub media: Option<String>,
    pub len: u64,
    pub options: UploadOptions,
    pub key: InputKey,
    pub webhook: Option<String>,
    /// The caller's key for this request, and the digest of what it asks for.
    pub once: Option<(String, String)>,
}

/// Where a photo is.
#[derive(Clone, Debug)]
pub enum From {
    /// A file below the data folder, whole and synced.
    File(String),
    /// The vendor fetches it.
    Url(SourceUrl),
}

/// What came of giving a photo.
#[derive(Clone, Debug)]
pub enum Taken {
    /// It is new.
    New,
    /// The same request was made before: this is its photo.
    Before(String),
    /// The key was used for another request.
    Other,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is carried out.
    Yes,
    /// There is no such photo for this caller.
    Unknown,
    /// There is nothing to decide about a photo in this state.
    Not(State),
}

impl Db {
    /// Keeps a photo, its file being whole on disk. The same key twice is one photo, on
    /// whichever machines and however often at once.
    pub async fn give(&self, given: &Given) -> Result<Taken> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let (file, url) = match &given.source {
            From::File(file) => (Some(file.as_str()), None),
            From::Url(url) => (None, Some(url.as_str())),
        };
        let options =
            serde_json::to_string(&given.options).map_err(|e| Error::Row(e.to_string()))?;
        let (once, digest) =
            given.once.as_ref().map(|(key, digest)| (key.as_str(), digest.as_str())).unzip();
        let new = sqlx::query(
            "INSERT INTO photos (id, tenant, name, file, url, media, len, options, input_key, idem_key,
             idem_digest, webhook, state, seq, wanted, given_up, lease_until, not_before, tries, aborts,
             poll_epoch, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', 0, 1, 0, 0, $13, 0, 0,
             0, $13, $13) ON CONFLICT (tenant, idem_key) DO NOTHING",
        )
        .bind(&given.id)
        .bind(&given.tenant)
        .bind(&given.name)
        .bind(file)
        .bind(url)
        .bind(given.media.as_deref())
        .bind(i64::try_from(given.len).unwrap_or(i64::MAX))
        .bind(options)
        .bind(given.key.to_string())
        .bind(once)
        .bind(digest)
        .bind(given.webhook.as_deref())
        .bind(now)
        .execute(&mut *tx.inner)
        .await?;
        if new.rows_affected() == 0 {
            let row = sqlx::query(
                "SELECT id, idem_digest FROM photos WHERE tenant = $1 AND idem_key = $2",
            );
            let row = row.bind(&given.tenant).bind(once).fetch_one(&mut *tx.inner).await?;
            tx.rollback().await?;
            let same = row.try_get::<Option<String>, _>("idem_digest")?.as_deref() == digest;
            return Ok(if same { Taken::Before(row.try_get("id")?) } else { Taken::Other });
        }
        let sql = "SELECT * FROM photos WHERE id = $1";
        let row = sqlx::query(sql).bind(&given.id).fetch_one(&mut *tx.inner).await?;
        let row = PhotoRow::read(&row)?;
        let mut photo =
            Photo { row, replay: Replay::default(), added: Vec::new(), uploading: false };
        let input = match &given.source {
            From::File(file) => Input::File(JournalPath::new(Path::new(file))),
            From::Url(url) => Input::Url(url.clone()),
        };
        let results = JournalPath::new(&Path::new("results").join(&given.id));
        let destination = Destination::Folder { path: results, stem: "result".to_owned() };
        let planned = Planned::new(wall(now), given.key, input, given.options.clone());
        photo.record(Record::Planned(planned.with_destination(destination)));
        tx.settle(photo).await?;
        tx.commit().await?;
        Ok(Taken::New)
    }

    /// A transaction on a photo, where it is this caller's.
    async fn begin_with(&self, tenant: &str, id: &str) -> Result<Option<(Tx, Photo)>> {
        if !is_id(id) {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        match tx.photo(id).await?.filter(|photo| photo.row.tenant == tenant) {
            Some(photo) => Ok(Some((tx, photo))),
            None => {
                tx.rollback().await?;
                Ok(None)
            }
        }
    }

    /// Sends a photo again, by a person's decision: that may cost again. Of an ambiguous
    /// one nobody knows whether it was paid for; the job of a failed one was.
    pub async fn resend(&self, tenant: &str, id: &str) -> Result<Decided> {
        let Some((mut tx, mut photo)) = self.begin_with(tenant, id).await? else {
            return Ok(Decided::Unknown);
        };
        if !matches!(photo.row.state, State::Ambiguous | State::Failed | State::Rejected) {
            tx.rollback().await?;
            return Ok(Decided::Not(photo.row.state));
        }
        let now = tx.now().await?;
        photo.note("resend", "a person decided to send it again");
        photo.row.wanted = true;
        photo.row.given_up = false;
        photo.row.not_before = now;
        photo.row.tries = 0;
        photo.row.reason = None;
        tx.settle(photo).await?;
        tx.commit().await?;
        Ok(Decided::Yes)
    }

    /// Goes on with a photo where that costs nothing: looks at an overdue job again,
    /// fetches results again, sends what was refused.
    pub async fn retry(&self, tenant: &str, id: &str) -> Result<Decided> {
        let Some((mut tx, mut photo)) = self.begin_with(tenant, id).await? else {
            return Ok(Decided::Unknown);
        };
        match photo.row.state {
            State::Overdue | State::Incomplete => photo.row.given_up = false,
            State::Rejected => photo.row.wanted = true,
            other => {
                tx.rollback().await?;
                return Ok(Decided::Not(other));
            }
        }
        let now = tx.now().await?;
        photo.note("retry", "a person asked to go on");
        photo.row.not_before = now;
        photo.row.tries = 0;
        photo.row.aborts = 0;
        photo.row.reason = None;
        tx.settle(photo).await?;
        tx.commit().await?;
        Ok(Decided::Yes)
    }
}
