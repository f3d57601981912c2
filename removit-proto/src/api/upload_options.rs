//! What the caller may ask of a job: mode, parameters, delivery and format.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::api::params_text::{InvalidParams, ParamsText};

/// What is to be done with the photo; the vendor's default is `clipping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A background-oriented output.
    #[serde(alias = "Background")]
    Background,
    /// A clipped output, falling back toward background where that fits.
    #[serde(alias = "Clipping")]
    Clipping,
    /// Applies a parameter set; may make several variations.
    #[serde(alias = "Params")]
    Params(Params),
}

/// A parameter set for [`Mode::Params`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Params {
    /// The name of a set that the account has (the vendor's recommendation).
    #[serde(alias = "Set")]
    Set(String),
    /// The parameters themselves.
    #[serde(alias = "Object")]
    Object(Map<String, Value>),
    /// The parameters themselves, in their own writing: numbers of any length go
    /// out as the digits that came in (contract, rule 15).
    #[serde(alias = "Text")]
    Text(ParamsText),
}

/// How the results are handed over; the vendor's default is `url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// `url`: a map of named results.
    #[serde(alias = "Url")]
    Url,
    /// `final_url`: one resolved result.
    #[serde(alias = "FinalUrl")]
    FinalUrl,
}

/// The format of the results; the vendor's default is `png`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OutputFormat {
    /// `png`
    #[serde(alias = "Png")]
    Png,
    /// `jpg`
    #[serde(alias = "Jpg")]
    Jpg,
    /// `jpeg`, the same format under its other name
    #[serde(alias = "Jpeg")]
    Jpeg,
    /// `psd`
    #[serde(alias = "Psd")]
    Psd,
    /// `tiff`
    #[serde(alias = "Tiff")]
    Tiff,
    /// `webp`
    #[serde(alias = "Webp")]
    Webp,
}

/// All options of a job; what is `None` is left to the vendor's default.
///
/// Stored under the names and values of the API:
///
/// ```
/// use removit_proto::{Mode, Params, UploadOptions};
///
/// let mut options = UploadOptions::default();
/// options.mode = Some(Mode::Params(Params::set("shop")));
/// let stored = serde_json::to_string(&options)?;
/// assert_eq!(stored, r#"{"mode":"params","params":"shop"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "StoredOptions")]
#[non_exhaustive]
pub struct UploadOptions {
    /// `mode`, and `params`.
    pub mode: Option<Mode>,
    /// `delivery_mode`.
    pub delivery: Option<Delivery>,
    /// `output_format`.
    pub format: Option<OutputFormat>,
}

#[derive(Serialize, Deserialize)]
struct StoredOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<Value>,
    /// As text: a parsed object would lose digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params_text: Option<ParamsText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivery_mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_format: Option<OutputFormat>,
}

impl Serialize for UploadOptions {
    /// For people without what is left to the vendor; in other formats all of it, since
    /// some of them know a field by its place.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = StoredOptions::from(self.clone());
        if serializer.is_human_readable() {
            return stored.serialize(serializer);
        }
        let mut all = serializer.serialize_struct("StoredOptions", 4)?;
        all.serialize_field("mode", &stored.mode)?;
        all.serialize_field("params", &stored.params)?;
        all.serialize_field("delivery_mode", &stored.delivery_mode)?;
        all.serialize_field("output_format", &stored.output_format)?;
        all.end()
    }
}

impl From<UploadOptions> for StoredOptions {
    fn from(options: UploadOptions) -> Self {
        Self {
            mode: options.mode.as_ref().map(|mode| mode.as_str().to_owned()),
            params_text: match &options.mode {
                Some(Mode::Params(Params::Text(text))) => Some(text.clone()),
                _ => None,
            },
            params: match options.mode {
                Some(Mode::Params(Params::Set(name))) => Some(Value::String(name)),
                Some(Mode::Params(Params::Object(object))) => Some(Value::Object(object)),
                _ => None,
            },
            delivery_mode: options.delivery.map(|delivery| delivery.as_str().to_owned()),
            output_format: options.format,
        }
    }
}

impl TryFrom<StoredOptions> for UploadOptions {
    type Error = &'static str;

    fn try_from(stored: StoredOptions) -> Result<Self, Self::Error> {
        let mode = match (stored.mode.as_deref(), stored.params) {
            (None, _) => None,
            (Some("params"), _) if stored.params_text.is_some() => {
                stored.params_text.map(|text| Mode::Params(Params::Text(text)))
            }
            (Some("background"), _) => Some(Mode::Background),
            (Some("clipping"), _) => Some(Mode::Clipping),
            (Some("params"), Some(Value::String(name))) => Some(Mode::Params(Params::Set(name))),
            (Some("params"), Some(Value::Object(object))) => {
                Some(Mode::Params(Params::Object(object)))
            }
            (Some("params"), _) => return Err("`params` is neither a name nor an object"),
            (Some(_), _) => return Err("an unknown `mode`"),
        };
        let delivery = stored.delivery_mode.map(|name| name.parse::<Delivery>()).transpose();
        let delivery = delivery.map_err(|_| "an unknown `delivery_mode`")?;
        Ok(Self { mode, delivery, format: stored.output_format })
    }
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

    /// The parameters of a JSON object. One with numbers that would not come out of
    /// a parsed value as they went in is kept as text.
    ///
    /// ```
    /// use removit_proto::Params;
    ///
    /// assert!(matches!(Params::from_json(r#"{"shadow":1}"#), Ok(Params::Object(_))));
    /// let long = Params::from_json(r#"{"id":123456789012345678901234567890}"#);
    /// assert!(matches!(long, Ok(Params::Text(_))));
    /// assert!(Params::from_json("[1]").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParams`] where the text is no JSON object.
    pub fn from_json(text: &str) -> Result<Self, InvalidParams> {
        let text = ParamsText::try_from(text.to_owned())?;
        let parsed = serde_json::from_str(text.as_str()).ok();
        Ok(match parsed.filter(|_| text.has_plain_numbers()) {
            Some(object) => Self::Object(object),
            None => Self::Text(text),
        })
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
