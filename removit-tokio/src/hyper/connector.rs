//! Makes connections: directly, or through a tunnel of a proxy, with TLS to the
//! server, and all of it within one time.
//!
//! Plain text goes to loopback hosts alone, and never through a proxy, so that
//! a proxy only ever sees TLS.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use removit_blocking::connect::{not_in_time, tls_config};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::hyper::opened::Opened;
use crate::hyper::proxies::{Proxies, ToProxy};
use crate::hyper::tcp::Tcp;
use crate::hyper::wire::Wire;
use crate::{SetupError, TransportOptions};

type Stream = Wire<MaybeHttpsStream<TokioIo<TcpStream>>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the client connects with: TLS to the server, over whichever way.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: HttpsConnector<Way>,
    within: Duration,
}

/// The way to a server, or to the proxy before it.
#[derive(Clone)]
pub(crate) struct Way {
    tcp: Tcp,
    /// To proxies, some of which speak TLS themselves.
    to_proxy: HttpsConnector<Tcp>,
    proxies: Arc<Proxies>,
}

/// The time for a connection was over before there was one.
#[derive(Debug)]
pub(crate) struct NotInTime(Duration);

impl Connector {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self, SetupError> {
        let tcp = Tcp { resolver: options.resolver.clone() };
        let mut tls = tls_config(options)?;
        let to_proxy = HttpsConnector::from((tcp.clone(), tls.clone()));
        let way = Way { tcp, to_proxy, proxies: Arc::new(Proxies::new(&options.proxy)?) };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { tls: HttpsConnector::from((way, tls)), within: options.connect_timeout })
    }
}

impl Service<Uri> for Connector {
    type Response = Opened<MaybeHttpsStream<Stream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (connecting, within) = (self.tls.call(server), self.within);
        Box::pin(async move {
            let connected = timeout(within, connecting).await;
            connected.unwrap_or_else(|_| Err(NotInTime(within).into())).map(Opened::new)
        })
    }
}

impl Service<Uri> for Way {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match self.proxies.for_server(&server) {
            Ok(Some(proxy)) if proxy.is_socks => self.through_socks(server, &proxy),
            Ok(Some(proxy)) => self.through_tunnel(server, &proxy),
            Ok(None) => {
                let connecting = self.tcp.call(server);
                Box::pin(async move { Ok(plain(connecting.await?)) })
            }
            Err(unusable) => Box::pin(std::future::ready(Err(unusable.into()))),
        }
    }
}

impl Way {
    fn through_tunnel(&self, server: Uri, proxy: &ToProxy) -> <Self as Service<Uri>>::Future {
        let mut tunnel = Tunnel::new(proxy.intercept.uri().clone(), self.to_proxy.clone());
        if let Some(auth) = proxy.intercept.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Box::pin(async move { Ok(Wire::new(tunnel.call(server).await?)) })
    }

    fn through_socks(&self, server: Uri, proxy: &ToProxy) -> <Self as Service<Uri>>::Future {
        let mut socks = SocksV5::new(proxy.intercept.uri().clone(), self.tcp.clone());
        if let Some((name, password)) = proxy.intercept.raw_auth() {
            socks = socks.with_auth(name.to_owned(), password.to_owned());
        }
        Box::pin(async move { Ok(plain(socks.call(server).await?)) })
    }
}

fn plain(stream: TokioIo<TcpStream>) -> Stream {
    Wire::new(MaybeHttpsStream::Http(stream))
}

impl fmt::Display for NotInTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&not_in_time(self.0))
    }
}

impl std::error::Error for NotInTime {}
