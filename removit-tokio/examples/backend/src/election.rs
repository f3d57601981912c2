//! Who polls: on PostgreSQL whoever holds an advisory lock on a connection of its own,
//! on SQLite this process.
//!
//! The lock ends with its connection. Its holder says every two seconds that it is there;
//! a connection that says nothing for ten is ended by the server, so that a holder that
//! was stopped, or whose network swallows everything, keeps no standby waiting.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};
use tokio_util::sync::CancellationToken;

use crate::db::{Db, Kind};
use crate::error::{Error, Result};

/// Any number, as long as it is ours.
const LOCK: i64 = 0x7265_6d6f_7669_7401;

const EVERY: Duration = Duration::from_secs(2);

/// Longer than this nobody waits for an answer on the lock's connection.
const ANSWER: Duration = Duration::from_secs(4);

/// A candidate.
#[derive(Debug)]
pub struct Election {
    kind: Kind,
    url: String,
    /// Kept between elections that were not won.
    connection: Option<PgConnection>,
}

/// An election that was won.
#[derive(Debug)]
pub struct Seat {
    lost: CancellationToken,
    leaving: CancellationToken,
    keeper: Option<tokio::task::JoinHandle<()>>,
}

impl Election {
    /// Stands for election on this database.
    pub fn new(db: &Db) -> Self {
        Self { kind: db.kind(), url: db.url().to_owned(), connection: None }
    }

    /// Tries to be elected; `None` while another one is.
    pub async fn stand(&mut self) -> Result<Option<Seat>> {
        if self.kind == Kind::Sqlite {
            return Ok(Some(Seat::new(None)));
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => within(connect(&self.url)).await?,
        };
        let won = "SELECT pg_try_advisory_lock($1)";
        let won = within(async {
            Ok(sqlx::query_scalar(won).bind(LOCK).fetch_one(&mut connection).await?)
        });
        if won.await? {
            return Ok(Some(Seat::new(Some(connection))));
        }
        self.connection = Some(connection);
        Ok(None)
    }
}

impl Seat {
    fn new(connection: Option<PgConnection>) -> Self {
        let (lost, leaving) = (CancellationToken::new(), CancellationToken::new());
        let keeper = connection
            .map(|connection| tokio::spawn(keep(connection, lost.clone(), leaving.clone())));
        Self { lost, leaving, keeper }
    }

    /// Whether another process may be elected by now.
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Returns once another process may be elected.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Makes room for another one.
    pub async fn leave(self) {
        self.leaving.cancel();
        if let Some(keeper) = self.keeper {
            let _ended = keeper.await;
        }
    }
}

/// Holds the lock as long as its connection answers.
async fn keep(mut connection: PgConnection, lost: CancellationToken, leaving: CancellationToken) {
    loop {
        tokio::select! {
            () = leaving.cancelled() => break,
            () = tokio::time::sleep(EVERY) => {}
        }
        let alive = within(async { Ok(sqlx::query("SELECT 1").execute(&mut connection).await?) });
        if let Err(error) = alive.await {
            tracing::warn!("the lock of the poller is lost: {error}");
            lost.cancel();
            return;
        }
    }
    lost.cancel();
    let _closed = within(async { Ok(connection.close().await?) }).await;
}

async fn connect(url: &str) -> Result<PgConnection> {
    let options = PgConnectOptions::from_str(url)?.application_name("removit-poller");
    let mut connection = options.connect().await?;
    sqlx::raw_sql("SET idle_session_timeout = '10s'; SET statement_timeout = '4s'")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

/// Refuses a pooler that hands a connection of the server from one client to another
/// between transactions: a lock would be nobody's there, and news would be lost.
///
/// What one client set is seen by the next one then. Only plain statements are used:
/// prepared ones already fail behind such a pooler, with words that explain nothing.
pub async fn refuse_pooler(url: &str) -> Result<()> {
    let options = PgConnectOptions::from_str(url)?;
    let mut clients = Vec::new();
    for n in 0..3 {
        let mut client = options.connect().await?;
        let set = format!("SELECT set_config('removit.client', '{n}', false)");
        // A number of this program's own.
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut client).await?;
        clients.push(client);
    }
    let mut is_mixed = false;
    for (n, client) in clients.iter_mut().enumerate() {
        let get = "SELECT current_setting('removit.client', true)";
        let seen = sqlx::raw_sql(get).fetch_one(client).await?;
        is_mixed |= seen.try_get::<Option<String>, _>(0)? != Some(n.to_string());
    }
    for client in clients {
        let _closed = client.close().await;
    }
    if is_mixed {
        return Err(Error::setup(
            "DATABASE_URL leads through a pooler that shares connections between transactions: \
             locks and news need sessions of their own; name the server itself, or a pool by session",
        ));
    }
    Ok(())
}

async fn within<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut));
    tokio::time::timeout(ANSWER, work).await.map_err(late)?
}
