//! `POST /api/v1/upload`: what a job is asked to be, and how that goes over the wire.
//!
//! An upload that the API would refuse for its shape cannot be written down: a
//! source is a URL or a file, and `params` mode carries its parameter set. Only
//! what the caller set is sent. No file is opened here.

use bytes::Bytes;
use http::{HeaderValue, Request};
use serde::{Deserialize, Serialize};

use crate::api::body::Body;
use crate::api::endpoint::Endpoint;
use crate::api::multipart::{Boundary, Form};
use crate::api::seed::Seed;
use crate::api::source::{Source, SourceFile, SourceUrl};
use crate::api::upload_options::{Delivery, Mode, OutputFormat, Params, UploadOptions};

const PATH: &str = "/api/v1/upload";

/// A job to create.
///
/// ```
/// use removit_proto::{ApiKey, Delivery, Endpoint, Mode, OutputFormat, Params, Seed, UploadRequest};
///
/// let request = UploadRequest::from_url("https://example.com/image.jpg".parse()?)
///     .mode(Mode::Params(Params::set("mon_set")))
///     .delivery(Delivery::Url)
///     .format(OutputFormat::Webp);
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let wire = request.to_http(&endpoint, Seed::new(1));
/// assert_eq!(wire.uri(), "https://api.removit.eu/api/v1/upload");
/// assert_eq!(wire.headers()["content-type"], "application/json");
/// assert_eq!(wire.headers()["content-length"], wire.body().len().to_string());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadRequest {
    source: Source,
    mode: Option<Mode>,
    delivery: Option<Delivery>,
    format: Option<OutputFormat>,
}

impl UploadRequest {
    /// A job for a photo that the vendor fetches.
    #[must_use]
    pub const fn from_url(url: SourceUrl) -> Self {
        Self::new(Source::Url(url))
    }

    /// A job for a photo that is sent along.
    #[must_use]
    pub const fn from_file(file: SourceFile) -> Self {
        Self::new(Source::File(file))
    }

    /// A job for either kind of source, with the vendor's defaults.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self { source, mode: None, delivery: None, format: None }
    }

    /// Sets `mode` (and `params`).
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Sets `delivery_mode`.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Sets `output_format`.
    #[must_use]
    pub fn format(mut self, format: OutputFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets all options at once.
    #[must_use]
    pub fn with_options(self, options: UploadOptions) -> Self {
        let UploadOptions { mode, delivery, format } = options;
        Self { source: self.source, mode, delivery, format }
    }

    /// All options as they were set.
    #[must_use]
    pub fn options(&self) -> UploadOptions {
        let Self { source: _, mode, delivery, format } = self;
        UploadOptions { mode: mode.clone(), delivery: *delivery, format: *format }
    }

    /// What is to be done with the photo, if that was said.
    pub(crate) const fn mode_asked(&self) -> Option<&Mode> {
        self.mode.as_ref()
    }

    /// Where the photo comes from.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The format that was asked for, if one was.
    #[must_use]
    pub const fn output_format(&self) -> Option<OutputFormat> {
        self.format
    }

    /// The request for the wire. The seed makes the multipart boundary; a URL
    /// upload does not use it.
    #[must_use]
    pub fn to_http(&self, endpoint: &Endpoint, seed: Seed) -> Request<Body> {
        let (content_type, body) = match &self.source {
            Source::Url(url) => (HeaderValue::from_static("application/json"), self.json(url)),
            Source::File(file) => {
                let boundary = Boundary::from_seed(seed);
                let body = self.form(file, &boundary);
                (boundary.into_content_type(), body)
            }
        };
        endpoint.upload(PATH, content_type, body)
    }

    fn json(&self, url: &SourceUrl) -> Body {
        let body = JsonUpload {
            file_url: url.as_str(),
            mode: self.mode.as_ref().map(Mode::as_str),
            params: match &self.mode {
                Some(Mode::Params(params)) => Some(params),
                _ => None,
            },
            delivery_mode: self.delivery.map(Delivery::as_str),
            output_format: self.format.map(OutputFormat::as_str),
        };
        let mut text = Vec::with_capacity(body.usual_len());
        // Strings and JSON maps always serialise.
        let written = serde_json::to_writer(&mut text, &body);
        Body::from(written.map(|()| Bytes::from(text)).unwrap_or_default())
    }

    /// The fields come first, so that a server knows them before the large part.
    fn form(&self, file: &SourceFile, boundary: &Boundary) -> Body {
        let mut form = Form::new(boundary);
        if let Some(mode) = &self.mode {
            form = form.text("mode", mode.as_str());
        }
        if let Some(Mode::Params(params)) = &self.mode {
            form = match params {
                Params::Set(name) => form.text("params", name),
                Params::Text(text) => form.text("params", text.as_str()),
                Params::Object(object) => {
                    form.text("params", &serde_json::to_string(object).unwrap_or_default())
                }
            };
        }
        if let Some(delivery) = self.delivery {
            form = form.text("delivery_mode", delivery.as_str());
        }
        if let Some(format) = self.format {
            form = form.text("output_format", format.as_str());
        }
        form.file("file", file.name(), file.image_type(), file.len()).finish()
    }
}

