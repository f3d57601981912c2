//! `NO_PROXY`: the servers that a proxy is not for.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// A list in the form of `NO_PROXY`: entries between commas or blanks.
///
/// - `*` means every server;
/// - a name, with or without `.` or `*.` before it, means itself and all below it;
/// - an address means itself, and `10.0.0.0/8` or `fd00::/8` all in that range: they
///   are compared with the address in the URL, as no name is looked up for this;
/// - `name:8443` or `[::1]:8443` means that port alone.
///
/// Letters may be large or small, and what is none of these means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    host: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// In small letters.
    Below(String),
    In(IpNet),
}

impl NoProxy {
    /// Reads a list.
    #[must_use]
    pub(crate) fn new(list: &str) -> Self {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace());
        Self(entries.filter_map(Entry::read).collect())
    }

    /// Whether the server is reached without the proxy.
    #[must_use]
    pub(crate) fn excepts(&self, server: &Uri) -> bool {
        let host = bare(server.host().unwrap_or_default());
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let address = host.parse().ok().map(|address: IpAddr| address.to_canonical());
        let port = server.port_u16().or(match server.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        });
        self.0.iter().any(|entry| {
            let here = match (&entry.host, address) {
                (Hosts::All, _) => true,
                (Hosts::In(range), Some(address)) => range.contains(&address),
                (Hosts::Below(name), None) => is_below(&host, name),
                _ => false,
            };
            here && (entry.port.is_none() || entry.port == port)
        })
    }
}

impl Entry {
    fn read(text: &str) -> Option<Self> {
        if let Some(host) = Hosts::read(text) {
            return Some(Self { host, port: None });
        }
        let (host, port) = text.rsplit_once(':')?;
        Some(Self { host: Hosts::read(host)?, port: Some(port.parse().ok()?) })
    }
}

impl Hosts {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let text = bare(text);
        if let Ok(range) = text.parse() {
            return Some(Self::In(range));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::In(address.to_canonical().into()));
        }
        let name = text.strip_prefix('*').unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_name = !name.is_empty() && !name.contains([':', '/', '*', '[', ']']);
        is_name.then(|| Self::Below(name.to_ascii_lowercase()))
    }
}

/// An address without the brackets that URLs write around it.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn excepted(list: &str, server: &str) {
        assert!(NoProxy::new(list).excepts(&server.parse().unwrap()), "{list} for {server}");
    }

    #[track_caller]
    fn not_excepted(list: &str, server: &str) {
        assert!(!NoProxy::new(list).excepts(&server.parse().unwrap()), "{list} for {server}");
    }

    #[test]
    fn a_name_means_itself_and_all_below_it() {
        for list in [
            "removit.eu",
            ".removit.eu",
            "*.removit.eu",
            "Removit.EU",
            "removit.eu.",
            "x.example, removit.eu",
            "x.example,,removit.eu,",
            "x.example removit.eu",
        ] {
            excepted(list, "https://api.removit.eu/api/v1/upload");
            excepted(list, "https://removit.eu/");
            excepted(list, "https://API.Removit.eu./");
        }
        for list in ["emovit.eu", "api.removit.eu.example", "removit", ".", "", ","] {
            not_excepted(list, "https://api.removit.eu/");
        }
    }

    #[test]
    fn a_star_means_every_server() {
        for server in ["https://api.removit.eu/", "https://10.1.2.3/", "https://[2001:db8::1]/"] {
            excepted("*", server);
            excepted("a.example, *", server);
        }
    }

    #[test]
    fn a_range_means_the_addresses_in_it() {
        for (list, inside, outside) in [
            ("10.0.0.0/8", "https://10.1.2.3/", "https://11.1.2.3/"),
            ("10.9.8.7/8", "https://10.1.2.3/", "https://11.1.2.3/"),
            ("192.168.4.0/22", "https://192.168.7.255/", "https://192.168.8.0/"),
            ("172.16.0.5/32", "https://172.16.0.5/", "https://172.16.0.6/"),
            ("0.0.0.0/0", "https://203.0.113.9/", "https://[2001:db8::1]/"),
            ("2001:db8::/32", "https://[2001:db8:1::9]/", "https://[2001:db9::1]/"),
            ("fd00::/8", "https://[fdab::1]:8443/", "https://[fe80::1]/"),
            ("10.0.0.1", "https://10.0.0.1/", "https://10.0.0.11/"),
            ("2001:DB8::1", "https://[2001:db8:0:0::1]/", "https://[2001:db8::2]/"),
            ("[2001:db8::1]", "https://[2001:db8::1]/", "https://[2001:db8::2]/"),
            // The same address, written for the other protocol.
            ("10.0.0.0/8", "https://[::ffff:10.1.2.3]/", "https://[::ffff:11.1.2.3]/"),
        ] {
            excepted(list, inside);
            not_excepted(list, outside);
            not_excepted(list, "https://api.removit.eu/");
        }
    }

    #[test]
    fn a_name_is_no_end_of_an_address() {
        not_excepted("0.0.1", "https://10.0.0.1/");
        not_excepted("1", "https://10.0.0.1/");
    }

    #[test]
    fn a_port_narrows_an_entry() {
        for (list, inside, outside) in [
            ("removit.eu:8443", "https://api.removit.eu:8443/", "https://api.removit.eu/"),
            ("removit.eu:443", "https://api.removit.eu/", "https://api.removit.eu:8443/"),
            ("removit.eu:80", "http://api.removit.eu/", "https://api.removit.eu/"),
            ("10.0.0.1:8443", "https://10.0.0.1:8443/", "https://10.0.0.1/"),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/", "https://[2001:db8::1]/"),
        ] {
            excepted(list, inside);
            not_excepted(list, outside);
        }
    }

    #[test]
    fn what_cannot_be_read_means_nothing() {
        for list in
            ["10.0.0.0/33", "removit.eu:port", "*removit*", "http://api.removit.eu/", "[", "::1::"]
        {
            not_excepted(list, "https://api.removit.eu/");
            not_excepted(list, "https://10.0.0.1/");
        }
    }
}
