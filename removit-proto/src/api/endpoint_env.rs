//! An endpoint by the variables that the program `removit` reads, too.
//!
//! The one place that looks at the process: a value that is asked for, once.

use core::fmt;

use crate::api::api_key::{ApiKey, ApiKeyError};
use crate::api::endpoint::Endpoint;
use crate::api::url_error::UrlError;

/// Why the environment names no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvError {
    /// There is no `REMOVIT_API_KEY`, or it is empty or no text.
    NoKey,
    /// `REMOVIT_API_KEY` is no key.
    Key(ApiKeyError),
    /// `REMOVIT_BASE_URL` is no URL of an API.
    BaseUrl(UrlError),
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "there is no API key: set REMOVIT_API_KEY",
            Self::Key(_) => "REMOVIT_API_KEY cannot be used",
            Self::BaseUrl(_) => "REMOVIT_BASE_URL cannot be used",
        })
    }
}

impl core::error::Error for EnvError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NoKey => None,
            Self::Key(error) => Some(error),
            Self::BaseUrl(error) => Some(error),
        }
    }
}

impl Endpoint {
    /// The endpoint that `REMOVIT_API_KEY` and, where it is not the vendor's,
    /// `REMOVIT_BASE_URL` name. White space around them and an empty
    /// `REMOVIT_BASE_URL` do not count.
    ///
    /// ```no_run
    /// let endpoint = removit_proto::Endpoint::from_env()?;
    /// # Ok::<(), removit_proto::EnvError>(())
    /// ```
    ///
    /// # Errors
    /// [`EnvError`] where there is no key, or one of them cannot be used.
    pub fn from_env() -> Result<Self, EnvError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let value = |name| read(name).filter(|value| !value.trim().is_empty());
        let key = value("REMOVIT_API_KEY").ok_or(EnvError::NoKey)?;
        let key = ApiKey::new(key.trim()).map_err(EnvError::Key)?;
        match value("REMOVIT_BASE_URL") {
            Some(base) => Self::new(base.trim(), key).map_err(EnvError::BaseUrl),
            None => Ok(Self::production(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(key: Option<&str>, base: Option<&str>) -> Result<String, EnvError> {
        let read = |name: &str| match name {
            "REMOVIT_API_KEY" => key.map(str::to_owned),
            "REMOVIT_BASE_URL" => base.map(str::to_owned),
            other => panic!("{other} is read"),
        };
        Endpoint::from_variables(read).map(|endpoint| endpoint.base_url().to_owned())
    }

    #[test]
    fn a_key_alone_is_the_vendors() {
        for base in [None, Some(""), Some("  ")] {
            assert_eq!(named(Some(" key\n"), base).as_deref(), Ok("https://api.removit.eu"));
        }
    }

    #[test]
    fn another_base_url_is_taken() {
        let base = named(Some("key"), Some("http://127.0.0.1:8787/\n"));
        assert_eq!(base.as_deref(), Ok("http://127.0.0.1:8787"));
    }

    #[test]
    fn what_cannot_be_used_is_told_and_the_key_is_not() {
        assert_eq!(named(None, None), Err(EnvError::NoKey));
        assert_eq!(named(Some(" "), None), Err(EnvError::NoKey));
        let key = named(Some("s3cret key"), None).unwrap_err();
        assert_eq!(key, EnvError::Key(ApiKeyError::IllegalCharacter));
        assert!(!format!("{key:?} {key}").contains("s3cret"));
        let base = named(Some("key"), Some("http://api.example")).unwrap_err();
        assert_eq!(base, EnvError::BaseUrl(UrlError::Insecure));
    }

    #[test]
    fn an_error_says_which_variable_it_is_about_and_why() {
        use core::error::Error;
        for (error, variable, why) in [
            (EnvError::NoKey, "set REMOVIT_API_KEY", None),
            (EnvError::Key(ApiKeyError::Empty), "REMOVIT_API_KEY cannot", Some("empty")),
            (EnvError::BaseUrl(UrlError::Insecure), "REMOVIT_BASE_URL cannot", Some("https")),
        ] {
            assert!(error.to_string().contains(variable), "{error}");
            let source = error.source().map(ToString::to_string);
            assert_eq!(source.is_some(), why.is_some(), "{error}");
            assert!(source.unwrap_or_default().contains(why.unwrap_or_default()), "{error}");
        }
    }
}
