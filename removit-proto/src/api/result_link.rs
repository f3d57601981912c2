//! One result as a status names it: where it is, unchecked.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::web_url::WebUrl;

/// One result, as the server names it. The URL is not checked yet: see
/// [`ResultUrl::check`](crate::ResultUrl::check).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultLink {
    pub(super) variation: Option<String>,
    pub(super) url: String,
}

impl ResultLink {
    /// The variation's name; `None` for `final_url`.
    #[must_use]
    pub fn variation(&self) -> Option<&str> {
        self.variation.as_deref()
    }

    /// The URL as the server wrote it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for ResultLink {
    /// The URL's host alone: what follows may be a secret, or hold the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultLink({:?}, ", self.variation)?;
        match WebUrl::parse(&self.url) {
            Ok(url) => write!(f, "on {})", url.host()),
            Err(error) => write!(f, "{error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_shown_by_its_host_alone() {
        for (variation, url, shown) in [
            (None, "https://a.example/x?sig=s3cret", "ResultLink(None, on a.example)"),
            (
                Some("b"),
                "x",
                "ResultLink(Some(\"b\"), not an absolute URL (it needs a scheme and a host))",
            ),
        ] {
            let link = ResultLink { variation: variation.map(str::to_owned), url: url.to_owned() };
            assert_eq!((link.variation(), link.url()), (variation, url));
            assert_eq!(format!("{link:?}"), shown);
        }
    }
}
