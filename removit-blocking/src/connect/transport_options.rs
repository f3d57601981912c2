//! What the default transport trusts and which way it goes.

use std::sync::Arc;
use std::time::Duration;

use crate::{ClientCertificate, Resolver};

/// The options of the default transport.
///
/// ```
/// # use removit_blocking::{Proxy, TransportOptions};
/// let options = TransportOptions::default().with(|options| options.proxy = Proxy::Direct);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Whose certificates are trusted.
    pub roots: TlsRoots,
    /// Further root certificates in DER, for a gateway with a private one.
    pub extra_roots: Vec<Vec<u8>>,
    /// What this side shows to servers that ask for a certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// A configuration of your own in place of all of the above: another verifier, a
    /// log of keys, fewer ciphers. Which protocols it offers (ALPN) is the transport's
    /// to say. Without one, cryptography is that of the process's default provider
    /// where it has installed one (`aws-lc-rs`, say, with
    /// [`CryptoProvider::install_default`](rustls::crypto::CryptoProvider::install_default)),
    /// and ring's where not.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The way to the server.
    pub proxy: Proxy,
    /// The longest that making a connection may take: its name, TCP, the proxy and
    /// TLS together. Default 10 s. A connection that was not made is the one failure
    /// after which a paid request can be sent again without a thought, so that it
    /// is worth being told soon. A request with less time than this has that.
    pub connect_timeout: Duration,
    /// Who finds the addresses of servers and proxies. Of several addresses the next
    /// one is tried beside the others every quarter second, and the first that
    /// answers is used.
    pub resolver: Resolver,
}

impl TransportOptions {
    /// The same after a change: `TransportOptions::default().with(|it| …)`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            roots: TlsRoots::default(),
            extra_roots: Vec::new(),
            client_certificate: None,
            tls: None,
            proxy: Proxy::default(),
            connect_timeout: Duration::from_secs(10),
            resolver: Resolver::default(),
        }
    }
}

/// Whose root certificates are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsRoots {
    /// Those that the operating system trusts.
    #[cfg(feature = "platform-roots")]
    #[default]
    Platform,
    /// Mozilla's, as they were when this program was built.
    #[cfg(feature = "bundled-roots")]
    #[cfg_attr(not(feature = "platform-roots"), default)]
    Bundled,
    /// None but [`TransportOptions::extra_roots`].
    #[cfg_attr(not(any(feature = "platform-roots", feature = "bundled-roots")), default)]
    ExtraOnly,
}

/// The way to the server. A loopback host is always reached directly, so that
/// plain text with a key in it never leaves this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or not,
    /// read once when the transport is made. (`HTTP_PROXY` is for plain text,
    /// which goes to loopback hosts alone.) `NO_PROXY` is a list of names, which
    /// mean themselves and all below them, of addresses, and of ranges such as
    /// `10.0.0.0/8`, each with or without a port; or `*`.
    #[default]
    Environment,
    /// No proxy, whatever the environment says.
    Direct,
    /// This one for every host but loopback ones: `http://user:password@host:port`,
    /// `https`, or `socks5`, where the proxy looks names up (`socks5h` is the same).
    Url(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_the_default_ones_but_for_what_is_changed() {
        let options = TransportOptions::default().with(|options| options.proxy = Proxy::Direct);
        assert_eq!(options.proxy, Proxy::Direct);
        assert_eq!(options.connect_timeout, Duration::from_secs(10));
    }
}
