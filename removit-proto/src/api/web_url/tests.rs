//! URLs as browsers read them, and what is refused.

use http::HeaderValue;

use super::*;
use crate::api::url_encoding::{MAX_LEN, location_text, percent_encode, push_percent_encoded};

fn parse(text: &str) -> Result<String, UrlError> {
    WebUrl::parse(text).map(|url| url.text)
}

#[test]
fn spaces_accents_and_stray_percents_are_encoded_as_browsers_do() {
    assert_eq!(
        parse("https://cdn.example/à b/100%.png?q={x}"),
        Ok("https://cdn.example/%C3%A0%20b/100%25.png?q=%7Bx%7D".to_owned())
    );
}

#[test]
fn what_rfc_3986_forbids_in_a_path_or_query_is_encoded() {
    for (text, sent) in [
        ("a[1].png", "a%5B1%5D.png"),
        ("a b\"c'<d>|e^f`g{h}.png", "a%20b%22c'%3Cd%3E%7Ce%5Ef%60g%7Bh%7D.png"),
        ("x?k[]=[1]|2 3", "x?k%5B%5D=%5B1%5D%7C2%203"),
        ("x?a=b?c=/d", "x?a=b?c=/d"),
        ("naïve-日本.png", "na%C3%AFve-%E6%97%A5%E6%9C%AC.png"),
        ("x#one#two", "x"),
        ("x?y#one?z#two", "x?y"),
        ("100%/%zz/%4", "100%25/%25zz/%254"),
        ("a\\b?c\\d", "a/b?c%5Cd"),
        ("a\tb\n/c\r\n?d\te", "ab/c?de"),
        ("a\u{1}b\u{7f}c\u{85}", "a%01b%7Fc%C2%85"),
        ("a:b@c!$&'()*+,;=", "a:b@c!$&'()*+,;="),
    ] {
        let expected = format!("https://cdn.example/{sent}");
        assert_eq!(parse(&format!("https://cdn.example/{text}")), Ok(expected), "{text}");
    }
    assert_eq!(parse("https://cdn.example?a[]=1"), Ok("https://cdn.example?a%5B%5D=1".to_owned()));
    assert_eq!(parse(" \u{0}\u{1b}https://a/x \u{1f}"), Ok("https://a/x".to_owned()));
}

#[test]
fn schemes_hosts_and_ports_are_written_in_one_way() {
    for (text, sent) in [
        ("HTTPS://CDN.Example:443/A", "https://cdn.example/A"),
        ("Http://cdn.example:80?A", "http://cdn.example?A"),
        ("https://a:/x", "https://a/x"),
        ("https://a:0443/x", "https://a/x"),
        ("https://a:80/x", "https://a:80/x"),
        ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://a./x", "https://a./x"),
    ] {
        assert_eq!(parse(text), Ok(sent.to_owned()), "{text}");
    }
}

#[test]
fn a_location_may_be_raw_bytes() {
    let text = |bytes: &[u8]| location_text(&HeaderValue::from_bytes(bytes).unwrap());
    assert_eq!(text("/à[1].png".as_bytes()), "/à[1].png");
    assert_eq!(text(b"/\xe0 b\xff.png"), "/%E0 b%FF.png");
    let base = WebUrl::parse("https://a/b").unwrap();
    let led = |bytes: &[u8]| base.join(&text(bytes)).map(|url| url.text);
    assert_eq!(led("/à[1].png".as_bytes()), Ok("https://a/%C3%A0%5B1%5D.png".to_owned()));
    assert_eq!(led(b"/\xe0 b.png"), Ok("https://a/%E0%20b.png".to_owned()));
    assert_eq!(led(b"https://\xe0.example/"), Err(UrlError::Host));
}

#[test]
fn a_reference_that_browsers_take_to_another_host_is_refused() {
    let base = WebUrl::parse("https://a/b/c").unwrap();
    for reference in [
        "\\\\evil.example/x",
        "/\\evil.example/x",
        "\\/evil.example/x",
        "/\t/evil.example/x",
        "//evil\n.example/x",
        "ht\ttps://evil.example/x",
        "https:\\\\evil.example/x",
        "https:/\t/evil.example/x",
        "https:evil.example",
        "https:/evil.example",
        "///evil.example/x",
        "////evil.example/x",
        "//good\\@evil.example/x",
    ] {
        assert!(base.join(reference).is_err(), "{reference:?}");
    }
    for (reference, led) in [
        ("\\x\\y", "https://a/x/y"),
        ("x\ty", "https://a/b/xy"),
        ("/x//y", "https://a/x//y"),
        ("?q=//evil.example", "https://a/b/c?q=//evil.example"),
        ("#top", "https://a/b/c"),
    ] {
        assert_eq!(base.join(reference).map(|url| url.text), Ok(led.to_owned()), "{reference:?}");
    }
}

#[test]
fn an_escape_that_is_there_is_kept() {
    assert_eq!(parse("https://a/%2f%41"), Ok("https://a/%2f%41".to_owned()));
}

#[test]
fn the_fragment_is_dropped() {
    assert_eq!(parse("https://a/x#y"), Ok("https://a/x".to_owned()));
}

#[test]
fn a_text_without_scheme_or_host_is_not_absolute() {
    for text in ["/x", "x.png", "//host/x", "https:", "https:x", "https:///x"] {
        assert_eq!(parse(text), Err(UrlError::NotAbsolute), "{text}");
    }
}

