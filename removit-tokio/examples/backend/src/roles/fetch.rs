//! Fetches the results of jobs that are done, into a folder that counts once its rows
//! are stored.
//!
//! No URL of a result is stored: it is a secret and expires. A look at the job names
//! them anew.

use std::time::Duration;

use removit_tokio::proto::Finished;
use removit_tokio::{Client, Destination, Saved};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::budget::Budget;
use crate::db::photo::PhotoRow;
use crate::error::{Error, Result};
use crate::roles::take_turns;
use crate::store::{file_name, media_of};
use crate::vendor::Vendor;

/// How often a fetch says that it goes on.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// Until the process is told to end.
pub async fn run(app: App, vendor: Vendor) {
    let at_once = app.settings.fetches_at_once;
    take_turns(&app, at_once, "no result could be fetched", |permit| {
        fetch_one(&app, &vendor, permit)
    })
    .await;
}

async fn fetch_one(app: &App, vendor: &Vendor, permit: OwnedSemaphorePermit) -> Result<bool> {
    if !app.db.account().await?.paused_for.is_zero() {
        return Ok(false);
    }
    let Some(photo) = app.db.claim_fetch(&app.owner).await? else { return Ok(false) };
    let (client, held) = vendor.client(&app.db, &app.leaving);
    let app = app.clone();
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let renewing = renewing(&app, &photo);
        let done = tokio::select! {
            fetched = fetched(&app, &client, &photo) => Some(fetched),
            () = app.leaving.cancelled() => None,
        };
        drop(renewing);
        let stored = match done {
            None => app.db.leave_fetch(&photo).await,
            Some(Ok(results)) => app.db.fetched(&photo, &results).await,
            // Its turn comes again after the pause, and it is no failure of its own.
            Some(Err(_)) if held.is_held() => app.db.leave_fetch(&photo).await,
            Some(Err(NotFetched::NoPlace(why))) => {
                // What the store is called is no caller's business.
                tracing::warn!(photo = photo.id, "results wait for the store: {why}");
                let reason = "there is no place for its results now; they stay on the server";
                app.db.not_fetched(&photo, reason, false).await
            }
            Some(Err(NotFetched::Because(reason))) => {
                tracing::info!(photo = photo.id, "{reason}");
                app.db.not_fetched(&photo, &reason, true).await
            }
        };
        if let Err(error) = stored {
            // Its lease ends, and it is fetched again: that costs nothing.
            tracing::warn!(photo = photo.id, "what was fetched is not stored: {error}");
        }
        drop(permit);
    });
    Ok(true)
}

/// Says again and again that a fetch goes on.
fn renewing(app: &App, photo: &PhotoRow) -> AbortOnDrop {
    let (app, photo) = (app.clone(), photo.clone());
    let tasks = app.tasks.clone();
    AbortOnDrop(tasks.spawn(async move {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let (app, photo) = (app.clone(), photo.clone());
            // In a task: a transaction must not be dropped half way.
            let renewed = tokio::spawn(async move { app.db.renew(&photo).await }).await;
            if let Ok(Err(error)) = renewed {
                tracing::warn!("a fetch could not say that it goes on: {error}");
            }
        }
    }))
}

type Fetched = Vec<(Option<String>, String, &'static str, u64)>;

/// Why there are no results yet.
enum NotFetched {
    /// Their store is away, which may last and is not the photo's fault.
    NoPlace(String),
    /// In words.
    Because(String),
}

impl NotFetched {
    fn because(why: impl std::fmt::Display) -> Self {
        Self::Because(why.to_string())
    }
}

/// The results of a photo, whole under their names.
async fn fetched(
    app: &App,
    client: &Client<Budget>,
    photo: &PhotoRow,
) -> Result<Fetched, NotFetched> {
    let job_id = photo.job_id.as_deref().unwrap_or_default().parse();
    let job_id = job_id.map_err(|_| NotFetched::because("the job's id cannot be read"))?;
    let status = client.status(&job_id).await.map_err(NotFetched::because)?;
    let finished = Finished::try_from(status).map_err(NotFetched::because)?;
    let results = app.store.results(&photo.id);
    let place = Destination::folder(results.folder(), "result");
    let saved = client.download(&finished, &place).await.map_err(NotFetched::because)?;
    let name = results.keep(&saved).await.map_err(|error| match error {
        Error::Away(why) => NotFetched::NoPlace(why),
        error => NotFetched::because(error),
    })?;
    Ok(saved.into_iter().map(|saved| row(saved, &name)).collect())
}

fn row(saved: Saved, folder: &str) -> (Option<String>, String, &'static str, u64) {
    let name = format!("{folder}/{}", file_name(&saved));
    (saved.variation, name, media_of(saved.kind), saved.len)
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
