//! What the server says, for those who are asked without a server, too.

/// The answer to an upload, as the vendor documents it.
pub(crate) const ACCEPTED: &str =
    r#"{"job_id":"019cdc54-2673-dc32-b9e5-6e1d36cc9e8a","status":"queued","mode":"clipping"}"#;

const PENDING: &str = r#"{"job_id":"019cdc54-2673-dc32-b9e5-6e1d36cc9e8a","status":"pending_compose","state":"pending","mode":"clipping","progress":33}"#;

const DONE: &str = r#"{"job_id":"019cdc54-2673-dc32-b9e5-6e1d36cc9e8a","status":"done","state":"done","mode":"clipping","progress":100,"final_urls":{"0":"https://cdn.removit.eu/results/019cdc54-2673-dc32-b9e5-6e1d36cc9e8a.png"}}"#;

/// The answer to a look, the first one being number zero.
pub(crate) const fn status(look: usize) -> &'static str {
    if look < 2 { PENDING } else { DONE }
}

/// How many looks it takes.
pub(crate) const LOOKS: usize = 3;

/// The photo of an upload by URL.
pub(crate) const PHOTO_URL: &str = "https://shop.example.com/photos/2026/cup-0001.jpg";

/// Any key will do.
pub(crate) const KEY: &str = "sk-0123456789abcdef0123456789abcdef";
