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
            Some(Err(reason)) => {
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

/// The results of a photo, whole on disk under their names; or why there are none yet.
async fn fetched(app: &App, client: &Client<Budget>, photo: &PhotoRow) -> Result<Fetched, String> {
    let job_id = photo.job_id.as_deref().unwrap_or_default().parse();
    let job_id = job_id.map_err(|_| "the job's id cannot be read")?;
    let status = client.status(&job_id).await.map_err(|error| error.to_string())?;
    let finished = Finished::try_from(status).map_err(|error| error.to_string())?;
    let name = format!("results/{}-{}", photo.id, uuid::Uuid::new_v4().simple());
    let folder = app.store.path(&name);
    match client.download(&finished, &Destination::folder(&folder, "result")).await {
        Ok(saved) => Ok(saved.into_iter().map(|saved| row(saved, &name)).collect()),
        Err(error) => {
            // What is there without a row is nobody's.
            let _removed = tokio::fs::remove_dir_all(&folder).await;
            Err(error.to_string())
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
