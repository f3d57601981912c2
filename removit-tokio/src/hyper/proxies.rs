//! The proxies as hyper's connectors take them.

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use removit_blocking::connect::{ProxyChoice, UnusableProxy};

use crate::{Proxy, SetupError};

/// The proxy for all servers but some.
#[derive(Debug)]
pub(crate) struct Proxies(ProxyChoice);

/// A proxy, with the name and password that it wants.
#[derive(Debug)]
pub(crate) struct ToProxy {
    pub(crate) is_socks: bool,
    pub(crate) intercept: Intercept,
}

impl Proxies {
    pub(crate) fn new(proxy: &Proxy) -> Result<Self, SetupError> {
        ProxyChoice::of(proxy).map(Self)
    }

    pub(crate) fn for_server(&self, server: &Uri) -> Result<Option<ToProxy>, UnusableProxy> {
        let Some(proxy) = self.0.for_server(server)? else { return Ok(None) };
        // It takes the URL apart, and is asked for nothing else: which servers the
        // proxy is for was decided.
        let matcher = Matcher::builder().all(proxy.as_str()).build();
        let intercept = matcher.intercept(server).ok_or(UnusableProxy)?;
        Ok(Some(ToProxy { is_socks: proxy.is_socks(), intercept }))
    }
}
