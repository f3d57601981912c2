//! Sends photos: the intent is stored before a request leaves, what came of it before
//! anything else is done.
//!
//! One intent is one request. What may have been processed is never sent again by this
//! program. An upload runs in a task of its own that the end of the process waits for.

use std::io::ErrorKind;
use std::time::Duration;

use removit_tokio::Photo;
use removit_tokio::proto::{
    Accepted, ApiErrorKind, TransportFailure, Upload, UploadError, UploadPolicy,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::db::account::Ticket;
use crate::db::photo::PhotoRow;
use crate::db::queue::{Claim, Next};
use crate::error::{Error, Result};
use crate::roles::take_turns;
use crate::store::Local;
use crate::vendor::Vendor;

/// How long a photo waits at most between tries that did not reach the server.
const LONGEST_MS: i64 = 60_000;

/// How long a photo whose intent is stored waits for another slot before it is given back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Until the process is told to end.
pub async fn run(app: App, vendor: Vendor) {
    let at_once = app.settings.uploads_at_once;
    take_turns(&app, at_once, "no photo could be taken", |permit| send_one(&app, &vendor, permit))
        .await;
}

/// Takes a photo and begins to send it; `false` where there is none to send.
async fn send_one(app: &App, vendor: &Vendor, permit: OwnedSemaphorePermit) -> Result<bool> {
    let account = app.db.account().await?;
    if account.stopped.is_some() || !account.paused_for.is_zero() {
        return Ok(false);
    }
    let Some(row) = app.db.reserve_upload().await? else { return Ok(false) };
    let photo = match open(app, &row).await {
        Err(Unreadable::Now(reason)) => {
            // Nothing was begun: its turn comes again.
            tracing::warn!(photo = row.id, "a photo waits for the store: {reason}");
            let reason = "it cannot be read now, and is sent once it can";
            app.db.put_off(&row, pause_after(row.tries), reason).await?;
            return Ok(true);
        }
        Ok(photo) => Ok(photo),
        Err(Unreadable::Ever(reason)) => Err(reason),
    };
    let Some(ticket) = vendor.ticket(&app.db, &app.leaving).await? else { return Ok(false) };
    let Some(claim) = app.db.claim_upload(&row.id, &app.owner).await? else { return Ok(true) };
    // From here on nothing may be dropped: the intent is stored.
    let (app, vendor) = (app.clone(), vendor.clone());
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        match photo {
            Ok((photo, _local)) if in_time(&app, &vendor, ticket).await => {
                send(&app, &vendor, &claim, &photo).await;
            }
            Ok(_) => stored(&app, || app.db.withdraw(&claim)).await,
            Err(reason) => {
                let error = UploadError::NotSent(TransportFailure::source(reason));
                stored(&app, || app.db.not_accepted(&claim, &error, Next::Stop)).await;
            }
        }
        drop(permit);
    });
    Ok(true)
}

/// Whether the request may leave now. A slot that passed while the intent was being stored
/// is given up for another one, where that comes soon.
async fn in_time(app: &App, vendor: &Vendor, ticket: Ticket) -> bool {
    if ticket.is_good() {
        return true;
    }
    let is_stopped = app.db.account().await.is_ok_and(|account| account.stopped.is_some());
    let ticket = vendor.ticket_soon(&app.db, &app.leaving, PATIENCE).await;
    ticket.is_ok_and(|ticket| ticket.is_some_and(Ticket::is_good)) && !is_stopped
}

/// Why a photo cannot be sent.
enum Unreadable {
    /// Its store is away, or the disk is full.
    Now(String),
    /// It is not there, or is no photo.
    Ever(String),
}

