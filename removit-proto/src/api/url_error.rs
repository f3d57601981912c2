//! Why a text is no URL that is used.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not an absolute web URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UrlError {
    /// It is empty, longer than 16,384 bytes (as it is sent), or not of a URL's form.
    Malformed,
    /// It has no scheme or no host.
    NotAbsolute,
    /// Its host has characters other than ASCII letters, digits, `.`, `-` and
    /// `_` (an international name is written in its `xn--` form), or is a number
    /// that only some programs take for an address, such as `127.1`.
    Host,
    /// Its scheme is neither `http` nor `https`.
    Scheme,
    /// It carries a user name or password, which would end up in logs.
    UserInfo,
    /// It is plain `http` where `https` is required (all but loopback hosts).
    Insecure,
    /// It has a query or fragment where none can be.
    QueryOrFragment,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a valid URL",
            Self::NotAbsolute => "not an absolute URL (it needs a scheme and a host)",
            Self::Host => "the host is neither an ASCII name (xn--) nor a plain IP address",
            Self::Scheme => "the scheme is neither http nor https",
            Self::UserInfo => "a user name or password in the URL is not allowed",
            Self::Insecure => "plain http is allowed to a loopback host only; use https",
            Self::QueryOrFragment => "a query or fragment is not allowed here",
        })
    }
}

impl core::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_is_wrong_with_the_url() {
        for (error, said) in [
            (UrlError::Malformed, "not a valid URL"),
            (UrlError::NotAbsolute, "not an absolute URL"),
            (UrlError::Host, "the host"),
            (UrlError::Scheme, "neither http nor https"),
            (UrlError::UserInfo, "user name or password"),
            (UrlError::Insecure, "use https"),
            (UrlError::QueryOrFragment, "query or fragment"),
        ] {
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
