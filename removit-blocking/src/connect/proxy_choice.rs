//! Which proxy there is, and what never goes through one: the same for both
//! adapters.
//!
//! Plain text goes to loopback hosts alone, and a loopback host is always
//! reached directly, so that a proxy only ever sees TLS. A proxy that cannot be
//! used is an error and never ends as a direct connection.

use std::env;
use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use crate::connect::NoProxy;
use crate::{Proxy, SetupError};

/// The proxy for all servers but some.
#[derive(Clone, Debug)]
pub struct ProxyChoice {
    url: Result<Option<ProxyUrl>, UnusableProxy>,
    except: NoProxy,
}

/// Where a proxy is, with what it wants to know of this side. Shown without that.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    url: String,
    is_socks: bool,
}

/// What was named as a proxy is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusableProxy;

impl ProxyChoice {
    /// Reads the environment where the caller left it to that.
    ///
    /// # Errors
    /// [`SetupError::Client`] where the caller named a proxy that is none. The
    /// environment's may never be needed: it fails those requests that need it.
    pub fn of(proxy: &Proxy) -> Result<Self, SetupError> {
        match proxy {
            Proxy::Environment => Ok(Self::read(&|name| env::var(name).ok())),
            Proxy::Direct => Ok(Self { url: Ok(None), except: NoProxy::default() }),
            Proxy::Url(url) => match ProxyUrl::read(url) {
                Ok(url) => Ok(Self { url: Ok(Some(url)), except: NoProxy::default() }),
                Err(error) => Err(SetupError::Client { detail: error.to_string() }),
            },
        }
    }

    /// In capitals or not; an empty variable is none. `HTTP_PROXY` is for plain
    /// text, and so is not read: in a CGI program, a client's header could set it.
    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let read = |name: &str| set(name).or_else(|| set(&name.to_ascii_lowercase()));
        let url = read("HTTPS_PROXY").or_else(|| read("ALL_PROXY"));
        Self {
            url: url.map(|url| ProxyUrl::read(url.trim())).transpose(),
            except: NoProxy::new(&read("NO_PROXY").unwrap_or_default()),
        }
    }

    /// The way to a server; `None` is the direct one.
    ///
    /// # Errors
    /// [`UnusableProxy`] where the server is to be reached through one that is none.
    pub fn for_server(&self, server: &Uri) -> Result<Option<&ProxyUrl>, UnusableProxy> {
        if is_always_direct(server) || self.except.excepts(server) {
            return Ok(None);
        }
        self.url.as_ref().map(Option::as_ref).map_err(|error| *error)
    }
}

impl UnusableProxy {
    /// What to do about it.
    pub(crate) const ADVICE: &str = "correct it, in the options or in HTTPS_PROXY or ALL_PROXY";
}

impl ProxyUrl {
    fn read(text: &str) -> Result<Self, UnusableProxy> {
        let uri: Uri = text.parse().map_err(|_| UnusableProxy)?;
        let authority = uri.authority().filter(|whom| !whom.host().is_empty());
        let authority = authority.ok_or(UnusableProxy)?;
        let (scheme, is_socks) = match uri.scheme_str().unwrap_or("http") {
            scheme @ ("http" | "https") => (scheme, false),
            // The proxy looks the server's name up: it may be the only one who can.
            "socks" | "socks5" | "socks5h" => ("socks5h", true),
            _ => return Err(UnusableProxy),
        };
        let port = match authority.port_u16() {
            Some(_) => "",
            None if is_socks => ":1080",
            None => "",
        };
        Ok(Self { url: format!("{scheme}://{authority}{port}/"), is_socks })
    }

    /// `http://`, `https://` or `socks5h://`, with name and password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether it speaks SOCKS, not HTTP.
    #[must_use]
    pub const fn is_socks(&self) -> bool {
        self.is_socks
    }
}

/// Whether a server is reached directly, whatever proxy there is.
fn is_always_direct(server: &Uri) -> bool {
    server.scheme() != Some(&Scheme::HTTPS) || server.host().is_none_or(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyUrl").field("is_socks", &self.is_socks).finish_non_exhaustive()
    }
}

impl fmt::Display for UnusableProxy {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proxy's URL is not that of a proxy (http://, https:// or socks5://)")
    }
}

