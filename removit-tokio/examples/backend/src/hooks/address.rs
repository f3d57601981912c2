//! Where a webhook may go: not to this machine, and not into the network behind it.
//!
//! Judged when a caller names it, and again at each connect, since a name can change.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use crate::settings::Settings;

/// The URL as it is kept, where it may be one.
pub fn check(url: &str, settings: &Settings) -> Result<String, String> {
    let parsed = Url::parse(url).map_err(|error| format!("`webhook_url`: {error}"))?;
    if url.len() > 2000 {
        return Err("`webhook_url` is longer than 2000 characters".to_owned());
    }
    let schemes: &[&str] = if settings.private_webhooks { &["https", "http"] } else { &["https"] };
    if !schemes.contains(&parsed.scheme()) {
        return Err("`webhook_url` begins with https://".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("`webhook_url` has a name or a password in it".to_owned());
    }
    if !settings.private_webhooks && literal(&parsed).is_some_and(|ip| !is_public(ip)) {
        return Err("`webhook_url` is not a public address".to_owned());
    }
    Ok(parsed.into())
}

/// The address that a URL names without asking anyone, in whatever spelling.
pub fn literal(url: &Url) -> Option<IpAddr> {
    // The parser has read octal, hexadecimal and short forms already.
    let host = url.host_str()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse().ok()
}

/// Whether it is an address of the internet, and no way to another kind.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0
        || a >= 224
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19));
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || special)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let [first, second, ..] = segments;
    let low =
        Ipv4Addr::from_octets([ip.octets()[12], ip.octets()[13], ip.octets()[14], ip.octets()[15]]);
    if let Some(ip) = ip.to_ipv4_mapped() {
        return is_public_v4(ip);
    }
    // NAT64 and 6to4 lead to the IPv4 address in them.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(low);
    }
    if first == 0x2002 {
        let [_, _, a, b, c, d, ..] = ip.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // What is handed out begins with 001; Teredo, documentation and local NAT64 are in it.
    let global = first & 0xe000 == 0x2000;
    global && !(first == 0x2001 && (second < 0x200 || second == 0xdb8)) && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public_url(url: &str) -> bool {
        literal(&Url::parse(url).unwrap()).is_none_or(is_public)
    }

    #[test]
    fn this_machine_is_known_in_all_its_spellings() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0177.0.0.1",
            "2130706433",
            "0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
        ] {
            assert!(!is_public_url(&format!("http://{host}/")), "{host}");
        }
    }

    #[test]
    fn networks_behind_it_are_not_public() {
        for host in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "[fe80::1]",
            "[fc00::1]",
            "[ff02::1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::1]",
            "[2001:db8::1]",
            "[2001::1]",
        ] {
            assert!(!is_public_url(&format!("http://{host}/")), "{host}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are() {
        for host in ["1.1.1.1", "93.184.216.34", "[2606:4700::1111]", "[64:ff9b::101:101]"] {
            assert!(is_public_url(&format!("http://{host}/")), "{host}");
        }
    }
}
