//! From a draft to the request that goes over the wire.

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::{Map, Value};

use super::draft::{Auth, Call, Content, Draft, FileBytes, FilePart, TEXT, WRONG_KEY};
use super::policy::CheckPhoto;
use crate::api::multipart::escape;
use crate::api::url_encoding::percent_encode;
use crate::{AuthScheme, Body, Endpoint, Seed};

pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(super) const UPLOAD: &str = "/api/v1/upload";
pub(super) const STATUS: &str = "/api/v1/status";

/// The request of a draft. `seed` separates the parts of a form.
pub(super) fn request(
    draft: &Draft,
    endpoint: &Endpoint,
    photos: &[CheckPhoto],
    seed: Seed,
) -> Request<Body> {
    let mut request = match &draft.call {
        Call::Status(asked) => {
            let path = match asked.value() {
                None => STATUS.to_owned(),
                Some(id) => format!("{STATUS}?job_id={}", percent_encode(id)),
            };
            endpoint.request(Method::GET, &path, Body::empty())
        }
        Call::Upload(content) => {
            let (content_type, body) = body(content, photos, seed);
            let length = HeaderValue::from(body.len());
            let mut request = endpoint.request(Method::POST, UPLOAD, Body::from(body));
            request.headers_mut().insert(CONTENT_LENGTH, length);
            if let Some(content_type) = content_type.and_then(|text| text.parse().ok()) {
                request.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            request
        }
    };
    authorize(&mut request, draft.auth, endpoint);
    request
}

fn authorize(request: &mut Request<Body>, auth: Auth, endpoint: &Endpoint) {
    let headers = request.headers_mut();
    headers.remove(X_API_KEY);
    headers.remove(AUTHORIZATION);
    match auth {
        Auth::Nothing => {}
        Auth::XApiKey => endpoint.authorize(AuthScheme::XApiKey, headers),
        Auth::Bearer => endpoint.authorize(AuthScheme::Bearer, headers),
        Auth::Both => {
            endpoint.authorize(AuthScheme::XApiKey, headers);
            endpoint.authorize(AuthScheme::Bearer, headers);
        }
        Auth::WrongXApiKey => {
            headers.insert(X_API_KEY, HeaderValue::from_static(WRONG_KEY));
        }
        Auth::WrongBearer => {
            if let Ok(value) = HeaderValue::from_str(&format!("Bearer {WRONG_KEY}")) {
                headers.insert(AUTHORIZATION, value);
            }
        }
    }
}

fn body(content: &Content, photos: &[CheckPhoto], seed: Seed) -> (Option<String>, Bytes) {
    match content {
        Content::Raw(raw) => {
            (raw.content_type.map(str::to_owned), Bytes::from_static(raw.body.as_bytes()))
        }
        Content::Json(fields) => (Some("application/json".to_owned()), json(fields).into()),
        Content::Form(fields, file) => {
            let boundary = format!("removit-check--{}", seed.token());
            let mut body = BytesMut::new();
            for (name, value) in fields {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                );
                body.extend_from_slice(head.as_bytes());
            }
            if let Some(file) = file {
                let head = format!("--{boundary}\r\n{}\r\n", file_head(file));
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(match file.bytes {
                    FileBytes::Photo(n) => photos.get(n).map_or(&[][..], |photo| &photo.bytes),
                    FileBytes::Empty => b"",
                    FileBytes::Text => TEXT.as_bytes(),
                });
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            (Some(format!("multipart/form-data; boundary={boundary}")), body.freeze())
        }
    }
}

fn file_head(file: &FilePart) -> String {
    let name = escape(&file.name);
    let mut head =
        format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n");
    if let Some(mime) = file.mime {
        head.push_str(&format!("Content-Type: {mime}\r\n"));
    }
    head
}

/// The text of a JSON body.
pub(super) fn json(fields: &[(&'static str, Value)]) -> String {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(fields.collect::<Map<_, _>>()).to_string()
}
