//! The proxies as ureq takes them.

use http::Uri;
use ureq::{Proxy as UreqProxy, ProxyProtocol};

use crate::connect::{ProxyChoice, ProxyUrl, UnusableProxy};
use crate::{Proxy, SetupError};

/// The proxy for all servers but some.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(ProxyChoice);

impl Proxies {
    pub(crate) fn new(proxy: &Proxy) -> Result<Self, SetupError> {
        ProxyChoice::of(proxy).map(Self)
    }

    pub(crate) fn for_server(&self, server: &Uri) -> Result<Option<UreqProxy>, UnusableProxy> {
        self.0.for_server(server)?.map(of_ureq).transpose()
    }
}

fn of_ureq(url: &ProxyUrl) -> Result<UreqProxy, UnusableProxy> {
    let proxy = UreqProxy::new(url.as_str()).map_err(|_| UnusableProxy)?;
    debug_assert!(!url.is_socks() || proxy.protocol() == ProxyProtocol::Socks5h);
    Ok(proxy)
}
