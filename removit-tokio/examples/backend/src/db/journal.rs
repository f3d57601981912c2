//! The history of a photo: the core's journal, one record a row, in the order in which
//! things happened, and what people decided between them.
//!
//! Records are added while the photo's row is locked, so that their numbers have no
//! gaps and no later number is seen before an earlier one.

use std::time::Duration;

use removit_tokio::proto::journal::{Record, Replay, WallTime, decode, encode};
use serde_json::json;
use sqlx::Row as _;

use super::Tx;
use super::photo::{Photo, PhotoRow, State};
use crate::error::{Error, Result};

impl Tx {
    /// Locks a photo and reads what is known of it.
    pub async fn photo(&mut self, id: &str) -> Result<Option<Photo>> {
        let sql = self.kind.locking("SELECT * FROM photos WHERE id = $1");
        let row = sqlx::query(sql).bind(id).fetch_optional(&mut *self.inner).await?;
        let Some(row) = row else { return Ok(None) };
        let row = PhotoRow::read(&row)?;
        let records = sqlx::query(
            "SELECT record FROM records WHERE photo_id = $1 AND record IS NOT NULL ORDER BY seq",
        );
        let mut replay = Replay::default();
        for record in records.bind(id).fetch_all(&mut *self.inner).await? {
            let text: String = record.try_get("record")?;
            let record = decode(text.as_bytes()).map_err(|error| Error::Row(error.to_string()))?;
            // A kind that a later version brought may be passed over.
            if let Some(record) = record {
                replay.apply(record);
            }
        }
        let uploading = row.state == State::Uploading;
        Ok(Some(Photo { row, replay, added: Vec::new(), uploading }))
    }

    /// Writes what was added to the photo, its new state, and the webhook that tells of
    /// an end, all in this transaction. Gives the state back.
    pub async fn settle(&mut self, mut photo: Photo) -> Result<State> {
        let (before, now) = (photo.row.state, self.now().await?);
        let state = photo.state();
        for (kind, record, detail) in std::mem::take(&mut photo.added) {
            photo.row.seq += 1;
            sqlx::query(
                "INSERT INTO records (photo_id, seq, at, kind, state, record, detail)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(&photo.row.id)
            .bind(photo.row.seq)
            .bind(now)
            .bind(kind)
            .bind(state.as_str())
            .bind(record)
            .bind(detail)
            .execute(&mut *self.inner)
            .await?;
        }
        let row = &photo.row;
        let job_id = photo.entry().and_then(|entry| entry.job()).map(|job| job.id().to_string());
        sqlx::query(
            "UPDATE photos SET state = $2, seq = $3, wanted = $4, given_up = $5, owner = $6,
             lease_until = $7, not_before = $8, tries = $9, job_id = $10, accepted_at = $11,
             progress = $12, reason = $13, changed_at = $14, aborts = $15,
             poll_epoch = CASE WHEN state = $2 THEN poll_epoch ELSE 0 END WHERE id = $1",
        )
        .bind(&row.id)
        .bind(state.as_str())
        .bind(row.seq)
        .bind(i64::from(row.wanted))
        .bind(i64::from(row.given_up))
        .bind(row.owner.as_deref())
        .bind(row.lease_until)
        .bind(row.not_before)
        .bind(row.tries)
        .bind(job_id)
        .bind(row.accepted_at)
        .bind(row.progress)
        .bind(row.reason.as_deref())
        .bind(now)
        .bind(row.aborts)
        .execute(&mut *self.inner)
        .await?;
        if let Some(url) = row.webhook.as_deref().filter(|_| state != before && state.is_end()) {
            self.add_webhook(row, state, url, now).await?;
        }
        self.tell(&photo.row.id).await?;
        Ok(state)
    }

    async fn add_webhook(
        &mut self,
        row: &PhotoRow,
        state: State,
        url: &str,
        now: i64,
    ) -> Result<()> {
        let id = uuid::Uuid::now_v7().to_string();
        let body = json!({
            "id": id,
            "type": format!("photo.{}", state.as_str()),
            // Later events of a photo have higher numbers, in whatever order they arrive.
            "number": row.seq,
            "at": wall(now).to_string(),
            "photo": { "id": row.id, "name": row.name, "state": state, "reason": row.reason },
        });
        let receiver = reqwest::Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(|host| format!("{host}:{:?}", url.port())));
        sqlx::query(
            "INSERT INTO outbox (id, photo_id, url, receiver, body, tries, next_at, created_at)
             VALUES ($1, $2, $3, $4, $5, 0, $6, $6)",
        )
        .bind(id)
        .bind(&row.id)
        .bind(url)
        .bind(receiver.unwrap_or_default())
        .bind(body.to_string())
        .bind(now)
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

impl Photo {
    /// Adds a record of the core's journal.
    pub fn record(&mut self, record: Record) {
        let text = encode(&record).trim_end().to_owned();
        let (kind, detail) = words(&record);
        self.replay.apply(record);
        self.added.push((kind, Some(text), detail));
    }

    /// Adds what no record of the core says: decisions, and what became of a process.
    pub fn note(&mut self, kind: &'static str, detail: impl Into<String>) {
        self.added.push((kind, None, Some(detail.into())));
    }
}

/// The database's time, as the journal has it.
pub fn wall(millis: i64) -> WallTime {
    WallTime::from_unix(Duration::from_millis(u64::try_from(millis).unwrap_or_default()))
}

/// The kind of a record, and what it says to people. No URL and no key is in it.
fn words(record: &Record) -> (&'static str, Option<String>) {
    match record {
        Record::Planned(_) => ("planned", None),
        Record::Intent(intent) => ("intent", Some(format!("upload {}", intent.attempt))),
        Record::Accepted(accepted) => {
            ("accepted", Some(format!("job {}", accepted.job_id.printable())))
        }
        Record::NotAccepted(end) => ("not_accepted", Some(end.reason.to_string())),
        Record::Status(status) => {
            let step = status.step.as_ref().map(ToString::to_string).unwrap_or_default();
            let progress = status.progress.map(|percent| format!("{percent} %"));
            (
                "status",
                Some([Some(step), progress].into_iter().flatten().collect::<Vec<_>>().join(", ")),
            )
        }
        Record::Ended(ended) => ("ended", ended.reason.as_ref().map(ToString::to_string)),
        Record::Saved(saved) => ("saved", saved.variation.clone()),
        // Of a journal's file, and of a later core.
        _ => ("other", None),
    }
}
