//! What a name stands for, found out where nobody has to wait for it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Finds the addresses of a host: the operating system's way by default, or one
/// of your own (a fixed address, a DNS client, a service registry).
///
/// Each lookup runs in a thread of its own, since none can be cut short: one that
/// takes longer than a connection may is left behind, and ends by itself.
///
/// ```
/// use removit_blocking::{Resolver, TransportOptions};
///
/// let mut options = TransportOptions::default();
/// options.resolver = Resolver::new(|host, port| match host {
///     "api.removit.test" => Ok(vec![([127, 0, 0, 1], port).into()]),
///     _ => Err(std::io::ErrorKind::NotFound.into()),
/// });
/// ```
#[derive(Clone)]
pub struct Resolver(Arc<Lookup>);

impl Resolver {
    /// A resolver of your own. It may block; what it returns is tried in turn.
    pub fn new(
        lookup: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }

    /// Finds the addresses and hands them to `then`, in another thread where there
    /// is something to look up.
    ///
    /// ```
    /// use removit_blocking::Resolver;
    ///
    /// Resolver::default().find("127.0.0.1", 80, |found| assert_eq!(found.unwrap().len(), 1))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where no thread can be had; `then` is told of nothing. What the lookup fails with is
    /// told to `then`.
    pub fn find(
        &self,
        host: &str,
        port: u16,
        then: impl FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
    ) -> io::Result<()> {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            then(Ok(vec![(address, port).into()]));
            return Ok(());
        }
        let (lookup, host) = (Arc::clone(&self.0), host.to_owned());
        let named = thread::Builder::new().name("removit-resolver".to_owned());
        named.spawn(move || then(lookup(&host, port))).map(drop)
    }
}

impl Default for Resolver {
    /// The operating system's.
    fn default() -> Self {
        Self::new(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn an_address_is_not_looked_up() {
        let resolver = Resolver::new(|_, _| panic!("looked up"));
        for (host, expected) in [("127.0.0.1", "127.0.0.1:80"), ("[::1]", "[::1]:80")] {
            let (found, finding) = channel();
            resolver.find(host, 80, move |result| found.send(result.unwrap()).unwrap()).unwrap();
            assert_eq!(finding.recv().unwrap(), [expected.parse().unwrap()]);
        }
    }

    #[test]
    fn a_resolver_is_shown_by_its_name_alone() {
        assert_eq!(format!("{:?}", Resolver::default()), "Resolver { .. }");
    }

    #[test]
    fn a_name_is_looked_up_in_another_thread() {
        let here = thread::current().id();
        let resolver = Resolver::new(move |host, port| {
            assert_ne!(thread::current().id(), here);
            assert_eq!((host, port), ("api.removit.test", 443));
            Ok(Vec::new())
        });
        let (found, finding) = channel();
        resolver.find("api.removit.test", 443, move |result| found.send(result).unwrap()).unwrap();
        assert!(finding.recv().unwrap().unwrap().is_empty());
    }
}
