//! Sessions of the tests' own at the database, and the end of those of a backend.

use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::{LONG, World};

pub async fn sql(world: &World) -> PgConnection {
    let options = PgConnectOptions::from_str(world.database.as_deref().unwrap()).unwrap();
    let began = Instant::now();
    loop {
        match options.connect().await {
            // All tests share the hundred connections of one server.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("53300") => {
                assert!(began.elapsed() < LONG, "{error}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            connection => return connection.unwrap(),
        }
    }
}

/// Ends each session that listens, again and again; on SQLite there is none.
pub async fn end_news(world: &World) {
    if world.database.is_none() {
        return std::future::pending().await;
    }
    let mut connection = sql(world).await;
    loop {
        let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE query LIKE 'LISTEN%' AND datname = current_database()";
        let ended: i64 = sqlx::query_scalar(end).fetch_one(&mut connection).await.unwrap();
        println!("{ended} sessions ended");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