#[test]
fn other_schemes_are_refused() {
    for text in ["file:///etc/passwd", "data:,x", "ftp://a/", "javascript:alert(1)"] {
        assert_eq!(parse(text), Err(UrlError::Scheme), "{text}");
    }
}

#[test]
fn a_host_that_parsers_read_differently_is_refused() {
    for text in [
        "https://good.example\\@evil.example/",
        "https://a%2eb/",
        "https://é.example/",
        "https://a b/",
        "https://[::1/",
        "https://a:99999/",
        "https://a:x/",
        "https://a\n.b/",
        "https://a\\.b/",
        "https:\\\\a/",
        "ht\ntps://a/",
        "https://a|b/",
        "https://a%5Bb/",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert_eq!(parse("https://user:pw@host/"), Err(UrlError::UserInfo));
    assert_eq!(parse("https://good.example@evil.example/"), Err(UrlError::UserInfo));
}

#[test]
fn a_number_that_is_an_address_to_some_parsers_alone_is_refused() {
    for host in
        ["127.1", "0x7f.1", "0x", "2130706433", "0177.0.0.1", "1.2.3.4.", "1.2.3.4.5", "[v1.a]"]
    {
        assert_eq!(parse(&format!("https://{host}/")), Err(UrlError::Host), "{host}");
    }
    for host in ["1.2.3.4", "1.example", "a0x7f", "a.1b", "[2001:db8::1]"] {
        assert!(parse(&format!("https://{host}/")).is_ok(), "{host}");
    }
}

#[test]
fn what_is_taken_is_taken_again_as_it_is_sent() {
    let long = format!("https://a/{}", "é".repeat(MAX_LEN / 6));
    assert_eq!(parse(&long), Err(UrlError::Malformed));
    let sent = parse(&long[..MAX_LEN / 4]).unwrap();
    assert_eq!(parse(&sent), Ok(sent));
}

#[test]
fn loopback_is_known_by_name_and_by_address() {
    for (text, loopback) in [
        ("http://localhost:1/", true),
        ("http://LOCALHOST", true),
        ("http://127.0.0.1", true),
        ("http://127.9.9.9:80", true),
        ("http://[::1]:80", true),
        ("http://localhost.evil.example", false),
        ("http://128.0.0.1", false),
        ("http://[::2]", false),
    ] {
        assert_eq!(WebUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
    }
}

#[test]
fn origins_ignore_case_and_default_ports() {
    let a = WebUrl::parse("HTTPS://Host.Example/x").unwrap();
    let b = WebUrl::parse("https://host.example:443/y").unwrap();
    assert_eq!(a.origin(), b.origin());
    let c = WebUrl::parse("http://host.example:443/y").unwrap();
    assert_ne!(a.origin(), c.origin());
}

#[test]
fn relative_references_resolve_by_rfc_3986() {
    let base = WebUrl::parse("https://a/b/c/d?q").unwrap();
    for (reference, expected) in [
        ("g", "https://a/b/c/g"),
        ("/g", "https://a/g"),
        ("//g/h", "https://g/h"),
        ("?y", "https://a/b/c/d?y"),
        ("../g", "https://a/b/g"),
        ("../../../g", "https://a/g"),
        ("https://z/x y", "https://z/x%20y"),
    ] {
        assert_eq!(base.join(reference).unwrap().as_str(), expected, "{reference}");
    }
    assert_eq!(base.join("file:///etc/passwd"), Err(UrlError::Scheme));
    let base = WebUrl::parse("https://a/b/c/..").unwrap();
    assert_eq!(base.join("q").unwrap().as_str(), "https://a/b/q");
}

#[test]
fn the_vendors_url_is_what_its_text_parses_to() {
    assert_eq!(WebUrl::parse("https://api.removit.eu"), Ok(WebUrl::vendor()));
}

#[test]
fn query_values_keep_only_unreserved_characters() {
    assert_eq!(percent_encode("a-Z.0_~"), "a-Z.0_~");
    assert_eq!(percent_encode("a b&c=é/ÿ"), "a%20b%26c%3D%C3%A9%2F%C3%BF");
    let mut text = "q=".to_owned();
    push_percent_encoded("a~ b", &mut text);
    assert_eq!(text, "q=a~%20b");
}

#[test]
fn a_url_may_be_as_long_as_the_limit_and_no_longer() {
    let longest = format!("https://a/{}", "x".repeat(MAX_LEN - "https://a/".len()));
    assert_eq!(parse(&longest), Ok(longest.clone()));
    assert_eq!(parse(&format!("{longest}x")), Err(UrlError::Malformed));
    // Short as it is written, too long as it is sent.
    let grown = format!("https://a/{}", "^".repeat(MAX_LEN / 2));
    assert_eq!(parse(&grown), Err(UrlError::Malformed));
}

#[test]
fn nothing_and_control_characters_in_a_host_are_refused() {
    for text in ["", " ", "\u{0}", "https://a\u{0}/", "https://a\u{7f}/", "https://a\u{85}/"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    let base = WebUrl::parse("https://a/b").unwrap();
    assert_eq!(base.join(""), Err(UrlError::Malformed));
}

#[test]
fn an_empty_port_is_the_schemes_own() {
    assert_eq!(WebUrl::parse("https://a:/x").map(|url| url.port), Ok(443));
    assert_eq!(WebUrl::parse("http://a/x").map(|url| url.port), Ok(80));
    assert_eq!(WebUrl::parse("https://a:8443/x").map(|url| url.port), Ok(8443));
}
