//! Makes connections: directly, or through a tunnel of an HTTP proxy.
//!
//! Plain text goes to loopback hosts alone, and never through a proxy, so that
//! a proxy only ever sees TLS.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::{Proxy, SetupError, TransportOptions, tls};

/// What the client connects with: TLS to the server, over whichever way.
pub(crate) type Connector = HttpsConnector<Way>;

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The way to a server, or to the proxy before it.
#[derive(Clone)]
pub(crate) struct Way {
    tcp: HttpConnector,
    /// To proxies, some of which speak TLS themselves.
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Option<Arc<Matcher>>,
}

pub(crate) fn connector(options: &TransportOptions) -> Result<Connector, SetupError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let proxies = match &options.proxy {
        Proxy::Environment => Some(Matcher::from_env()),
        Proxy::Direct => None,
        Proxy::Url(url) => Some(Matcher::builder().all(url.as_str()).build()),
    };
    let mut tls = tls::config(options)?;
    let to_proxy = HttpsConnector::from((tcp.clone(), tls.clone()));
    let way = Way { tcp, to_proxy, proxies: proxies.map(Arc::new) };
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(HttpsConnector::from((way, tls)))
}

impl Way {
    fn proxy_for(&self, server: &Uri) -> Option<Intercept> {
        if server.host().is_none_or(is_loopback) || server.scheme() != Some(&Scheme::HTTPS) {
            return None;
        }
        self.proxies.as_ref()?.intercept(server)
    }
}

impl Service<Uri> for Way {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let Some(proxy) = self.proxy_for(&server) else {
            let connecting = self.tcp.call(server);
            return Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) });
        };
        if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
            let error = io::Error::new(io::ErrorKind::Unsupported, "only HTTP proxies are known");
            return Box::pin(std::future::ready(Err(error.into())));
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Box::pin(async move { Ok(tunnel.call(server).await?) })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
