//! What all machines share of the one account: the budget of requests, the pause that an
//! overloaded server asks for, and the stop that a refused key or an empty account means.
//!
//! A request needs a ticket: a slot on the database's clock. The row is locked first and
//! the time read after, so that a long wait for the lock gives no slots in the past.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use sqlx::Row as _;

use super::{Db, Kind, Tx};
use crate::error::Result;

/// A ticket that is not used within this time after its slot is void.
const LATEST: Duration = Duration::from_millis(100);

/// A right to send one request, from its slot on and not much later.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    slot: Instant,
}

/// What came of asking for a ticket.
#[derive(Clone, Debug)]
pub enum Slot {
    /// Its time is here or comes soon.
    Ticket(Ticket),
    /// Nothing may leave for so long.
    Paused(Duration),
}

/// How the account is.
#[derive(Clone, Debug)]
pub struct Account {
    /// How long nothing may leave, from now on.
    pub paused_for: Duration,
    /// Why no upload may leave until a person says so.
    pub stopped: Option<String>,
}

impl Ticket {
    /// Waits for the slot. `false` where it is over already.
    pub async fn wait(self) -> bool {
        tokio::time::sleep_until(self.slot.into()).await;
        self.is_good()
    }

    /// Whether its slot is here.
    pub fn is_due(self) -> bool {
        self.slot <= Instant::now()
    }

    /// Whether it may still be used.
    pub fn is_good(self) -> bool {
        self.slot.elapsed() <= LATEST
    }
}

impl Db {
    /// Takes the next slot of all machines' budget.
    ///
    /// Slots are so far apart that no second has more than `per_second` of them, those
    /// used at the last moment included.
    pub async fn ticket(&self, per_second: u32) -> Result<Slot> {
        // A second and the latest use of a slot hold `per_second` of them.
        let apart = (1_000_000 + micros(LATEST)) / i64::from(per_second) + 1;
        if self.kind == Kind::Sqlite {
            return self.own_ticket(apart).await;
        }
        let mut tx = self.begin().await?;
        let sql = tx.kind.locking("SELECT next_slot_us, paused_until FROM account WHERE id = 1");
        let row = sqlx::query(sql).fetch_one(&mut *tx.inner).await?;
        let (next, paused): (i64, i64) =
            (row.try_get("next_slot_us")?, row.try_get("paused_until")?);
        // After the lock: while it was waited for, time went on.
        let now = tx.now().await?;
        let read = Instant::now();
        if paused > now {
            tx.rollback().await?;
            return Ok(Slot::Paused(Duration::from_millis((paused - now).unsigned_abs())));
        }
        let slot = next.max(now * 1000);
        sqlx::query("UPDATE account SET next_slot_us = $1 WHERE id = 1")
            .bind(slot + apart)
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await?;
        let ahead = Duration::from_micros((slot - now * 1000).unsigned_abs());
        Ok(Slot::Ticket(Ticket { slot: read + ahead }))
    }

    /// The next slot of the one process that there is: no row needs to be written.
    async fn own_ticket(&self, apart: i64) -> Result<Slot> {
        let paused_for = self.account().await?.paused_for;
        if !paused_for.is_zero() {
            return Ok(Slot::Paused(paused_for));
        }
        let mut next = self.own_slot.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let slot = next.map_or(now, |next| next.max(now));
        *next = Some(slot + Duration::from_micros(apart.unsigned_abs()));
        Ok(Slot::Ticket(Ticket { slot }))
    }

    /// How the account is now.
    pub async fn account(&self) -> Result<Account> {
        let row = sqlx::query("SELECT paused_until, stopped FROM account WHERE id = 1");
        let row = row.fetch_one(self.reader()).await?;
        let paused: i64 = row.try_get("paused_until")?;
        let left = paused - self.now().await?;
        let paused_for = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        Ok(Account { paused_for, stopped: row.try_get("stopped")? })
    }

    /// Nothing leaves for as long as the server asks, or for a pause that grows with
    /// each failure in a row. What slows one machine slows all.
    pub async fn pause(&self, asked: Option<Duration>) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = tx.kind.locking("SELECT failures, paused_until FROM account WHERE id = 1");
        let row = sqlx::query(sql).fetch_one(&mut *tx.inner).await?;
        let (failures, paused): (i64, i64) =
            (row.try_get("failures")?, row.try_get("paused_until")?);
        let now = tx.now().await?;
        // Of requests that were under way together one counts.
        let failures_now = failures + i64::from(paused <= now);
        let grown = Duration::from_secs(1 << failures.clamp(0, 5)).min(Duration::from_secs(30));
        // No server's word stops a shop for longer than a quarter of an hour.
        let pause = asked.unwrap_or_default().max(grown).min(Duration::from_secs(900));
        let until = now + i64::try_from(pause.as_millis()).unwrap_or(900_000);
        sqlx::query(
            "UPDATE account SET failures = $1,
             paused_until = CASE WHEN paused_until > $2 THEN paused_until ELSE $2 END WHERE id = 1",
        )
        .bind(failures_now)
        .bind(until)
        .execute(&mut *tx.inner)
        .await?;
        tx.commit().await
    }

    /// Uploads may leave again, by a person's decision.
    pub async fn resume_uploads(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE account SET stopped = NULL WHERE id = 1")
            .execute(&mut *tx.inner)
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// Whether an upload may leave now. The row stays as it is until the transaction
    /// ends, so that a stop and an intent come one after the other.
    pub(super) async fn may_upload(&mut self, now: i64) -> Result<bool> {
        let sql = self.kind.sharing("SELECT paused_until, stopped FROM account WHERE id = 1");
        let row = sqlx::query(sql).fetch_one(&mut *self.inner).await?;
        let stopped: Option<String> = row.try_get("stopped")?;
        Ok(stopped.is_none() && row.try_get::<i64, _>("paused_until")? <= now)
    }

    /// The server works: the next pause is a short one again.
    pub async fn no_failure(&mut self) -> Result<()> {
        sqlx::query("UPDATE account SET failures = 0 WHERE id = 1 AND failures > 0")
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// No upload leaves until a person says so.
    pub async fn stop_uploads(&mut self, why: &str) -> Result<()> {
        sqlx::query("UPDATE account SET stopped = $1 WHERE id = 1 AND stopped IS NULL")
            .bind(why)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
