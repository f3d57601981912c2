//! Signs of life, and the uploads of processes that give none: they are ambiguous, and
//! never sent again unasked.

use sqlx::Row as _;

use super::Db;
use crate::error::Result;

/// A process that was not heard of for so long is dead: its uploads have no answer.
pub const DEAD_AFTER_MS: i64 = 20_000;

impl Db {
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
}
