//! Whether a request goes through a proxy, and which.
//!
//! A proxy that cannot be used is an error and never ends as a direct
//! connection. What goes without one in any case is [`is_always_direct`]'s to say.

use std::net::IpAddr;

use http::Uri;

use crate::proxy_choice::{ProxyChoice, is_always_direct};
use crate::{Proxy, SetupError};

/// The proxy for all servers but some.
#[derive(Clone, Debug)]
pub(crate) struct Proxies {
    proxy: Result<Option<ureq::Proxy>, UnusableProxy>,
    except: Vec<String>,
}

/// The environment names a proxy that is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnusableProxy;

impl Proxies {
    pub(crate) fn new(choice: &Proxy) -> Result<Self, SetupError> {
        let ProxyChoice { url, except } = ProxyChoice::of(choice);
        let proxies = Self::to(url.as_deref(), &except);
        match (choice, &proxies.proxy) {
            (Proxy::Url(_), Err(error)) => Err(SetupError::Client { detail: error.to_string() }),
            // The environment's proxy may never be needed.
            _ => Ok(proxies),
        }
    }

    /// `except` is a list in the form of `NO_PROXY`.
    fn to(url: Option<&str>, except: &str) -> Self {
        let proxy = url.map(ureq::Proxy::new).transpose().map_err(|_| UnusableProxy);
        let except = except.split(',').map(|name| name.trim().to_ascii_lowercase());
        Self { proxy, except: except.filter(|name| !name.is_empty()).collect() }
    }

    pub(crate) fn for_server(&self, server: &Uri) -> Result<Option<ureq::Proxy>, UnusableProxy> {
        let host = server.host().unwrap_or_default().to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let direct =
            is_always_direct(server) || self.except.iter().any(|entry| excepts(entry, host));
        if direct { Ok(None) } else { self.proxy.clone() }
    }
}

/// `*` means all; a name means itself and all below it, with or without a dot
/// or `*.` before it.
fn excepts(entry: &str, host: &str) -> bool {
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    if name.is_empty() {
        return entry.starts_with('*');
    }
    let below = host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    below && (host == name || host.parse::<IpAddr>().is_err())
}

impl std::fmt::Display for UnusableProxy {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the proxy's URL is not that of a proxy (http://, https:// or socks5://)")
    }
}

impl std::error::Error for UnusableProxy {}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_through(except: &str, server: &str) -> bool {
        let proxies = Proxies::to(Some("http://me:secret@proxy.example:3128"), except);
        proxies.for_server(&server.parse().unwrap()).unwrap().is_some()
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
        for entry in ["removit.eu", ".removit.eu", "*.removit.eu", "x.example, Removit.EU", "*"] {
            assert!(!goes_through(entry, "https://api.removit.eu/"), "{entry}");
        }
        for entry in ["emovit.eu", "api.removit.eu.example", "removit", ".", ""] {
            assert!(goes_through(entry, "https://api.removit.eu/"), "{entry}");
        }
        assert!(!goes_through("10.0.0.1", "https://10.0.0.1/"));
        assert!(goes_through("0.0.1", "https://10.0.0.1/"));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_and_never_a_direct_connection() {
        let server = Uri::from_static("https://api.removit.eu/");
        for url in ["gopher://proxy.example", "not a url", ""] {
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
