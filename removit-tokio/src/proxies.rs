//! Whether a request goes through a proxy, and which.
//!
//! A proxy that cannot be used is an error and never ends as a direct
//! connection. What goes without one in any case is [`is_always_direct`]'s to say.

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use removit_blocking::shared::{ProxyChoice, is_always_direct};

use crate::{Proxy, SetupError};

/// The proxy for all servers but some.
pub(crate) struct Proxies {
    matcher: Matcher,
    usable: bool,
}

/// The environment names a proxy that is none.
#[derive(Debug)]
pub(crate) struct UnusableProxy;

impl Proxies {
    pub(crate) fn new(choice: &Proxy) -> Result<Self, SetupError> {
        let ProxyChoice { url, except } = ProxyChoice::of(choice);
        let proxies = Self::to(url.as_deref(), &except);
        match choice {
            Proxy::Url(_) if !proxies.usable => {
                Err(SetupError::Client { detail: UnusableProxy.to_string() })
            }
            // The environment's proxy may never be needed.
            _ => Ok(proxies),
        }
    }

    /// `except` is a list in the form of `NO_PROXY`.
    fn to(url: Option<&str>, except: &str) -> Self {
        let usable = url.is_none_or(is_http_proxy);
        // What stands in is never connected to, but keeps the exceptions alive.
        let stand_in = "http://unusable.invalid";
        let url = if usable { url.unwrap_or_default() } else { stand_in };
        Self { matcher: Matcher::builder().all(url).no(except).build(), usable }
    }

    pub(crate) fn for_server(&self, server: &Uri) -> Result<Option<Intercept>, UnusableProxy> {
        if is_always_direct(server) {
            return Ok(None);
        }
        match self.matcher.intercept(server) {
            Some(_) if !self.usable => Err(UnusableProxy),
            proxy => Ok(proxy),
        }
    }
}

fn is_http_proxy(url: &str) -> bool {
    let proxy =
        Matcher::builder().all(url).build().intercept(&Uri::from_static("https://any.host"));
    proxy.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https")))
}

impl std::fmt::Display for UnusableProxy {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the proxy's URL is not that of an HTTP proxy (http:// or https://)")
    }
}

impl std::error::Error for UnusableProxy {}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "http://me:secret@proxy.example:3128";

    fn goes_through(except: &str, server: &str) -> bool {
        Proxies::to(Some(PROXY), except).for_server(&server.parse().unwrap()).unwrap().is_some()
    }

    #[test]
    fn a_server_is_reached_through_the_proxy() {
        assert!(goes_through("", "https://api.removit.eu/api/v1/upload"));
    }

    #[test]
    fn a_loopback_host_and_plain_text_are_not() {
        for server in
            ["http://127.0.0.1:1/", "https://127.0.0.1/", "https://[::1]/", "https://LOCALHOST/"]
        {
            assert!(!goes_through("", server), "{server}");
        }
        assert!(!goes_through("", "http://api.example/"));
    }

    #[test]
    fn an_exception_means_the_name_and_all_below_it() {
        for except in ["removit.eu", ".removit.eu", "x.example, Removit.EU", "*"] {
            assert!(!goes_through(except, "https://api.removit.eu/"), "{except}");
        }
        for except in ["emovit.eu", "api.removit.eu.example", ""] {
            assert!(goes_through(except, "https://api.removit.eu/"), "{except}");
        }
        assert!(!goes_through("10.0.0.0/8", "https://10.1.2.3/"));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_and_never_a_direct_connection() {
        let server = Uri::from_static("https://api.removit.eu/");
        for url in ["socks5://proxy.example", "gopher://proxy.example", "not a url", ""] {
            assert!(Proxies::new(&Proxy::Url(url.to_owned())).is_err(), "{url}");
            assert!(Proxies::to(Some(url), "").for_server(&server).is_err(), "{url}");
            assert!(Proxies::to(Some(url), "removit.eu").for_server(&server).is_ok(), "{url}");
        }
    }

    #[test]
    fn without_a_url_all_servers_are_reached_directly() {
        let server = Uri::from_static("https://api.removit.eu/");
        assert!(Proxies::to(None, "").for_server(&server).unwrap().is_none());
    }
}