impl std::error::Error for UnusableProxy {}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> ProxyChoice {
        ProxyChoice::read(&|name| {
            let found = variables.iter().find(|(of, _)| *of == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn through(choice: &ProxyChoice, server: &str) -> Option<String> {
        let way = choice.for_server(&server.parse().unwrap()).unwrap();
        way.map(|url| url.as_str().to_owned())
    }

    const API: &str = "https://api.removit.eu/api/v1/upload";
    const PROXY: &str = "http://me:secret@proxy.example:3128";

    #[test]
    fn the_environment_is_read_in_capitals_or_not_and_the_narrower_name_first() {
        for (variables, expected) in [
            (&[("HTTPS_PROXY", "http://a"), ("ALL_PROXY", "http://b")][..], Some("http://a/")),
            (&[("https_proxy", "http://a"), ("ALL_PROXY", "http://b")], Some("http://a/")),
            (&[("HTTPS_PROXY", " "), ("all_proxy", "http://b:1")], Some("http://b:1/")),
            (&[("HTTP_PROXY", "http://a"), ("http_proxy", "http://b")], None),
            (&[("ALL_PROXY", "http://a"), ("NO_PROXY", "removit.eu")], None),
            (&[("ALL_PROXY", "http://a"), ("no_proxy", "removit.eu")], None),
            (&[], None),
        ] {
            assert_eq!(through(&environment(variables), API).as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_loopback_host_and_plain_text_never_go_through_a_proxy() {
        let proxy = ProxyChoice::of(&Proxy::Url(PROXY.to_owned())).unwrap();
        assert!(through(&proxy, API).is_some());
        for server in [
            "http://127.0.0.1:1/",
            "https://127.0.0.1/",
            "https://127.8.9.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://LOCALHOST/",
            "http://api.example/",
        ] {
            assert_eq!(through(&proxy, server), None, "{server}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_and_never_a_direct_connection() {
        let server = Uri::from_static(API);
        for url in ["gopher://proxy.example", "socks4://proxy.example", "not a url", "http://", "/"]
        {
            assert!(ProxyChoice::of(&Proxy::Url(url.to_owned())).is_err(), "{url}");
            let choice = environment(&[("HTTPS_PROXY", url)]);
            assert_eq!(choice.for_server(&server).unwrap_err(), UnusableProxy, "{url}");
            let excepted = environment(&[("HTTPS_PROXY", url), ("NO_PROXY", "removit.eu")]);
            assert!(excepted.for_server(&server).unwrap().is_none(), "{url}");
        }
        assert!(ProxyChoice::of(&Proxy::Url(String::new())).is_err());
    }

    #[test]
    fn a_proxys_url_may_leave_out_what_goes_without_saying() {
        for (text, expected) in [
            ("proxy.example:3128", "http://proxy.example:3128/"),
            ("HTTP://proxy.example", "http://proxy.example/"),
            ("https://proxy.example/ignored?too", "https://proxy.example/"),
            ("socks5://me:pw@proxy.example", "socks5h://me:pw@proxy.example:1080/"),
            ("socks5h://[::1]:9", "socks5h://[::1]:9/"),
        ] {
            assert_eq!(ProxyUrl::read(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn a_proxy_speaks_socks_where_its_url_says_so() {
        for (text, expected) in [("socks5://a", true), ("socks5h://a", true), ("http://a", false)] {
            assert_eq!(ProxyUrl::read(text).unwrap().is_socks(), expected, "{text}");
        }
    }

    #[test]
    fn a_url_that_is_no_proxy_s_is_said_without_it() {
        let url = "gopher://me:secret@proxy.example".to_owned();
        let detail = "the proxy's URL is not that of a proxy (http://, https:// or socks5://)";
        let error = ProxyChoice::of(&Proxy::Url(url)).unwrap_err();
        assert_eq!(error, SetupError::Client { detail: detail.to_owned() });
    }

    #[test]
    fn a_password_is_not_shown() {
        let proxy = ProxyChoice::of(&Proxy::Url(PROXY.to_owned())).unwrap();
        let shown = format!("{proxy:?}");
        assert!(shown.contains("ProxyUrl { is_socks: false, .. }"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
