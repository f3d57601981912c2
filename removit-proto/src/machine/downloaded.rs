//! A result that was fetched: what it is, and the ending that its name should have.

use serde::{Deserialize, Serialize};

use crate::api::result_kind::{ResultKind, UnexpectedKind};
use crate::api::result_url::ResultUrl;
use crate::api::upload_options::OutputFormat;

/// A result that is whole in the caller's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Downloaded {
    /// Where it came from in the end.
    pub url: ResultUrl,
    /// Its length in bytes, never zero.
    pub len: u64,
    /// The server's word for its type, which is not relied on.
    pub content_type: Option<String>,
    /// What its bytes show it to be.
    pub kind: ResultKind,
}

impl Downloaded {
    /// An ending for the file's name: that of what it is, in the URL's own spelling
    /// where that says the same (`jpeg`).
    #[must_use]
    pub fn extension(&self) -> &str {
        let by_url = self.url.extension();
        by_url
            .filter(|ending| ResultKind::from_extension(ending) == Some(self.kind))
            .unwrap_or(self.kind.extension())
    }

    /// Says so where it is another kind of image than was asked for (or, where that is
    /// not known, than its URL promises). It is a result all the same, under the
    /// [ending](Self::extension) of what it is.
    #[must_use]
    pub fn unexpected(&self, asked: Option<OutputFormat>) -> Option<UnexpectedKind> {
        let expected = match asked {
            Some(asked) => ResultKind::from(asked),
            None => self.url.extension().and_then(ResultKind::from_extension)?,
        };
        self.kind.instead_of(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiKey, Endpoint};

    fn downloaded(path: &str, kind: ResultKind) -> Downloaded {
        let endpoint = Endpoint::production(ApiKey::new("k").unwrap());
        let url = ResultUrl::check(&format!("https://a.example/{path}"), &endpoint).unwrap();
        Downloaded { url, len: 1, content_type: None, kind }
    }

    #[test]
    fn an_ending_is_the_urls_where_that_is_true() {
        for (path, kind, ending) in [
            ("cup.jpeg", ResultKind::Jpeg, "jpeg"),
            ("cup.png", ResultKind::Jpeg, "jpg"),
            ("cup.php", ResultKind::Webp, "webp"),
            ("cup", ResultKind::Png, "png"),
        ] {
            assert_eq!(downloaded(path, kind).extension(), ending, "{path}");
        }
    }

    #[test]
    fn another_kind_than_was_asked_for_or_named_is_unexpected() {
        let expected = |path, asked| {
            let unexpected = downloaded(path, ResultKind::Png).unexpected(asked);
            unexpected.map(|unexpected| unexpected.expected)
        };
        assert_eq!(expected("cup.jpg", Some(OutputFormat::Png)), None);
        assert_eq!(expected("cup.png", Some(OutputFormat::Webp)), Some(ResultKind::Webp));
        assert_eq!(expected("cup.jpg", None), Some(ResultKind::Jpeg));
        for path in ["cup.png", "cup.php", "cup"] {
            assert_eq!(expected(path, None), None, "{path}");
        }
    }
}
