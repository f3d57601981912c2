//! The SHA-256 of a photo or a result, as a value.
//!
//! Nothing is hashed here: whoever reads the bytes does that.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A SHA-256, written as 64 lowercase hexadecimal digits, as `sha256sum` does.
///
/// ```
/// use removit_proto::ContentHash;
///
/// let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let hash: ContentHash = text.parse()?;
/// assert_eq!(hash.bytes()[0], 0xe3);
/// assert_eq!(hash.to_string(), text);
/// # Ok::<(), removit_proto::InvalidHash>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 32]);

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidHash;

impl ContentHash {
    /// The hash that a SHA-256 implementation came to.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash itself.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::str::FromStr for ContentHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        from_hex(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidHash)
    }
}

impl TryFrom<String> for ContentHash {
    type Error = InvalidHash;

    fn try_from(text: String) -> Result<Self, InvalidHash> {
        text.parse()
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        to_hex(&hash.0)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl fmt::Display for InvalidHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a SHA-256: 64 hexadecimal digits are expected")
    }
}

impl core::error::Error for InvalidHash {}

/// Two lowercase hexadecimal digits for each byte.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// The bytes that were written so; `None` where anything else was.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? << 4) | digit(low)?),
        _ => None,
    };
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_hexadecimal_digits_are_a_hash() {
        let good = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
        assert_eq!(good.parse::<ContentHash>().unwrap().to_string(), good.to_lowercase());
        let hash = format!("{:?}", good.parse::<ContentHash>().unwrap());
        assert_eq!(hash, format!("ContentHash({})", good.to_lowercase()));
        for bad in ["", "00", &good[1..], &format!("{good}00"), &good.replace('0', "g")] {
            assert_eq!(bad.parse::<ContentHash>(), Err(InvalidHash), "{bad}");
        }
    }
}
