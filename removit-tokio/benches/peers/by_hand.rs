//! What every hand-written client has in common: the bodies that go out and come in.

use serde::{Deserialize, Serialize};

use crate::answers::PHOTO_URL;

pub(crate) const BOUNDARY: &str = "----0123456789abcdef0123456789abcdef";

#[derive(Serialize)]
struct Upload {
    file_url: &'static str,
    mode: &'static str,
}

#[derive(Deserialize)]
struct Accepted {
    job_id: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

/// The body of an upload by URL.
pub(crate) fn upload() -> Vec<u8> {
    serde_json::to_vec(&Upload { file_url: PHOTO_URL, mode: "clipping" }).expect("JSON")
}

pub(crate) fn job_id(answer: &[u8]) -> String {
    serde_json::from_slice::<Accepted>(answer).expect("an accepted job").job_id
}

pub(crate) fn is_done(answer: &[u8]) -> bool {
    serde_json::from_slice::<Status>(answer).expect("a status").state == "done"
}

pub(crate) fn upload_url(base_url: &str) -> String {
    format!("{base_url}/api/v1/upload")
}

pub(crate) fn status_url(base_url: &str, job_id: &str) -> String {
    format!("{base_url}/api/v1/status?job_id={job_id}")
}

/// What stands before the photo's bytes, and after them.
pub(crate) fn form() -> (String, String) {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nclipping\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"photo.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    (before, format!("\r\n--{BOUNDARY}--\r\n"))
}

pub(crate) fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}
