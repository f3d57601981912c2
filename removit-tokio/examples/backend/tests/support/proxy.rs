//! A way to the database that can be cut, or pass nothing on while it stays.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub struct Proxy {
    is_cut: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    cuts: Arc<Notify>,
    silences: Arc<Notify>,
}

impl Proxy {
    /// Stands between the backend and the database, and changes the URL to that.
    pub async fn in_front_of(url: &mut String) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap();
        let server = (options.get_host().to_owned(), options.get_port());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let through = options.host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable);
        *url = through.to_url_lossy().into();
        let proxy = Self::default();
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (proxy, server) = (serving.clone(), server.clone());
                tokio::spawn(async move {
                    let (cut, silent) = (proxy.cuts.notified(), proxy.silences.notified());
                    if proxy.is_cut.load(Ordering::SeqCst) {
                        return;
                    }
                    if proxy.is_silent.load(Ordering::SeqCst) {
                        return std::future::pending().await;
                    }
                    let Ok(mut server) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        () = cut => {}
                        // Both ends stay open, and hear nothing more of each other.
                        () = silent => std::future::pending().await,
                    }
                });
            }
        });
        proxy
    }

    /// Ends all connections, and lets none be made.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.cuts.notify_waiters();
    }

    /// Lets connections be made again.
    pub fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// Passes nothing more on, of all connections that are and will be, and closes none.
    pub fn silence(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
        self.silences.notify_waiters();
    }
}
