//! What all parts of a process share, and how it starts and ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use removit_tokio::proto::{ApiKey, Endpoint};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::db::{self, Db, Kind, listen};
use crate::election::refuse_pooler;
use crate::error::{Error, Result};
use crate::hooks::deliver;
use crate::hooks::sign::Secrets;
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::settings::{Role, Settings};
use crate::store::Store;
use crate::vendor::Vendor;
use crate::web::auth::Callers;
use crate::{roles, web};

/// What all parts of a process share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// See [`App`].
#[derive(Debug)]
pub struct Parts {
    pub settings: Settings,
    pub db: Db,
    pub store: Store,
    pub callers: Callers,
    pub secrets: Secrets,
    pub metrics: Metrics,
    /// Names this process in the database: another one after each start.
    pub owner: String,
    /// The process was told to end: nothing new is begun.
    pub leaving: CancellationToken,
    /// Nothing more is waited for.
    pub left: CancellationToken,
    /// What must be waited for at the end.
    pub tasks: TaskTracker,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// A process at work.
#[derive(Debug)]
pub struct Running {
    /// What it shares.
    pub app: App,
    /// Where it listens; `None` without the role `web`.
    pub address: Option<std::net::SocketAddr>,
}

impl Running {
    /// Starts all roles.
    pub async fn start(settings: Settings) -> Result<Self> {
        // Another part of the program may have chosen one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let callers = Callers::read(&settings)?;
        let secrets = Secrets::read(&settings)?;
        let store = Store::of(&settings)?;
        let hub = Hub::default();
        // Before the database, so that probes are answered while it is away.
        let listener = match settings.has(Role::Web) {
            true => Some(TcpListener::bind(settings.listen).await?),
            false => None,
        };
        let opened = async {
            let url = settings.database_url.as_deref();
            if let Some(url) = url {
                db::patiently(|| refuse_pooler(url)).await?;
            }
            Db::open(url, &settings.data, settings.pool, hub).await
        };
        let db = match &listener {
            Some(listener) => web::serve::until(listener, opened).await?,
            None => opened.await?,
        };
        let vendor = vendor(&settings)?;
        let app = App(Arc::new(Parts {
            callers,
            secrets,
            store,
            metrics: Metrics::default(),
            owner: uuid::Uuid::now_v7().to_string(),
            leaving: CancellationToken::new(),
            left: CancellationToken::new(),
            tasks: TaskTracker::new(),
            db,
            settings,
        }));
        if app.db.kind() == Kind::Sqlite {
            app.db.forget_processes().await?;
        }
        // The first sign of life comes before the first upload.
        db::patiently(|| app.db.heartbeat(&app.owner, false)).await?;
        app.tasks.spawn(roles::watch::run(app.clone()));
        let listening = app.clone();
        app.tasks.spawn(async move {
            tokio::select! {
                () = listen::run(&listening.db) => {}
                () = listening.leaving.cancelled() => {}
            }
        });
        if let Some(vendor) = vendor {
            if app.settings.has(Role::Upload) {
                app.tasks.spawn(roles::upload::run(app.clone(), vendor.clone()));
            }
            if app.settings.has(Role::Poll) {
                app.tasks.spawn(roles::poll::run(app.clone(), vendor.clone()));
            }
            if app.settings.has(Role::Fetch) {
                app.tasks.spawn(roles::fetch::run(app.clone(), vendor));
                app.tasks.spawn(deliver::run(app.clone()));
            }
        }
        let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        if let Some(listener) = listener {
            app.tasks.spawn(web::serve::run(app.clone(), listener));
        }
        Ok(Self { app, address })
    }

    /// Ends: begins nothing new, waits for the answers to what was sent, then leaves.
    pub async fn stop(self) {
        let app = self.app;
        app.leaving.cancel();
        app.tasks.close();
        let drained = tokio::time::timeout(app.settings.drain(), app.tasks.wait()).await;
        app.left.cancel();
        if drained.is_err() {
            tracing::warn!("not all answers came in time: those photos are ambiguous");
        }
        let _closed = tokio::time::timeout(Duration::from_secs(5), app.db.close()).await;
    }
}

/// The vendor, where a role of this process talks to it.
fn vendor(settings: &Settings) -> Result<Option<Vendor>> {
    if ![Role::Upload, Role::Poll, Role::Fetch].iter().any(|role| settings.has(*role)) {
        return Ok(None);
    }
    let key = match (&settings.api_key_file, &settings.api_key) {
        (Some(file), _) => read(file)?,
        (None, Some(key)) => key.clone(),
        (None, None) => {
            return Err(Error::setup(
                "no API key: set REMOVIT_API_KEY or --api-key-file, or try --demo",
            ));
        }
    };
    let key = ApiKey::new(key.trim().to_owned()).map_err(Error::setup)?;
    let endpoint = match &settings.base_url {
        Some(base_url) => Endpoint::new(base_url, key).map_err(Error::setup)?,
        None => Endpoint::production(key),
    };
    Ok(Some(Vendor::new(endpoint, settings.requests_per_second)?))
}

/// A small file of settings.
pub fn read(file: &PathBuf) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Error::setup(format!("{}: {error}", file.display())))
}
