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

use super::journal::wall;
use super::photo::{PhotoRow, State};
use super::{Db, Kind, Tx};
use crate::error::Result;

/// How long a photo is kept for a process that waits for a slot.
const RESERVED_MS: i64 = 5_000;

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

    /// Lets a photo wait that cannot be read now. There is no intent, and nothing is told of.
    pub async fn put_off(&self, photo: &PhotoRow, pause: i64, reason: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let sql =
            "UPDATE photos SET not_before = $1, tries = tries + 1, lease_until = 0, reason = $2
                   WHERE id = $3 AND state = 'waiting' AND tries = $4";
        sqlx::query(sql)
            .bind(now + pause)
            .bind(reason)
            .bind(&photo.id)
            .bind(photo.tries)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
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
}

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
