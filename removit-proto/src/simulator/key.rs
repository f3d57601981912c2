//! An API key as the vendor sees it: compared in full, shown only masked.

use core::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use serde::{Serialize, Serializer};

pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// An API key that arrived. `Debug`, `Display` and JSON show at most its last
/// four characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// A key with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key in either of the contract's two headers; `X-API-Key` wins.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let plain = headers
            .get(X_API_KEY)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let bearer = || {
            let value = headers.get(AUTHORIZATION)?;
            let text = String::from_utf8_lossy(value.as_bytes());
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        };
        plain.or_else(bearer).map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A short key would be given away by its last four characters.
        let length = self.0.chars().count();
        let hidden = if length >= 12 { length.saturating_sub(4) } else { length };
        f.write_str("…")?;
        self.0.chars().skip(hidden).try_for_each(|shown| write!(f, "{shown}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_header_schemes_are_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(Key::of(&headers), None);
        headers.insert(AUTHORIZATION, "bearer  secret".parse().unwrap());
        assert_eq!(Key::of(&headers), Some(Key::new("secret")));
        headers.insert(X_API_KEY, "other".parse().unwrap());
        assert_eq!(Key::of(&headers), Some(Key::new("other")));
    }

    #[test]
    fn a_key_is_shown_masked() {
        let key = Key::new("rk_live_0123456789");
        assert_eq!(format!("{key:?}"), "Key(…6789)");
        assert_eq!(Key::new("short").to_string(), "…");
        assert_eq!(serde_json::to_value(&key).unwrap(), "…6789");
    }
}