/// The JSON body, in the order of the vendor's examples.
#[derive(Serialize)]
struct JsonUpload<'a> {
    file_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "params_on_the_wire")]
    params: Option<&'a Params>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_format: Option<&'static str>,
}

impl JsonUpload<'_> {
    /// The length of its JSON where no character is escaped and no parameters are an
    /// object.
    fn usual_len(&self) -> usize {
        let named = match self.params {
            Some(Params::Set(name)) => Some(name.as_str()),
            Some(Params::Text(text)) => Some(text.as_str()),
            Some(Params::Object(_)) | None => None,
        };
        let fields = [
            (r#"{"file_url":""}"#, Some(self.file_url)),
            (r#","mode":"""#, self.mode),
            (r#","params":"""#, named),
            (r#","delivery_mode":"""#, self.delivery_mode),
            (r#","output_format":"""#, self.output_format),
        ];
        let len = |(around, value): (&str, &str)| around.len().saturating_add(value.len());
        let written = fields.into_iter().filter_map(|(around, value)| Some((around, value?)));
        written.map(len).fold(0, usize::saturating_add)
    }
}

fn params_on_the_wire<S: serde::Serializer>(
    params: &Option<&Params>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match params {
        Some(Params::Set(name)) => serializer.serialize_str(name),
        Some(Params::Object(object)) => object.serialize(serializer),
        Some(Params::Text(text)) => text.serialize_as_object(serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_were_set_together_are_those_that_were_set_one_by_one() {
        let request = || UploadRequest::from_url("https://example.com/cup.jpg".parse().unwrap());
        let one_by_one = request()
            .mode(Mode::Params(Params::set("shop")))
            .delivery(Delivery::FinalUrl)
            .format(OutputFormat::Webp);
        let options = one_by_one.options();
        assert_eq!(options.mode, Some(Mode::Params(Params::set("shop"))));
        assert_eq!(
            (one_by_one.mode_asked(), request().mode_asked()),
            (options.mode.as_ref(), None)
        );
        assert_eq!(options.delivery, Some(Delivery::FinalUrl));
        assert_eq!(
            (options.format, one_by_one.output_format()),
            (Some(OutputFormat::Webp), options.format)
        );
        assert_eq!(request().with_options(options), one_by_one);
    }

    #[test]
    fn the_usual_length_is_that_of_the_json_where_nothing_is_escaped() {
        let set = Params::set("shop");
        let (url, other) = ("https://a.example/x", Some("png"));
        for (params, mode, delivery_mode, output_format) in [
            (None, None, None, None),
            (None, Some("clipping"), None, other),
            (Some(&set), Some("params"), Some("url"), None),
            (Some(&set), Some("params"), Some("final_url"), other),
        ] {
            let upload = JsonUpload { file_url: url, mode, params, delivery_mode, output_format };
            let written = serde_json::to_string(&upload).unwrap();
            assert_eq!(upload.usual_len(), written.len(), "{written}");
        }
    }
}
