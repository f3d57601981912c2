//! What there is to do, and who does it: the queue of all machines.
//!
//! It is these tables and no engine beside them. An upload must run once or never, and
//! the judge of that has to be the row of its intent, written in the transaction that
//! takes the photo. An engine's own claims, attempts and recoveries would be a second
//! opinion about the same thing: one that we tried ran a paid upload again after missed
//! heartbeats, another 30 seconds after a graceful stop. What an engine adds, taking rows
//! that nobody else has, is `FOR UPDATE SKIP LOCKED`.

use removit_tokio::proto::journal::{Accepted, Intent, Record};
use removit_tokio::proto::{self, TransportFailure, UploadError};
use sqlx::Row as _;

use super::journal::wall;
use super::photo::{PhotoRow, State};
use super::{Db, Kind, Tx};
use crate::error::Result;

/// A process that was not heard of for so long is dead: its uploads have no answer.
pub const DEAD_AFTER_MS: i64 = 20_000;

/// How long a photo is kept for a process that waits for a slot.
const RESERVED_MS: i64 = 5_000;

/// How long a fetch may go without a sign of life.
const LEASE_MS: i64 = 60_000;

/// How often results are fetched before a person has to say so.
const MOST_FETCHES: i64 = 8;

/// A photo that was taken while its process aborted this often is set aside.
const MOST_ABORTS: i64 = 3;

/// An upload that may leave: its intent is stored.
#[derive(Clone, Debug)]
pub struct Claim {
    pub photo: PhotoRow,
    pub intent: Intent,
}

/// What an upload brought, for the photo.
#[derive(Clone, Debug)]
pub enum Next {
    /// It waits again for so many milliseconds: nothing was processed.
    Later(i64),
    /// It waits for a person.
    Stop,
}

impl Db {
    /// Sets the photo aside for this process whose turn came first, for as long as it takes
    /// to get a slot: others take other ones. It promises nothing, and is no intent: whoever
    /// dies leaves a photo that waits.
    pub async fn reserve_upload(&self) -> Result<Option<PhotoRow>> {
        let sql = "SELECT * FROM photos WHERE state = 'waiting' AND not_before <= $1
                   AND lease_until <= $1 ORDER BY not_before, id LIMIT 1";
        if self.kind == Kind::Sqlite {
            // There is nobody else, and a write would cost a sync of the disk.
            let free = sqlx::query(sql).bind(self.now().await?).fetch_optional(self.reader());
            return free.await?.as_ref().map(PhotoRow::read).transpose();
        }
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let free = sqlx::query(tx.kind.claiming(sql)).bind(now);
        let Some(free) = free.fetch_optional(&mut *tx.inner).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let row = PhotoRow::read(&free)?;
        sqlx::query("UPDATE photos SET lease_until = $1 WHERE id = $2")
            .bind(now + RESERVED_MS)
            .bind(&row.id)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await?;
        Ok(Some(row))
    }

