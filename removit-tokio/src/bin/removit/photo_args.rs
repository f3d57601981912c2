//! What can be typed about one photo: which it is, and what is to be made of it.

use clap::{Args, ValueEnum};
use removit_tokio::proto;
use removit_tokio::proto::Params;

#[derive(Debug, Args)]
pub(crate) struct PhotoArgs {
    /// The photo: a path, or an http or https URL that the vendor can reach
    pub(crate) input: String,
    #[command(flatten)]
    pub(crate) options: OptionArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct OptionArgs {
    /// What is to be made [default: the vendor's, clipping]
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,

    /// The parameters of --mode params: the name of a set, or a JSON object
    #[arg(long, value_name = "NAME_OR_JSON", value_parser = params)]
    pub(crate) params: Option<Params>,

    /// One result (final-url) or one for each variation (url) [default: the vendor's, url]
    #[arg(long, value_enum)]
    pub(crate) delivery: Option<Delivery>,

    /// The results' format [default: the vendor's, png]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    Background,
    Clipping,
    Params,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Delivery {
    Url,
    FinalUrl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Png,
    Jpg,
    Jpeg,
    Psd,
    Tiff,
    Webp,
}

impl Format {
    /// The format that a file's ending names.
    pub(crate) fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending.to_ascii_lowercase().as_str() {
            "png" => Self::Png,
            "jpg" | "jpe" | "jfif" => Self::Jpg,
            "jpeg" => Self::Jpeg,
            "psd" => Self::Psd,
            "tif" | "tiff" => Self::Tiff,
            "webp" => Self::Webp,
            _ => return None,
        })
    }
}

impl From<Delivery> for proto::Delivery {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Url => Self::Url,
            Delivery::FinalUrl => Self::FinalUrl,
        }
    }
}

impl From<Format> for proto::OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Png => Self::Png,
            Format::Jpg => Self::Jpg,
            Format::Jpeg => Self::Jpeg,
            Format::Psd => Self::Psd,
            Format::Tiff => Self::Tiff,
            Format::Webp => Self::Webp,
        }
    }
}

impl OptionArgs {
    /// The mode with its parameters; `--params` alone means `--mode params`.
    pub(crate) fn mode(&self) -> Result<Option<proto::Mode>, &'static str> {
        match (self.mode, &self.params) {
            (None | Some(Mode::Params), Some(params)) => {
                Ok(Some(proto::Mode::Params(params.clone())))
            }
            (Some(Mode::Params), None) => Err("--mode params needs --params NAME_OR_JSON"),
            (Some(_), Some(_)) => Err("--params goes with --mode params alone"),
            (Some(Mode::Background), None) => Ok(Some(proto::Mode::Background)),
            (Some(Mode::Clipping), None) => Ok(Some(proto::Mode::Clipping)),
            (None, None) => Ok(None),
        }
    }
}

fn params(text: &str) -> Result<Params, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if !text.starts_with(['{', '[']) {
        return Ok(Params::set(text));
    }
    Params::from_json(text).map_err(|error| match serde_json::from_str::<serde_json::Value>(text) {
        Err(place) => format!("it is {error}: {place}"),
        Ok(_) => format!("it is {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_are_a_name_or_an_object() {
        assert_eq!(params("mon_set"), Ok(Params::set("mon_set")));
        assert!(matches!(params(r#"{"shadow":true}"#), Ok(Params::Object(_))));
        for wrong in ["", " ", "[1]", "{", r#"{"a":}"#] {
            assert!(params(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_words_are_those_of_the_api() {
        for (ending, word) in [
            ("png", "png"),
            ("JPG", "jpg"),
            ("jpe", "jpg"),
            ("jfif", "jpg"),
            ("jpeg", "jpeg"),
            ("psd", "psd"),
            ("tif", "tiff"),
            ("tiff", "tiff"),
            ("webp", "webp"),
        ] {
            let format = Format::of_ending(ending).map(proto::OutputFormat::from);
            assert_eq!(format.map(proto::OutputFormat::as_str), Some(word), "{ending}");
        }
        assert_eq!(Format::of_ending("gif"), None);
        assert_eq!(proto::Delivery::from(Delivery::Url), proto::Delivery::Url);
        assert_eq!(proto::Delivery::from(Delivery::FinalUrl), proto::Delivery::FinalUrl);
    }

    #[test]
    fn params_belong_to_their_mode() {
        let set = || Some(Params::set("x"));
        for (mode, params, expected) in [
            (None, None, Ok(None)),
            (None, set(), Ok(Some(proto::Mode::Params(Params::set("x"))))),
            (Some(Mode::Params), set(), Ok(Some(proto::Mode::Params(Params::set("x"))))),
            (Some(Mode::Background), None, Ok(Some(proto::Mode::Background))),
            (Some(Mode::Clipping), None, Ok(Some(proto::Mode::Clipping))),
            (Some(Mode::Params), None, Err("--mode params needs --params NAME_OR_JSON")),
            (Some(Mode::Clipping), set(), Err("--params goes with --mode params alone")),
        ] {
            let args = OptionArgs { mode, params, delivery: None, format: None };
            assert_eq!(args.mode(), expected);
        }
    }
}
