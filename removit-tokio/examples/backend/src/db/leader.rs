//! What the elected poller reads and writes. Each write carries the epoch of its election,
//! and an old epoch changes no row.

use removit_tokio::proto::journal::{Ended, JobOutcome, Record, Status};
use removit_tokio::proto::{Endpoint, Finished, JobId, JobStatus, PollError};
use sqlx::Row as _;
use std::time::Duration;

use super::journal::wall;
use super::photo::{Photo, PhotoRow};
use super::{Db, Tx};
use crate::error::{Error, Result};

/// A job that the leader has taken over.
#[derive(Clone, Debug)]
pub struct Watched {
    pub photo: PhotoRow,
    pub job_id: JobId,
}

/// A job that is not known to the server so soon after its acceptance is asked for again.
const YOUNG: Duration = Duration::from_secs(10);

impl Db {
    /// Begins a new epoch: what an earlier leader writes from now on is refused.
    pub async fn begin_epoch(&self, holder: &str) -> Result<i64> {
        let mut tx = self.begin().await?;
        let epoch = sqlx::query_scalar(
            "UPDATE leader SET epoch = epoch + 1, holder = $1 WHERE id = 1 RETURNING epoch",
        );
        let epoch: i64 = epoch.bind(holder).fetch_one(&mut *tx.inner).await?;
        tx.commit().await?;
        Ok(epoch)
    }

    /// Takes over every job that this epoch does not watch yet.
    pub async fn adopt(&self, epoch: i64) -> Result<Vec<Watched>> {
        let mut tx = self.begin().await?;
        tx.fence(epoch).await?;
        let now = tx.now().await?;
        let rows = sqlx::query(
            "UPDATE photos SET poll_epoch = $1 WHERE state = 'processing' AND poll_epoch <> $1
             AND not_before <= $2 AND job_id IS NOT NULL RETURNING *",
        );
        let rows = rows.bind(epoch).bind(now).fetch_all(&mut *tx.inner).await?;
        tx.commit().await?;
        let mut adopted = Vec::with_capacity(rows.len());
        for row in &rows {
            let photo = PhotoRow::read(row)?;
            let id = photo.job_id.as_deref().unwrap_or_default();
            let job_id = id.parse().map_err(|_| Error::Row("photos.job_id".to_owned()))?;
            adopted.push(Watched { photo, job_id });
        }
        Ok(adopted)
    }

    /// Stores how a job is, where that is new.
    pub async fn looked(
        &self,
        epoch: i64,
        watched: &Watched,
        status: &JobStatus,
        endpoint: &Endpoint,
    ) -> Result<()> {
        let Some((tx, mut photo, now)) = self.watched(epoch, watched).await? else { return Ok(()) };
        let status = Status::new(wall(now), photo.row.key, status, endpoint);
        let latest = photo.entry().and_then(|entry| entry.job()).and_then(|job| job.latest());
        if latest.is_some_and(|latest| {
            (&latest.step, latest.progress) == (&status.step, status.progress)
        }) {
            return tx.rollback().await;
        }
        photo.row.progress = status.progress.map(i64::from);
        photo.record(Record::Status(status));
        end(tx, photo).await
    }

    /// Stores that a job is done: its results are fetched next.
    pub async fn finished(&self, epoch: i64, watched: &Watched, finished: &Finished) -> Result<()> {
        let Some((mut tx, mut photo, now)) = self.watched(epoch, watched).await? else {
            return Ok(());
        };
        tx.no_failure().await?;
        let ended = Ended::done(wall(now), photo.row.key, finished, elapsed(&photo.row, now));
        photo.row.progress = Some(100);
        photo.row.reason = None;
        photo.row.not_before = now;
        photo.row.tries = 0;
        photo.record(Record::Ended(ended));
        end(tx, photo).await
    }

    /// Stores that the wait for a job ended without a result.
    pub async fn not_done(
        &self,
        epoch: i64,
        watched: &Watched,
        error: &PollError,
        endpoint: &Endpoint,
    ) -> Result<()> {
        let Some((mut tx, mut photo, now)) = self.watched(epoch, watched).await? else {
            return Ok(());
        };
        let elapsed = elapsed(&photo.row, now);
        let ended = Ended::failed(wall(now), photo.row.key, error, elapsed, endpoint);
        if let PollError::Refused { error, .. } = error {
            match error.status().as_u16() {
                // Not there yet: the acceptance was moments ago.
                404 if elapsed < YOUNG => {
                    photo.row.not_before = now + 1000;
                    tx.unwatch(&photo.row.id).await?;
                    return end(tx, photo).await;
                }
                // The key is not the job's fault: it is asked again once that is mended.
                401 => {
                    photo.row.not_before = now + 30_000;
                    tx.unwatch(&photo.row.id).await?;
                    tx.stop_uploads(
                        &ended.reason.as_ref().map_or_else(String::new, ToString::to_string),
                    )
                    .await?;
                    return end(tx, photo).await;
                }
                _ => {}
            }
        }
        photo.row.given_up = matches!(ended.outcome, JobOutcome::TimedOut | JobOutcome::Refused);
        photo.row.reason = ended.reason.as_ref().map(ToString::to_string);
        photo.record(Record::Ended(ended));
        end(tx, photo).await
    }

    /// Begins a leader's write about a job; `None` where the photo went another way.
    async fn watched(&self, epoch: i64, watched: &Watched) -> Result<Option<(Tx, Photo, i64)>> {
        let mut tx = self.begin().await?;
        tx.fence(epoch).await?;
        let photo = tx.photo(&watched.photo.id).await?;
        let ours = photo.filter(|photo| {
            photo.row.job_id.as_deref() == watched.photo.job_id.as_deref()
                && photo.row.state == super::photo::State::Processing
        });
        let Some(photo) = ours else {
            tx.rollback().await?;
            return Ok(None);
        };
        let now = tx.now().await?;
        Ok(Some((tx, photo, now)))
    }
}

impl Tx {
    /// Refuses to go on where another leader was elected, and keeps it from being until
    /// this transaction ends.
    pub(super) async fn fence(&mut self, epoch: i64) -> Result<()> {
        let sql = self.kind.sharing("SELECT epoch FROM leader WHERE id = 1");
        let row = sqlx::query(sql).fetch_one(&mut *self.inner).await?;
        if row.try_get::<i64, _>("epoch")? == epoch { Ok(()) } else { Err(Error::Fenced) }
    }

    async fn unwatch(&mut self, id: &str) -> Result<()> {
        let sql = "UPDATE photos SET poll_epoch = 0 WHERE id = $1";
        sqlx::query(sql).bind(id).execute(&mut *self.inner).await?;
        Ok(())
    }
}

async fn end(mut tx: Tx, photo: Photo) -> Result<()> {
    tx.settle(photo).await?;
    tx.commit().await
}

fn elapsed(row: &PhotoRow, now: i64) -> Duration {
    let since = now - row.accepted_at.unwrap_or(row.created_at);
    Duration::from_millis(u64::try_from(since).unwrap_or_default())
}
