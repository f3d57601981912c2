//! News from other processes: one `LISTEN` a process, on a connection of its own.
//!
//! News may be lost with the connection. Once there is another one everybody is told so,
//! and whoever waits for a photo looks at the database from time to time as well.

use std::time::Duration;

use sqlx::postgres::PgListener;

use super::{Db, Kind};

/// Hands other processes' news on, until the future is dropped.
pub async fn run(db: &Db) {
    if db.kind() == Kind::Sqlite {
        return std::future::pending().await;
    }
    loop {
        if let Err(error) = listen(db).await {
            tracing::warn!("news of other processes are late: {error}");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen(db: &Db) -> sqlx::Result<()> {
    let mut listener = PgListener::connect(db.url()).await?;
    listener.ignore_pool_close_event(true);
    listener.listen("removit_photos").await?;
    // What changed while nobody listened.
    db.hub().lost();
    // `None` where the connection was lost: it is made anew above.
    while let Some(news) = listener.try_recv().await? {
        db.hub().tell(news.payload());
    }
    Ok(())
}