    /// Takes a photo for its upload: the intent is stored when this returns. `None` where
    /// somebody else was faster, or nothing may leave now.
    pub async fn claim_upload(&self, id: &str, owner: &str) -> Result<Option<Claim>> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        if !tx.may_upload(now).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let sql = "SELECT id FROM photos WHERE id = $1 AND state = 'waiting' AND not_before <= $2";
        let free = sqlx::query(tx.kind.claiming(sql)).bind(id).bind(now);
        let free = free.fetch_optional(&mut *tx.inner).await?;
        let photo = if free.is_some() { tx.photo(id).await? } else { None };
        let Some(mut photo) = photo else {
            tx.rollback().await?;
            return Ok(None);
        };
        let intent = Intent::new(wall(now), photo.row.key, photo.next_attempt());
        // The judge: of two that send one attempt, one finds the row there.
        let row = sqlx::query(
            "INSERT INTO intents (photo_id, attempt, owner, at) VALUES ($1, $2, $3, $4)",
        );
        row.bind(id)
            .bind(i64::from(intent.attempt))
            .bind(owner)
            .bind(now)
            .execute(&mut *tx.inner)
            .await?;
        photo.record(Record::Intent(intent.clone()));
        photo.uploading = true;
        photo.row.lease_until = 0;
        photo.row.owner = Some(owner.to_owned());
        photo.row.reason = None;
        let row = photo.row.clone();
        tx.settle(photo).await?;
        tx.commit().await?;
        Ok(Some(Claim { photo: row, intent }))
    }

    /// Stores that there is a job. It counts whenever it comes: after the photo was
    /// called ambiguous, and while it waits to be sent again by a person's decision.
    pub async fn accepted(&self, claim: &Claim, accepted: &proto::Accepted) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let record = claim.intent.accepted(wall(now), accepted);
        tx.store_accepted(&claim.photo.id, record, now).await?;
        for further in accepted.further() {
            let (key, attempt) = (claim.intent.key, claim.intent.attempt);
            let record = Accepted::new(wall(now), key, further.clone(), attempt);
            tx.store_accepted(&claim.photo.id, record, now).await?;
        }
        tx.no_failure().await?;
        tx.commit().await
    }

    /// Stores that an upload ended without a job's id.
    pub async fn not_accepted(&self, claim: &Claim, error: &UploadError, next: Next) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let Some(mut photo) = tx.photo(&claim.photo.id).await? else { return tx.rollback().await };
        let end = claim.intent.not_accepted(wall(now), error);
        let outcome = match error {
            UploadError::Ambiguous(_) => "ambiguous",
            UploadError::Rejected(_) => "rejected",
            _ => "not_sent",
        };
        tx.end_intent(&claim.photo.id, claim.intent.attempt, outcome).await?;
        // A later attempt may be under way, of this process or another. And it may have been
        // called ambiguous while its answer was on its way: nobody decided since, if so.
        let is_last = photo.next_attempt() == claim.intent.attempt + 1;
        let ours = photo.row.owner == claim.photo.owner;
        let was_lost = photo.row.state == State::Ambiguous;
        if is_last && (ours || was_lost) {
            photo.uploading = false;
            photo.row.owner = None;
            photo.row.reason = Some(end.reason.to_string());
            match next {
                Next::Later(pause) => {
                    // Otherwise as it is: its job may be known by now, from an earlier attempt.
                    photo.row.wanted |= was_lost;
                    photo.row.tries += 1;
                    photo.row.not_before = now + pause;
                }
                Next::Stop => photo.row.wanted = false,
            }
        }
        photo.record(Record::NotAccepted(end));
        tx.settle(photo).await?;
        tx.commit().await
    }

    /// Gives a photo back whose time passed before its upload left.
    pub async fn withdraw(&self, claim: &Claim) -> Result<()> {
        let nothing = UploadError::NotSent(TransportFailure::connect("its slot had passed"));
        self.not_accepted(claim, &nothing, Next::Later(0)).await
    }

    /// A sign of life of this process. Where it `judges`, it finds the uploads of processes
    /// that gave none, and calls them ambiguous. They are never sent again unasked.
    pub async fn heartbeat(&self, owner: &str, judges: bool) -> Result<usize> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        sqlx::query(
            "INSERT INTO processes (id, seen_at) VALUES ($1, $2)
             ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(owner)
        .bind(now)
        .execute(&mut *tx.inner)
        .await?;
        // Their rows stay as long as an intent names them.
        sqlx::query(
            "DELETE FROM processes WHERE seen_at < $1 AND NOT EXISTS (SELECT 1 FROM intents
             WHERE intents.owner = processes.id AND intents.outcome IS NULL)",
        )
        .bind(now - 10 * DEAD_AFTER_MS)
        .execute(&mut *tx.inner)
        .await?;
        tx.commit().await?;
        if !judges {
            return Ok(0);
        }
        let lost = sqlx::query(
            "SELECT photo_id, attempt FROM intents WHERE outcome IS NULL AND owner <> $1
             AND NOT EXISTS (SELECT 1 FROM processes
                             WHERE processes.id = intents.owner AND processes.seen_at > $2)",
        );
        let lost = lost.bind(owner).bind(now - DEAD_AFTER_MS).fetch_all(self.reader()).await?;
        for row in &lost {
            self.lose(row.try_get("photo_id")?, row.try_get("attempt")?).await?;
        }
        Ok(lost.len())
    }

    /// At the start of the one process of a SQLite file: all others are dead.
    pub async fn forget_processes(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM processes").execute(&mut *tx.inner).await?;
        // What they were fetching can be fetched at once.
        sqlx::query("UPDATE photos SET lease_until = 0 WHERE lease_until > 0")
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }

    async fn lose(&self, photo_id: &str, attempt: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        let Some(mut photo) = tx.photo(photo_id).await? else { return tx.rollback().await };
        let ended = sqlx::query(
            "UPDATE intents SET outcome = 'lost' WHERE photo_id = $1 AND attempt = $2 AND outcome IS NULL",
        );
        let ended = ended.bind(photo_id).bind(attempt).execute(&mut *tx.inner).await?;
        if ended.rows_affected() == 0 {
            // Its answer came meanwhile.
            return tx.rollback().await;
        }
        let words = "the process that sent it ended before the answer came";
        photo.note("lost", words);
        photo.uploading = false;
        photo.row.owner = None;
        photo.row.wanted = false;
        photo.row.reason = Some(format!("{words}: look at the account before sending it again"));
        tx.settle(photo).await?;
        tx.commit().await
    }

    /// Takes a photo whose results are to be fetched.
    pub async fn claim_fetch(&self, owner: &str) -> Result<Option<PhotoRow>> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let sql = "SELECT id FROM photos WHERE state = 'fetching' AND not_before <= $1
                   AND lease_until <= $1 ORDER BY not_before, id LIMIT 1";
        let free =
            sqlx::query(tx.kind.claiming(sql)).bind(now).fetch_optional(&mut *tx.inner).await?;
        let Some(free) = free else {
            tx.rollback().await?;
            return Ok(None);
        };
        let Some(mut photo) = tx.photo(free.try_get("id")?).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        // An owner that is still named gave no word of how it ended.
        photo.row.aborts += i64::from(photo.row.owner.is_some());
        let aborts = photo.row.aborts;
        if aborts >= MOST_ABORTS {
            photo.row.owner = None;
            photo.row.given_up = true;
            photo.row.reason =
                Some(format!("set aside: {aborts} processes ended while fetching it"));
            photo.note("set_aside", format!("{aborts} processes ended while fetching it"));
            tx.settle(photo).await?;
            tx.commit().await?;
            return Ok(None);
        }
        photo.row.owner = Some(owner.to_owned());
        photo.row.lease_until = now + LEASE_MS;
        let row = photo.row.clone();
        tx.settle(photo).await?;
        tx.commit().await?;
        Ok(Some(row))
    }

    /// Says that a fetch goes on.
    pub async fn renew(&self, photo: &PhotoRow) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        sqlx::query("UPDATE photos SET lease_until = $1 WHERE id = $2 AND owner = $3")
            .bind(now + LEASE_MS)
            .bind(&photo.id)
            .bind(photo.owner.as_deref())
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }

    /// Stores results that are whole on disk: variation, file, media type, length.
    pub async fn fetched(
        &self,
        photo: &PhotoRow,
        results: &[(Option<String>, String, &'static str, u64)],
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let Some(mut changed) = tx.photo(&photo.id).await? else { return tx.rollback().await };
        if changed.row.owner != photo.owner {
            // Another process fetches it by now, and its files are the ones that count.
            return tx.rollback().await;
        }
        for (variation, file, media, len) in results {
            let len = i64::try_from(*len).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT INTO results (photo_id, variation, file, media, len) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (photo_id, variation) DO UPDATE
                 SET file = excluded.file, media = excluded.media, len = excluded.len",
            )
            .bind(&photo.id)
            .bind(variation.as_deref().unwrap_or(FINAL))
            .bind(file)
            .bind(*media)
            .bind(len)
            .execute(&mut *tx.inner)
            .await?;
            let path = proto::journal::JournalPath::new(std::path::Path::new(file));
            let mut saved =
                proto::journal::Saved::new(wall(now), photo.key, path, len.unsigned_abs());
            saved.variation.clone_from(variation);
            changed.record(Record::Saved(saved));
        }
        changed.row.owner = None;
        changed.row.lease_until = 0;
        changed.row.tries = 0;
        changed.row.reason = None;
        tx.settle(changed).await?;
        tx.commit().await
    }

    /// Stores that a fetch failed: it is tried again later, or waits for a person.
    pub async fn not_fetched(&self, photo: &PhotoRow, reason: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let Some(mut changed) = tx.photo(&photo.id).await? else { return tx.rollback().await };
        if changed.row.owner != photo.owner {
            return tx.rollback().await;
        }
        changed.row.owner = None;
        changed.row.lease_until = 0;
        changed.row.tries += 1;
        let tries = changed.row.tries;
        changed.row.not_before = now + 1000 * (1_i64 << tries.clamp(0, 6));
        changed.row.given_up = tries >= MOST_FETCHES;
        changed.row.reason = Some(reason.to_owned());
        changed.note("not_fetched", reason);
        tx.settle(changed).await?;
        tx.commit().await
    }

    /// Gives a fetch back that a process leaves behind at its end.
    pub async fn leave_fetch(&self, photo: &PhotoRow) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE photos SET owner = NULL, lease_until = 0 WHERE id = $1 AND owner = $2")
            .bind(&photo.id)
            .bind(photo.owner.as_deref())
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }
}

