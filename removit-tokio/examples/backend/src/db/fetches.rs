//! Results that are to be fetched, and who fetches them: for a while, and again where
//! nothing was heard. That costs nothing.

use removit_tokio::proto;
use removit_tokio::proto::journal::Record;
use sqlx::Row as _;

use super::Db;
use super::journal::wall;
use super::photo::PhotoRow;
use crate::error::Result;

/// How long a fetch may go without a sign of life.
const LEASE_MS: i64 = 60_000;

/// How often results are fetched before a person has to say so.
const MOST_FETCHES: i64 = 8;

/// A photo that was taken while its process aborted this often is set aside.
const MOST_ABORTS: i64 = 3;

/// What the one result of `delivery_mode=final_url` is called in paths.
pub const FINAL: &str = "final";

impl Db {
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

    /// Stores results that are whole: variation, file, media type, length.
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

    /// Stores that a fetch failed: it is tried again later, or waits for a person where it
    /// counts and was tried often enough.
    pub async fn not_fetched(&self, photo: &PhotoRow, reason: &str, counts: bool) -> Result<()> {
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
        changed.row.given_up = counts && tries >= MOST_FETCHES;
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
