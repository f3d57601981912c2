//! The API key: held once, wiped when its last copy goes, never shown.

use core::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The longest key that is taken, in bytes.
const MAX_LEN: usize = 1024;
/// What stands in a text for the key; shorter than any key that is looked for.
const MASK: &str = "***";
const BEARER: &str = "Bearer ";
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// An API key.
///
/// The text lives in one shared buffer, which requests borrow too; it is
/// overwritten when the last of them is dropped. What an HTTP stack copies out
/// of a request is beyond our reach. Header values made from it are marked
/// sensitive, and no `Debug` or `Display` shows it.
///
/// ```
/// use removit_proto::ApiKey;
///
/// let key = ApiKey::new("secret-123")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(***)");
/// assert!(ApiKey::new("two words").is_err());
/// # Ok::<(), removit_proto::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey {
    /// `Bearer <key>`, so that both header values are slices of one buffer.
    bearer: Bytes,
}

/// Which header carries the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AuthScheme {
    /// `X-API-Key: <key>`, the vendor's recommendation.
    #[default]
    #[serde(rename = "x-api-key", alias = "XApiKey")]
    XApiKey,
    /// `Authorization: Bearer <key>`.
    #[serde(rename = "bearer", alias = "Bearer")]
    Bearer,
}

/// Why a text cannot be an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// It is empty.
    Empty,
    /// It has more than 1,024 bytes.
    TooLong,
    /// It has a space, a line break or another character that no header can
    /// carry; often a newline from a file, which the caller should trim.
    IllegalCharacter,
}

impl fmt::Display for ApiKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the API key is empty",
            Self::TooLong => "the API key is longer than 1,024 bytes",
            Self::IllegalCharacter => {
                "the API key holds a space, a line break or a character outside ASCII"
            }
        })
    }
}

impl core::error::Error for ApiKeyError {}

impl core::str::FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        Self::new(text)
    }
}

impl ApiKey {
    /// A key as the vendor's dashboard shows it. A `String` that is passed in
    /// is wiped after use.
    ///
    /// # Errors
    /// [`ApiKeyError`] where it cannot be a header's value.
    pub fn new(text: impl Into<String>) -> Result<Self, ApiKeyError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            return Err(ApiKeyError::Empty);
        }
        if text.len() > MAX_LEN {
            return Err(ApiKeyError::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ApiKeyError::IllegalCharacter);
        }
        // Sized once: growing would leave copies behind.
        let mut bearer = Zeroizing::new(Vec::with_capacity(MAX_LEN.saturating_add(BEARER.len())));
        bearer.extend_from_slice(BEARER.as_bytes());
        bearer.extend_from_slice(text.as_bytes());
        Ok(Self { bearer: Bytes::from_owner(bearer) })
    }

    /// Adds the key to a request's headers.
    pub(crate) fn authorize(&self, scheme: AuthScheme, headers: &mut HeaderMap) {
        let (name, bytes) = match scheme {
            AuthScheme::XApiKey => (X_API_KEY, self.bearer.slice(BEARER.len()..)),
            AuthScheme::Bearer => (header::AUTHORIZATION, self.bearer.clone()),
        };
        // The constructor admits printable ASCII alone, which any header carries.
        if let Ok(mut value) = HeaderValue::from_maybe_shared(bytes) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }

    /// Whether [`redact`](Self::redact) certainly leaves a text as it is, and each text
    /// that is JSON within it: it is shown with little work for most texts, and not at
    /// all for one with a backslash, which can write the key in other letters.
    pub(crate) fn is_certainly_not_in(&self, text: &str) -> bool {
        let key = self.bearer.get(BEARER.len()..).unwrap_or_default();
        let (bytes, after) = (text.as_bytes(), text.as_bytes().get(1..).unwrap_or_default());
        let (Some(first), Some(second)) = (key.first(), key.get(1)) else { return false };
        // Without a branch, which goes over many bytes at a time.
        let may_hold = bytes.iter().zip(after).fold(text.starts_with('\\'), |may, (byte, next)| {
            may | (*next == b'\\') | ((byte == first) & (next == second))
        });
        !may_hold || !(text.contains('\\') || is_in(key, bytes))
    }

    /// `text` with every copy of the key replaced, also as PHP writes it in JSON:
    /// servers and proxies echo what they were sent.
    pub(crate) fn redact(&self, text: &str) -> String {
        let key = self.bearer.slice(BEARER.len()..);
        match core::str::from_utf8(&key) {
            // A key of a few letters would turn up inside ordinary words.
            Ok(key) if key.len() >= 4 => {
                let in_json = key.replace('\\', r"\\").replace('"', r#"\""#).replace('/', r"\/");
                let redacted = text.replace(key, MASK).replace(&in_json, MASK);
                // A key that looks like the mask may come about anew around it.
                if redacted.contains(key) { MASK.to_owned() } else { redacted }
            }
            _ => text.to_owned(),
        }
    }
}

fn is_in(word: &[u8], text: &[u8]) -> bool {
    text.windows(word.len().max(1)).any(|place| place == word)
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_like_its_mask_does_not_come_about_anew() {
        let key = ApiKey::new("x***x").unwrap();
        assert_eq!(key.redact("a x***x b"), "a *** b");
        assert_eq!(key.redact("xx***xx"), "***");
    }

    #[test]
    fn a_key_of_a_few_letters_is_not_looked_for_in_words() {
        assert_eq!(ApiKey::new("are").unwrap().redact("keys are here"), "keys are here");
        assert_eq!(ApiKey::new("here").unwrap().redact("keys are here"), "keys are ***");
    }

    #[test]
    fn a_key_is_not_shown_and_what_is_wrong_with_one_is() {
        assert_eq!(format!("{:?}", ApiKey::new("sk-secret").unwrap()), "ApiKey(***)");
        let wrong = [("", "empty"), ("two words", "a space"), (&"k".repeat(1025), "1,024 bytes")];
        for (key, why) in wrong {
            let error = ApiKey::new(key).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_text_without_the_key_is_known_at_any_length_and_one_with_it_at_any_place() {
        let key = ApiKey::new("sk-abcab").unwrap();
        for len in 0..40 {
            let others = "sk-abca".repeat(8);
            let text = &others[..len];
            assert!(key.is_certainly_not_in(text), "{text}");
            for end in ["", "x", "sk-abca", "\u{e9}"] {
                let holding = format!("{text}sk-abcab{end}");
                assert!(!key.is_certainly_not_in(&holding), "{holding}");
                assert_ne!(key.redact(&holding), holding);
            }
        }
        for other_writing in [r"\u0073k-abcab", r"x\", r"x\\"] {
            assert!(!key.is_certainly_not_in(other_writing), "{other_writing}");
        }
    }

    #[test]
    fn a_key_is_found_as_json_writes_it_too() {
        let key = ApiKey::new(r#"sk/a"b\c"#).unwrap();
        assert_eq!(key.redact(r#"{"message":"sk\/a\"b\\c!"}"#), r#"{"message":"***!"}"#);
    }
}
