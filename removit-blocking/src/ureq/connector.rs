//! How ureq makes a connection, and a mark on every error on the way there.
//!
//! ureq's errors do not tell a handshake that failed from a connection that
//! broke. The mark does: what carries it was never connected.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Uri;
use rustls::ClientConfig;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver as UreqResolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, Transport,
    time,
};
use ureq::{Error, Timeout};

use crate::connect::Resolver;
use crate::ureq::bound::{Bound, Bounded};
use crate::ureq::buffers::SpareBuffers;
use crate::ureq::early_answer::{Cut, Watched};
use crate::ureq::pace::Paced;
use crate::ureq::silence::Impatient;
use crate::ureq::strict_end::StrictEnd;
use crate::ureq::tcp::TcpWire;
use crate::ureq::tls_stream::TlsStream;

/// An error before there was a connection.
#[derive(Debug)]
pub(crate) struct NotConnected(pub(crate) Error);

/// Connects by TCP, through a proxy where the request has one, and adds TLS for
/// `https`, all of it within one time.
#[derive(Clone)]
pub(crate) struct ServerConnector {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) resolver: Resolver,
    /// The time for a connection, where the request itself has no less.
    pub(crate) within: Duration,
    /// For the one connection of an upload: to whom it goes, and its cut.
    pub(crate) upload: Option<(Uri, Cut)>,
    /// The longest wait for the next bytes of an answer.
    pub(crate) silence: Option<Duration>,
    pub(crate) spare: SpareBuffers,
}

impl ServerConnector {
    fn dial(&self, asked: &ConnectionDetails<'_>) -> Result<Box<dyn Transport>, Error> {
        let (timeout, bound) = self.bound(asked.timeout);
        let (this, to_proxy) = (self.clone(), bound.clone());
        let details = ConnectionDetails {
            uri: asked.uri,
            addrs: asked.resolver.empty(),
            config: asked.config,
            request_level: asked.request_level,
            resolver: asked.resolver,
            now: asked.now,
            timeout,
            current_time: Arc::clone(&asked.current_time),
            // ureq gives each read of a proxy's answer all of the time anew.
            run_connector: Arc::new(move |details| {
                let way = this.reach(None, details)?;
                Ok(Box::new(Bounded::new(way, to_proxy.clone())))
            }),
            register_shutdown: Arc::clone(&asked.register_shutdown),
        };
        let way = SocksConnector::default().connect(&details, None::<()>)?;
        let way = way.map(|way| Box::new(Paced::new(way, &details)) as Box<dyn Transport>);
        let way = ConnectProxyConnector::default().connect(&details, way)?;
        let way = way.map(|way| Box::new(way) as Box<dyn Transport>);
        let mut way = self.reach(way, &details)?;
        bound.lift();
        if let Some((_, cut)) = self.upload.as_ref().filter(|(server, _)| server == details.uri) {
            way = Box::new(Watched::new(way, cut.clone()));
        }
        if let Some(silence) = self.silence {
            way = Box::new(Impatient::new(way, silence));
        }
        Ok(way)
    }

    /// Over the way that there is, or by TCP; with TLS where that is asked for.
    fn reach(
        &self,
        way: Option<Box<dyn Transport>>,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Transport>, Error> {
        let mut way = match way {
            Some(way) => way,
            None => {
                let whom = host_and_port(details.uri)?;
                Box::new(TcpWire::connect(&self.resolver, whom, details, &self.spare)?)
            }
        };
        if details.needs_tls() && !way.is_tls() {
            way = Box::new(TlsStream::connect(&self.tls, way, details, &self.spare)?);
        }
        Ok(Box::new(StrictEnd(way)))
    }

    /// The time for the connection, and its end.
    fn bound(&self, request: NextTimeout) -> (NextTimeout, Bound) {
        let own = NextTimeout {
            after: self.within.into(),
            reason: Timeout::Connect,
            ..NextTimeout::default()
        };
        let timeout = match request.after {
            time::Duration::Exact(after) if after < self.within => request,
            _ => own,
        };
        let end = match timeout.after {
            time::Duration::Exact(after) => Instant::now().checked_add(after),
            time::Duration::NotHappening => None,
        };
        (timeout, Bound::new(end, timeout.reason))
    }
}

fn host_and_port(uri: &Uri) -> Result<(&str, u16), Error> {
    let host = uri.host().ok_or(Error::HostNotFound)?;
    let port = uri.port_u16().or(match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        Some(_) => Some(1080),
        None => None,
    });
    Ok((host, port.ok_or(Error::HostNotFound)?))
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

/// Finds nothing for ureq, which asks before it knows whether it needs a
/// connection, and gives that another time: [`ServerConnector`] looks up itself
/// what it connects to. A proxy that speaks SOCKS alone is looked up here.
#[derive(Debug)]
pub(crate) struct ServerResolver(pub(crate) Resolver);

impl UreqResolver for ServerResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        if uri.scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) {
            let found = TcpWire::find(&self.0, host_and_port(uri)?, timeout).map_err(mark)?;
            // ureq tries no more than it has room for.
            found.into_iter().take(16).for_each(|address| addresses.push(address));
        }
        Ok(addresses)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TransportOptions;
    use crate::connect::tls_config;

    const OWN: Duration = Duration::from_secs(10);

    fn connector() -> ServerConnector {
        ServerConnector {
            tls: Arc::new(tls_config(&TransportOptions::default()).unwrap()),
            resolver: Resolver::default(),
            within: OWN,
            upload: None,
            silence: None,
            spare: SpareBuffers::default(),
        }
    }

    #[test]
    fn a_request_with_less_time_than_a_connection_has_that() {
        for (after, expected) in
            [(OWN / 2, Timeout::Global), (OWN, Timeout::Connect), (OWN * 2, Timeout::Connect)]
        {
            let request = NextTimeout {
                after: after.into(),
                reason: Timeout::Global,
                ..NextTimeout::default()
            };
            let (timeout, _) = connector().bound(request);
            assert_eq!(timeout.reason, expected, "{after:?}");
            assert!(matches!(timeout.after, time::Duration::Exact(of) if of == after.min(OWN)));
        }
    }

    #[test]
    fn an_error_is_marked_once_and_says_the_same() {
        let Error::Other(marked) = mark(mark(Error::HostNotFound)) else { panic!("not marked") };
        assert_eq!(marked.to_string(), Error::HostNotFound.to_string());
        let inner = marked.downcast::<NotConnected>().unwrap();
        assert!(matches!(inner.0, Error::HostNotFound), "{inner:?}");
    }

    #[test]
    fn a_connector_is_shown_by_its_name_alone() {
        assert_eq!(format!("{:?}", connector()), "ServerConnector { .. }");
    }
}
