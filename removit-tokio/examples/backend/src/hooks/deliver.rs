//! Sends webhooks, at least once each. Receivers do not wait for each other: each has
//! two deliveries under way at most, and one that is silent or drips keeps those alone.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use tokio::sync::Semaphore;

use super::address;
use super::outbox::Letter;
use crate::app::App;
use crate::error::{Error, Result};

/// How long a receiver may take for all of its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes.
const READ: usize = 1024;

/// The most deliveries of a process, and those to one receiver.
const AT_ONCE: usize = 32;
const TO_ONE: usize = 2;

/// Under way, by receiver.
type Busy = Arc<Mutex<HashMap<String, usize>>>;

/// Until the process is told to end.
pub async fn run(app: App) {
    if app.secrets.is_empty() {
        // No webhook is taken either.
        return;
    }
    let client = match client(&app) {
        Ok(client) => client,
        Err(error) => return tracing::error!("webhooks cannot be sent: {error}"),
    };
    let (busy, room) = (Busy::default(), Arc::new(Semaphore::new(AT_ONCE)));
    loop {
        let mut news = app.db.hub().listen();
        if app.leaving.is_cancelled() {
            return;
        }
        match deliver_due(&app, &client, &busy, &room).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!("webhooks wait: {error}"),
        }
        tokio::select! {
            () = app.leaving.cancelled() => return,
            () = news.any(Duration::from_secs(1)) => {}
        }
    }
}

/// Begins one delivery to each receiver that has room; returns how many.
async fn deliver_due(
    app: &App,
    client: &Client,
    busy: &Busy,
    room: &Arc<Semaphore>,
) -> Result<usize> {
    let mut begun = 0;
    for receiver in app.db.receivers().await? {
        let Ok(permit) = Arc::clone(room).try_acquire_owned() else { break };
        let Some(turn) = Turn::take(busy, &receiver) else { continue };
        let Some(letter) = app.db.take_letter(&receiver).await? else { continue };
        begun += 1;
        let (app, client, tasks) = (app.clone(), client.clone(), app.tasks.clone());
        tasks.spawn(async move {
            let sent = send(&app, &client, &letter).await;
            app.metrics.webhook(sent.is_ok());
            let stored = match sent {
                Ok(()) => app.db.delivered(&letter).await,
                Err(reason) => {
                    tracing::info!(webhook = letter.id, "not delivered: {reason}");
                    app.db.not_delivered(&letter, &reason).await
                }
            };
            if let Err(error) = stored {
                tracing::warn!("a webhook may be sent once more: {error}");
            }
            drop((turn, permit));
            // Whoever looks for work finds the receiver free.
            app.db.hub().tell("");
        });
    }
    Ok(begun)
}

async fn send(app: &App, client: &Client, letter: &Letter) -> Result<(), String> {
    // Names are judged when they are looked up; an address was never one.
    let url = address::check(&letter.url, &app.settings)?;
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let request = client
        .post(url.parse::<Url>().map_err(|error| error.to_string())?)
        .header("content-type", "application/json")
        .header("user-agent", concat!("removit-backend/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", app.secrets.sign(&letter.id, now, &letter.body))
        .body(letter.body.clone());
    // Without the URL, which may be a secret of the receiver's.
    let mut answer = request.send().await.map_err(|error| causes(&error.without_url()))?;
    let mut read = 0;
    while let Ok(Some(bytes)) = answer.chunk().await {
        read += bytes.len();
        if read >= READ {
            break;
        }
    }
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("the receiver answered {}", status.as_u16())),
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn client(app: &App) -> Result<Client> {
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(ANSWER)
        .connect_timeout(ANSWER / 2)
        // Each connection asks for the name, and is judged by what it is then.
        .pool_max_idle_per_host(0)
        .http1_only();
    let client = match app.settings.private_webhooks {
        true => client,
        false => client.dns_resolver(Arc::new(Judge)),
    };
    client.build().map_err(Error::setup)
}

/// Looks names up, and knows public addresses only.
#[derive(Debug)]
struct Judge;

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                found.filter(|found| address::is_public(found.ip())).collect();
            if public.is_empty() {
                return Err("it has no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// One of the deliveries that a receiver has at a time.
struct Turn {
    busy: Busy,
    receiver: String,
}

impl Turn {
    fn take(busy: &Busy, receiver: &str) -> Option<Self> {
        let mut all = busy.lock().unwrap_or_else(PoisonError::into_inner);
        let now = all.entry(receiver.to_owned()).or_default();
        if *now >= TO_ONE {
            return None;
        }
        *now += 1;
        Some(Self { busy: Arc::clone(busy), receiver: receiver.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = all.get_mut(&self.receiver) {
            *now -= 1;
            if *now == 0 {
                all.remove(&self.receiver);
            }
        }
    }
}
