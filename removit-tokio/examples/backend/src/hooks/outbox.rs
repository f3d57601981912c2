//! The rows of webhooks: written with the transition that they tell of (`db::journal`),
//! taken one at a time, and kept until they are delivered or given up.

use sqlx::Row as _;

use crate::db::{Db, Tx};
use crate::error::Result;

/// How long a delivery may take before another process may try as well: at least once.
const LEASE_MS: i64 = 60_000;

/// After so long a webhook is given up.
const LONGEST_MS: i64 = 24 * 3600 * 1000;

/// A webhook to deliver.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The same in all attempts.
    pub id: String,
    pub url: String,
    pub receiver: String,
    /// The same bytes in all attempts.
    pub body: String,
    tries: i64,
    created_at: i64,
}

impl Db {
    /// The receivers that something is due for, the longest due first.
    pub async fn receivers(&self) -> Result<Vec<String>> {
        let now = self.now().await?;
        let rows = sqlx::query(
            "SELECT receiver FROM outbox WHERE ended IS NULL AND next_at <= $1
             GROUP BY receiver ORDER BY MIN(next_at) LIMIT 200",
        );
        let rows = rows.bind(now).fetch_all(self.reader()).await?;
        rows.iter().map(|row| Ok(row.try_get("receiver")?)).collect()
    }

    /// Takes what is due longest for a receiver.
    pub async fn take_letter(&self, receiver: &str) -> Result<Option<Letter>> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let sql = "SELECT * FROM outbox WHERE receiver = $1 AND ended IS NULL AND next_at <= $2
                   ORDER BY next_at, id LIMIT 1";
        let sql = tx.kind().claiming(sql);
        let row = sqlx::query(sql).bind(receiver).bind(now).fetch_optional(tx.on()).await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(None);
        };
        let letter = Letter {
            id: row.try_get("id")?,
            url: row.try_get("url")?,
            receiver: receiver.to_owned(),
            body: row.try_get("body")?,
            tries: row.try_get("tries")?,
            created_at: row.try_get("created_at")?,
        };
        let sql = "UPDATE outbox SET next_at = $1, tries = tries + 1 WHERE id = $2";
        sqlx::query(sql).bind(now + LEASE_MS).bind(&letter.id).execute(tx.on()).await?;
        tx.commit().await?;
        Ok(Some(letter))
    }

    /// It was delivered.
    pub async fn delivered(&self, letter: &Letter) -> Result<()> {
        let mut tx = self.begin().await?;
        end(&mut tx, letter, "delivered", None).await?;
        tx.commit().await
    }

    /// It was not: it is tried again later, with growing pauses, for a day.
    pub async fn not_delivered(&self, letter: &Letter, reason: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        if now - letter.created_at > LONGEST_MS {
            end(&mut tx, letter, "given_up", Some(reason)).await?;
        } else {
            let pause = (2000_i64 << letter.tries.clamp(0, 11)).min(3_600_000);
            let sql = "UPDATE outbox SET next_at = $1, reason = $2 WHERE id = $3 AND ended IS NULL";
            let later = sqlx::query(sql).bind(now + pause).bind(reason).bind(&letter.id);
            later.execute(tx.on()).await?;
        }
        tx.commit().await
    }
}

async fn end(tx: &mut Tx, letter: &Letter, how: &str, reason: Option<&str>) -> Result<()> {
    let sql = "UPDATE outbox SET ended = $1, reason = $2 WHERE id = $3";
    sqlx::query(sql).bind(how).bind(reason).bind(&letter.id).execute(tx.on()).await?;
    Ok(())
}
