//! Which proxy there is, and what never goes through one.
//!
//! Plain text goes to loopback hosts alone, and a loopback host is always
//! reached directly, so that a proxy only ever sees TLS. What a proxy's URL must
//! look like is the transport's to say.

use std::env;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use crate::Proxy;

/// The proxy for all servers but some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyChoice {
    /// Its URL, not looked at. Without one, all servers are reached directly.
    pub url: Option<String>,
    /// The hosts that it is not for, in the form of `NO_PROXY`.
    pub except: String,
}

impl ProxyChoice {
    /// Reads the environment where the caller left it to that.
    #[must_use]
    pub fn of(proxy: &Proxy) -> Self {
        match proxy {
            Proxy::Environment => Self {
                url: variable("HTTPS_PROXY").or_else(|| variable("ALL_PROXY")),
                except: variable("NO_PROXY").unwrap_or_default(),
            },
            Proxy::Direct => Self { url: None, except: String::new() },
            Proxy::Url(url) => Self { url: Some(url.clone()), except: String::new() },
        }
    }
}

fn variable(name: &str) -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    set(name).or_else(|| set(&name.to_ascii_lowercase()))
}

/// Whether a server is reached directly, whatever proxy there is.
#[must_use]
pub fn is_always_direct(server: &Uri) -> bool {
    server.scheme() != Some(&Scheme::HTTPS) || server.host().is_none_or(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
