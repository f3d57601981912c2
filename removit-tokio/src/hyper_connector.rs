//! Makes connections: directly, or through a tunnel of an HTTP proxy.
//!
//! Plain text goes to loopback hosts alone, and never through a proxy, so that
//! a proxy only ever sees TLS.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use removit_blocking::shared::tls_config;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::proxies::Proxies;
use crate::wire::Wire;
use crate::{SetupError, TransportOptions};

/// What the client connects with: TLS to the server, over whichever way.
pub(crate) type Connector = HttpsConnector<Way>;

type Stream = Wire<MaybeHttpsStream<TokioIo<TcpStream>>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The way to a server, or to the proxy before it.
#[derive(Clone)]
pub(crate) struct Way {
    tcp: HttpConnector,
    /// To proxies, some of which speak TLS themselves.
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Arc<Proxies>,
}

pub(crate) fn connector(options: &TransportOptions) -> Result<Connector, SetupError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let mut tls = tls_config(options)?;
    let to_proxy = HttpsConnector::from((tcp.clone(), tls.clone()));
    let way = Way { tcp, to_proxy, proxies: Arc::new(Proxies::new(&options.proxy)?) };
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(HttpsConnector::from((way, tls)))
}

impl Service<Uri> for Way {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let proxy = match self.proxies.for_server(&server) {
            Ok(Some(proxy)) => proxy,
            Ok(None) => {
                let connecting = self.tcp.call(server);
                return Box::pin(async move {
                    Ok(Wire::new(MaybeHttpsStream::Http(connecting.await?)))
                });
            }
            Err(unusable) => return Box::pin(std::future::ready(Err(unusable.into()))),
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Box::pin(async move { Ok(Wire::new(tunnel.call(server).await?)) })
    }
}
