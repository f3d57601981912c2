//! What the caller may ask of a job: mode, parameters, delivery and format.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is to be done with the photo; the vendor's default is `clipping`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Mode {
    /// A background-oriented output.
    Background,
    /// A clipped output, falling back toward background where that fits.
    Clipping,
    /// Applies a parameter set; may make several variations.
    Params(Params),
}

/// A parameter set for [`Mode::Params`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Params {
    /// The name of a set that the account has (the vendor's recommendation).
    Set(String),
    /// The parameters themselves.
    Object(Map<String, Value>),
}

/// How the results are handed over; the vendor's default is `url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Delivery {
    /// `url`: a map of named results.
    Url,
    /// `final_url`: one resolved result.
    FinalUrl,
}

/// The format of the results; the vendor's default is `png`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OutputFormat {
    /// `png`
    Png,
    /// `jpg`
    Jpg,
    /// `jpeg`, the same format under its other name
    Jpeg,
    /// `psd`
    Psd,
    /// `tiff`
    Tiff,
    /// `webp`
    Webp,
}

impl Mode {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::Clipping => "clipping",
            Self::Params(_) => "params",
        }
    }
}

impl Params {
    /// The parameter set of this name.
    #[must_use]
    pub fn set(name: impl Into<String>) -> Self {
        Self::Set(name.into())
    }
}

impl Delivery {
    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::FinalUrl => "final_url",
        }
    }
}

impl OutputFormat {
    /// The value on the wire, which is also the usual ending of a file's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpg => "jpg",
            Self::Jpeg => "jpeg",
            Self::Psd => "psd",
            Self::Tiff => "tiff",
            Self::Webp => "webp",
        }
    }
}
