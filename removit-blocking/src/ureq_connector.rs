//! How ureq makes a connection, and a mark on every error on the way there.
//!
//! ureq's errors do not tell a handshake that failed from a connection that
//! broke. The mark does: what carries it was never connected.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use rustls::ClientConfig;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, Transport,
};

use crate::early_answer::{Cut, Watched};
use crate::strict_end::StrictEnd;
use crate::tcp_wire::TcpWire;
use crate::tls_stream::TlsStream;

/// An error before there was a connection.
#[derive(Debug)]
pub(crate) struct NotConnected(pub(crate) Error);

/// Connects by TCP, through a proxy where the request has one, and adds TLS for
/// `https`.
#[derive(Clone)]
pub(crate) struct ServerConnector {
    pub(crate) tls: Arc<ClientConfig>,
    /// For the one connection of an upload: to whom it goes, and its cut.
    pub(crate) upload: Option<(Uri, Cut)>,
}

impl ServerConnector {
    fn dial(&self, details: &ConnectionDetails<'_>) -> Result<Box<dyn Transport>, Error> {
        let way = SocksConnector::default().connect(details, None::<()>)?;
        let mut way: Box<dyn Transport> =
            match ConnectProxyConnector::default().connect(details, way)? {
                Some(way) => Box::new(way),
                None => Box::new(TcpWire::connect(details)?),
            };
        if details.needs_tls() && !way.is_tls() {
            way = Box::new(TlsStream::connect(&self.tls, way, details)?);
        }
        way = Box::new(StrictEnd(way));
        // A connection to a proxy comes through here too: that one is not watched.
        if let Some((_, cut)) = self.upload.as_ref().filter(|(server, _)| server == details.uri) {
            way = Box::new(Watched::new(way, cut.clone()));
        }
        Ok(way)
    }
}

impl Connector for ServerConnector {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        self.dial(details).map(Some).map_err(mark)
    }
}

/// ureq's resolver, with the mark.
#[derive(Debug, Default)]
pub(crate) struct ServerResolver(DefaultResolver);

impl Resolver for ServerResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        self.0.resolve(uri, config, timeout).map_err(mark)
    }
}

fn mark(error: Error) -> Error {
    match error {
        // From the connection to a proxy.
        Error::Other(inner) if inner.is::<NotConnected>() => Error::Other(inner),
        error => Error::Other(Box::new(NotConnected(error))),
    }
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotConnected {}

impl fmt::Debug for ServerConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConnector").finish_non_exhaustive()
    }
}
