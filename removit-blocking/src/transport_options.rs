//! What the default transport trusts and which way it goes.

/// The options of the default transport.
///
/// ```
/// # use removit_blocking::{Proxy, TransportOptions};
/// let mut options = TransportOptions::default();
/// options.proxy = Proxy::Direct;
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Whose certificates are trusted.
    pub roots: TlsRoots,
    /// Further root certificates in DER, for a gateway with a private one.
    pub extra_roots: Vec<Vec<u8>>,
    /// The way to the server.
    pub proxy: Proxy,
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
    /// which goes to loopback hosts alone.)
    #[default]
    Environment,
    /// No proxy, whatever the environment says.
    Direct,
    /// This one for every host but loopback ones: `http://user:password@host:port`,
    /// or `https`. `removit-blocking` takes `socks5` as well.
    Url(String),
}