/// The photo of a row, ready to be sent, and its file where it must stay meanwhile.
async fn open(app: &App, row: &PhotoRow) -> Result<(Photo, Option<Local>), Unreadable> {
    let local = match &row.file {
        Some(file) => Some(app.store.photo(file).await.map_err(|error| match error {
            Error::Io(error) if error.kind() == ErrorKind::NotFound => {
                Unreadable::Ever(error.to_string())
            }
            error => Unreadable::Now(error.to_string()),
        })?),
        None => None,
    };
    let photo = match &local {
        Some(local) => Photo::from_path(local.path()).await,
        None => Photo::from_url(row.url.as_deref().unwrap_or_default()),
    };
    let photo = photo.map_err(|error| Unreadable::Ever(error.to_string()))?;
    Ok((photo.with_options(row.options.clone()), local))
}

/// How long a photo waits, in milliseconds, after so many tries.
fn pause_after(tries: i64) -> i64 {
    (1000_i64 << tries.clamp(0, 6)).min(LONGEST_MS)
}

async fn send(app: &App, vendor: &Vendor, claim: &Claim, photo: &Photo) {
    let mut policy = UploadPolicy::default();
    // Pauses are shared by all machines, and are the account's.
    policy.retry.max_attempts = 1;
    let (endpoint, now) = (vendor.endpoint().clone(), vendor.clock().now());
    let request = photo.request().clone();
    let mut upload = Upload::new(endpoint, request, policy, Vendor::seed(), now);
    let end = vendor.driver().with_photo(photo).drive(&mut upload, |_| ()).await;
    app.metrics.upload(&end);
    match end {
        Ok(accepted) => store_id(app, claim, &accepted).await,
        Err(error) => {
            tracing::info!(photo = claim.photo.id, "{error}");
            let next = after(&error, claim);
            stored(app, || refused(app, claim, &error, next.clone())).await;
        }
    }
}

/// A paid id waits for a database that is away, and is in the log meanwhile: a process
/// that is killed by then leaves the photo ambiguous.
async fn store_id(app: &App, claim: &Claim, accepted: &Accepted) {
    if let Err(error) = app.db.accepted(claim, accepted).await {
        tracing::error!(photo = claim.photo.id, job = %accepted.job_id().printable(), "accepted, not stored yet: {error}");
        stored(app, || app.db.accepted(claim, accepted)).await;
    }
}

async fn refused(app: &App, claim: &Claim, error: &UploadError, next: Next) -> Result<()> {
    let asked = match error {
        UploadError::Rejected(no) => match no.kind() {
            ApiErrorKind::Unauthorized | ApiErrorKind::InsufficientCredits => {
                let mut tx = app.db.begin().await?;
                tx.stop_uploads(&error.to_string()).await?;
                tx.commit().await?;
                None
            }
            ApiErrorKind::RateLimited | ApiErrorKind::Unavailable => Some(no.retry_after()),
            _ => None,
        },
        UploadError::NotSent(failure) if !failure.is_local() => Some(None),
        _ => None,
    };
    if let Some(asked) = asked {
        app.db.pause(asked).await?;
    }
    app.db.not_accepted(claim, error, next).await
}

/// What becomes of a photo whose upload was not accepted.
fn after(error: &UploadError, claim: &Claim) -> Next {
    match error {
        UploadError::Rejected(no) => match no.kind() {
            // Not the photo's fault: its turn comes again.
            ApiErrorKind::Unauthorized
            | ApiErrorKind::InsufficientCredits
            | ApiErrorKind::RateLimited
            | ApiErrorKind::Unavailable => Next::Later(0),
            _ => Next::Stop,
        },
        UploadError::NotSent(failure) if failure.is_local() => Next::Stop,
        UploadError::NotSent(_) => Next::Later(pause_after(claim.photo.tries)),
        _ => Next::Stop,
    }
}

/// Stores something, however long the database is away; gives up when the process must
/// leave, and the photo is ambiguous then.
async fn stored<F: Future<Output = Result<()>>>(app: &App, mut write: impl FnMut() -> F) {
    loop {
        match write().await {
            Ok(()) => return,
            Err(error) => tracing::error!("the outcome of an upload is not stored yet: {error}"),
        }
        tokio::select! {
            () = app.left.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
}
