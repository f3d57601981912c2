//! The database: SQLite in a file for one process, PostgreSQL for any number.
//!
//! Both run the same statements. They differ in how a row is locked, where the time
//! comes from and who hears of changes, and that is all in this file.
//!
//! **A transaction must not be dropped half way**: sqlx 0.9 leaves a pooled connection
//! unusable when `begin` is cancelled. Routes run in tasks of their own for that reason
//! (`web::serve`), and no branch of a `select!` touches the database.

pub mod account;
pub mod decide;
pub mod fetches;
pub mod journal;
pub mod leader;
pub mod listen;
pub mod lists;
pub mod photo;
pub mod processes;
pub mod queue;

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, SqlSafeStr, SqlStr, Transaction};

use crate::error::{Error, Result};
use crate::hub::Hub;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of one process.
    Sqlite,
    /// A server for many.
    Postgres,
}

/// The database of this program.
#[derive(Clone, Debug)]
pub struct Db {
    read: AnyPool,
    /// SQLite has one writer: its turns are taken here, and not by its busy time-out,
    /// which is not fair.
    write: AnyPool,
    kind: Kind,
    url: String,
    hub: Hub,
    /// The next slot of the budget where one process has it all.
    own_slot: Arc<Mutex<Option<Instant>>>,
    _lock: Option<Arc<File>>,
}

/// A transaction. Its photos are told of once it is committed.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    kind: Kind,
    hub: Hub,
    changed: Vec<String>,
}

impl Db {
    /// Opens PostgreSQL by its URL, or the SQLite file in the folder, and brings the
    /// tables to this version. Waits for a server that is not there yet.
    pub async fn open(url: Option<&str>, folder: &Path, pool: u32, hub: Hub) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (kind, url, lock) = match url {
            Some(url) if url.starts_with("postgres:") || url.starts_with("postgresql:") => {
                (Kind::Postgres, url.to_owned(), None)
            }
            Some(_) => return Err(Error::setup("DATABASE_URL must begin with postgres://")),
            None => (Kind::Sqlite, sqlite_url(folder)?, Some(Arc::new(only_process(folder)?))),
        };
        let options: AnyConnectOptions = url.parse()?;
        let (readers, writers) = match kind {
            Kind::Sqlite => (pool, 1),
            Kind::Postgres => (pool, pool),
        };
        let write = pool_of(kind, writers).connect_lazy_with(options.clone());
        let read = match kind {
            Kind::Sqlite => pool_of(kind, readers).connect_lazy_with(options),
            Kind::Postgres => write.clone(),
        };
        let db = Self { read, write, kind, url, hub, own_slot: Arc::default(), _lock: lock };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<()> {
        let text = match self.kind {
            Kind::Sqlite => include_str!("../../migrations/sqlite/1_first.sql"),
            Kind::Postgres => include_str!("../../migrations/postgres/1_first.sql"),
        };
        let first =
            Migration::new(1, "first".into(), MigrationType::Simple, text.into_sql_str(), false);
        let migrations = Cow::Owned(vec![first]);
        let migrator = Migrator { migrations, ..Migrator::DEFAULT };
        patiently(async || match migrator.run(&self.write).await {
            Ok(()) => Ok(()),
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _))
                if is_away(&error) =>
            {
                Err(error.into())
            }
            Err(error) => Err(Error::setup(format!("migrations: {error}"))),
        })
        .await
    }

    /// Which database it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its URL, for connections of other kinds. It has the password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Who is told of changes.
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// For statements that only read.
    pub const fn reader(&self) -> &AnyPool {
        &self.read
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match self.kind {
            Kind::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.write.begin().await?,
        };
        Ok(Tx { inner, kind: self.kind, hub: self.hub.clone(), changed: Vec::new() })
    }

    /// The database's time, in milliseconds since 1970: the one clock of all machines.
    pub async fn now(&self) -> Result<i64> {
        Ok(sqlx::query_scalar(self.kind.clock()).fetch_one(&self.read).await?)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl Tx {
    /// Which database it is on.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Where statements run.
    pub(crate) fn on(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// The present on the database's clock, in milliseconds since 1970.
    pub async fn now(&mut self) -> Result<i64> {
        Ok(sqlx::query_scalar(self.kind.clock()).fetch_one(&mut *self.inner).await?)
    }

    /// Remembers to tell of a photo.
    async fn tell(&mut self, photo: &str) -> Result<()> {
        if self.kind == Kind::Postgres {
            // Delivered with the commit, and not at all without it.
            sqlx::query("SELECT 1 FROM pg_notify('removit_photos', $1)")
                .bind(photo)
                .execute(&mut *self.inner)
                .await?;
        }
        self.changed.push(photo.to_owned());
        Ok(())
    }

    /// Ends it, and tells of what changed.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        for photo in &self.changed {
            self.hub.tell(photo);
        }
        Ok(())
    }

    /// Undoes it.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.inner.rollback().await?)
    }
}

impl Kind {
    const fn clock(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// The statement with its rows locked; SQLite locks the whole file.
    fn locking(self, sql: &'static str) -> SqlStr {
        self.with(sql, " FOR UPDATE")
    }

    /// The statement with its rows locked, others' rows passed over.
    pub(crate) fn claiming(self, sql: &'static str) -> SqlStr {
        self.with(sql, " FOR UPDATE SKIP LOCKED")
    }

    /// The statement with its rows kept as they are.
    fn sharing(self, sql: &'static str) -> SqlStr {
        self.with(sql, " FOR SHARE")
    }

    fn with(self, sql: &'static str, lock: &'static str) -> SqlStr {
        match self {
            Self::Sqlite => sql.into_sql_str(),
            // Two literals of this program.
            Self::Postgres => AssertSqlSafe(format!("{sql}{lock}")).into_sql_str(),
        }
    }
}

/// Does what a process needs before it can work, however long the database is away.
pub async fn patiently<T>(work: impl AsyncFn() -> Result<T>) -> Result<T> {
    loop {
        match work().await {
            Err(Error::Database(error)) if is_away(&error) => {
                tracing::warn!("the database is not there yet: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            end => return end,
        }
    }
}

fn pool_of(kind: Kind, connections: u32) -> AnyPoolOptions {
    let set_up = match kind {
        Kind::Sqlite => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON"
        }
        Kind::Postgres => {
            "SET statement_timeout = '15s'; SET lock_timeout = '12s'; \
             SET idle_in_transaction_session_timeout = '15s'; SET synchronous_commit = on"
        }
    };
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(15))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(set_up).execute(connection).await?;
                Ok(())
            })
        })
}

/// Whether it may help to try again later.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // Starting up, shutting down, too many connections.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code == "53300")
        }
        _ => false,
    }
}

fn sqlite_url(folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder)?;
    let path = std::path::absolute(folder.join("backend.sqlite"))?;
    let path = path.to_str().ok_or_else(|| Error::setup("the folder's name is not Unicode"))?;
    let path = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Ok(format!("sqlite://{path}?mode=rwc"))
}

/// A second process on one SQLite file would take the first one's uploads for lost.
fn only_process(folder: &Path) -> Result<File> {
    let lock = File::create(folder.join("backend.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::setup(format!(
            "another process works in {}: SQLite is for one; set DATABASE_URL to a PostgreSQL for several",
            folder.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}
