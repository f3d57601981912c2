//! Fetches the results of jobs that are done, into a folder that counts once its rows
//! are stored.
//!
//! No URL of a result is stored: it is a secret and expires. A look at the job names
//! them anew.

use std::time::Duration;

use removit_tokio::proto::{ApiErrorKind, Finished, PollError, PollTrouble};
use removit_tokio::{Destination, Error, Saved};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::db::photo::PhotoRow;
use crate::error::Result;
use crate::roles::take_turns;
use crate::store::media_of;
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
    let Some(photo) = app.db.claim_fetch(&app.owner).await? else { return Ok(false) };
    let (app, vendor) = (app.clone(), vendor.clone());
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let done = tokio::select! {
            fetched = fetched(&app, &vendor, &photo) => Some(fetched),
            () = app.leaving.cancelled() => None,
        };
        let stored = match done {
            None => app.db.leave_fetch(&photo).await,
            Some(Ok(results)) => app.db.fetched(&photo, &results).await,
            Some(Err(NotFetched::Paused(asked))) => given_back(&app, &photo, asked).await,
            Some(Err(NotFetched::Because(reason))) => {
                tracing::info!(photo = photo.id, "{reason}");
                app.db.not_fetched(&photo, &reason).await
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

/// The server asked for a pause, and what slows one machine slows all. The photo's turn
/// comes again after that, and it is no failure of its own.
async fn given_back(app: &App, photo: &PhotoRow, asked: Option<Duration>) -> Result<()> {
    app.db.pause(asked).await?;
    app.db.leave_fetch(photo).await
}

/// Why there are no results yet.
enum NotFetched {
    /// The server wants to be left alone for a while, this long where it says so.
    Paused(Option<Duration>),
    /// In words.
    Because(String),
}

impl NotFetched {
    fn because(why: impl std::fmt::Display) -> Self {
        Self::Because(why.to_string())
    }

    /// What the end of a look means.
    fn look(error: &Error) -> Self {
        let (Error::Poll(PollError::Refused { error: no, .. })
        | Error::Poll(PollError::TimedOut { trouble: Some(PollTrouble::Answer(no)), .. })) = error
        else {
            return Self::because(error);
        };
        match no.kind() {
            ApiErrorKind::RateLimited | ApiErrorKind::Unavailable => Self::Paused(no.retry_after()),
            _ => Self::because(error),
        }
    }
}

type Fetched = Vec<(Option<String>, String, &'static str, u64)>;

/// The results of a photo, whole on disk under their names.
async fn fetched(app: &App, vendor: &Vendor, photo: &PhotoRow) -> Result<Fetched, NotFetched> {
    let job_id = photo.job_id.as_deref().unwrap_or_default().parse();
    let job_id = job_id.map_err(|_| NotFetched::because("the job's id cannot be read"))?;
    // In tasks: a transaction must not be dropped half way.
    let ticket = {
        let (app, vendor) = (app.clone(), vendor.clone());
        tokio::spawn(async move { vendor.ticket(&app.db, &app.leaving).await })
    };
    let ticket = ticket.await.map_err(NotFetched::because)?;
    if ticket.map_err(NotFetched::because)?.is_none() {
        return std::future::pending().await;
    }
    let renewing = {
        let (app, photo) = (app.clone(), photo.clone());
        let tasks = app.tasks.clone();
        AbortOnDrop(tasks.spawn(async move {
            loop {
                tokio::time::sleep(RENEW_EVERY).await;
                let (app, photo) = (app.clone(), photo.clone());
                let renewed = tokio::spawn(async move { app.db.renew(&photo).await }).await;
                if let Ok(Err(error)) = renewed {
                    tracing::warn!("a fetch could not say that it goes on: {error}");
                }
            }
        }))
    };
    let status = vendor.client().status(&job_id).await.map_err(|error| NotFetched::look(&error))?;
    let finished = Finished::try_from(status).map_err(NotFetched::because)?;
    let name = format!("results/{}-{}", photo.id, uuid::Uuid::new_v4().simple());
    let folder = app.store.path(&name);
    let place = Destination::folder(&folder, "result");
    let saved = vendor.client().download(&finished, &place).await;
    drop(renewing);
    match saved {
        Ok(saved) => Ok(saved.into_iter().map(|saved| row(saved, &name)).collect()),
        Err(error) => {
            // What is there without a row is nobody's.
            let _removed = tokio::fs::remove_dir_all(&folder).await;
            Err(NotFetched::because(error))
        }
    }
}

fn row(saved: Saved, folder: &str) -> (Option<String>, String, &'static str, u64) {
    let name = saved.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    (saved.variation, format!("{folder}/{name}"), media_of(saved.kind), saved.len)
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