/// What the one result of `delivery_mode=final_url` is called in paths.
pub const FINAL: &str = "final";

impl Tx {
    async fn store_accepted(&mut self, id: &str, record: Accepted, now: i64) -> Result<()> {
        let Some(mut photo) = self.photo(id).await? else { return Ok(()) };
        self.end_intent(id, record.attempt, "accepted").await?;
        photo.record(Record::Accepted(record));
        // Paid for: nothing is to be sent, whatever was decided meanwhile. An upload
        // that is under way all the same goes on, and is told when it ends.
        photo.row.wanted = false;
        photo.row.given_up = false;
        let another = self.has_open_intent(id).await?;
        photo.uploading = another;
        if !another {
            photo.row.owner = None;
        }
        photo.row.accepted_at = Some(now);
        photo.row.tries = 0;
        photo.row.not_before = now;
        photo.row.reason = None;
        photo.row.progress = None;
        let _state: State = self.settle(photo).await?;
        Ok(())
    }

    async fn end_intent(&mut self, id: &str, attempt: u32, outcome: &str) -> Result<()> {
        sqlx::query("UPDATE intents SET outcome = $3 WHERE photo_id = $1 AND attempt = $2")
            .bind(id)
            .bind(i64::from(attempt))
            .bind(outcome)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn has_open_intent(&mut self, id: &str) -> Result<bool> {
        let open: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM intents WHERE photo_id = $1 AND outcome IS NULL",
        )
        .bind(id)
        .fetch_one(&mut *self.inner)
        .await?;
        Ok(open > 0)
    }
}
