//! The options' names as text: everywhere those of the wire, read as they are written.
//!
//! In serde, `Display`, `FromStr` and the program alike. What a name asks for is its
//! type's business.

use core::fmt;
use core::str::FromStr;

use crate::api::api_key::AuthScheme;
use crate::api::upload_options::{Delivery, Mode, OutputFormat};

/// A text that names none of the choices.
///
/// ```
/// use removit_proto::OutputFormat;
///
/// assert_eq!("webp".parse(), Ok(OutputFormat::Webp));
/// let error = "gif".parse::<OutputFormat>().unwrap_err();
/// assert_eq!(error.to_string(), "`gif` is none of: png, jpg, jpeg, psd, tiff, webp");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOption {
    given: String,
    known: Vec<&'static str>,
}

impl UnknownOption {
    /// What can be asked for.
    #[must_use]
    pub fn known(&self) -> &[&'static str] {
        &self.known
    }
}

impl fmt::Display for UnknownOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of: {}", self.given.escape_debug(), self.known.join(", "))
    }
}

impl core::error::Error for UnknownOption {}

fn named<T: Copy>(
    given: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, UnknownOption> {
    let found = all.iter().copied().find(|choice| name(*choice) == given);
    let known = || all.iter().map(|choice| name(*choice)).collect();
    found.ok_or_else(|| UnknownOption { given: given.to_owned(), known: known() })
}

impl OutputFormat {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Png, Self::Jpg, Self::Jpeg, Self::Psd, Self::Tiff, Self::Webp];
}

impl FromStr for OutputFormat {
    type Err = UnknownOption;

    fn from_str(text: &str) -> Result<Self, UnknownOption> {
        named(text, &Self::ALL, Self::as_str)
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Delivery {
    /// Both deliveries.
    pub const ALL: [Self; 2] = [Self::Url, Self::FinalUrl];
}

impl FromStr for Delivery {
    type Err = UnknownOption;

    fn from_str(text: &str) -> Result<Self, UnknownOption> {
        named(text, &Self::ALL, Self::as_str)
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Mode {
    /// Without its parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AuthScheme {
    /// Both schemes.
    pub const ALL: [Self; 2] = [Self::XApiKey, Self::Bearer];

    /// Its name in settings: the header, or its scheme.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XApiKey => "x-api-key",
            Self::Bearer => "bearer",
        }
    }
}

impl FromStr for AuthScheme {
    type Err = UnknownOption;

    fn from_str(text: &str) -> Result<Self, UnknownOption> {
        named(text, &Self::ALL, Self::as_str)
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::api::upload_options::Params;

    fn has_one_spelling<T>(all: &[T])
    where
        T: FromStr<Err = UnknownOption> + fmt::Display + Serialize + DeserializeOwned,
        T: Copy + PartialEq + fmt::Debug,
    {
        for choice in all {
            let name = choice.to_string();
            assert_eq!(name.parse().as_ref(), Ok(choice));
            assert_eq!(serde_json::to_string(choice).unwrap(), format!("{name:?}"));
            assert_eq!(serde_json::from_str::<T>(&format!("{name:?}")).unwrap(), *choice);
            let upper = name.to_ascii_uppercase();
            assert!(upper.parse::<T>().is_err(), "{upper}");
            // What was stored before names were the wire's.
            let derived = format!("{:?}", format!("{choice:?}"));
            assert_eq!(serde_json::from_str::<T>(&derived).unwrap(), *choice, "{derived}");
        }
    }

    #[test]
    fn each_option_has_one_spelling_everywhere() {
        has_one_spelling(&OutputFormat::ALL);
        has_one_spelling(&Delivery::ALL);
        has_one_spelling(&AuthScheme::ALL);
    }

    #[test]
    fn modes_are_stored_by_the_names_of_the_wire() {
        for (mode, stored, before) in [
            (Mode::Background, r#""background""#, r#""Background""#),
            (Mode::Clipping, r#""clipping""#, r#""Clipping""#),
            (
                Mode::Params(Params::set("shop")),
                r#"{"params":{"set":"shop"}}"#,
                r#"{"Params":{"Set":"shop"}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&mode).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Mode>(stored).unwrap(), mode);
            assert_eq!(serde_json::from_str::<Mode>(before).unwrap(), mode);
            let name = before.to_ascii_lowercase().split('"').nth(1).map(str::to_owned);
            assert_eq!((Some(mode.to_string()), format!("{mode:>11}").len()), (name, 11));
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_those_that_are_known() {
        let error = "final\nurl".parse::<Delivery>().unwrap_err();
        assert_eq!(error.to_string(), "`final\\nurl` is none of: url, final_url");
        assert_eq!(error.known(), ["url", "final_url"]);
    }
}
