//! A request as the check thinks of it: what is asked for, with which mistakes.
//!
//! From the same draft come the request that is sent, what the contract says of
//! it, the smaller drafts that may show the same, and the command that repeats it.

use serde_json::Value;

/// One request of the check.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) auth: Auth,
    pub(super) call: Call,
}

/// How the request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    XApiKey,
    Bearer,
    Both,
    Nothing,
    WrongXApiKey,
    WrongBearer,
}

/// A key that no account has.
pub(super) const WRONG_KEY: &str = "removit-check-wrong-key";

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    Upload(Content),
    Status(Asked),
}

/// The body of an upload.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Json(Vec<(&'static str, Value)>),
    Form(Vec<(&'static str, String)>, Option<FilePart>),
    Raw(Raw),
}

/// A part that is a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilePart {
    pub(super) name: String,
    pub(super) mime: Option<&'static str>,
    pub(super) bytes: FileBytes,
}

/// What is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileBytes {
    /// A photo of the policy, by its place.
    Photo(usize),
    Empty,
    /// A line of text.
    Text,
}

/// The line of [`FileBytes::Text`].
pub(super) const TEXT: &str = "This is no picture.";

/// A body that no description of fields gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) content_type: Option<&'static str>,
    pub(super) body: &'static str,
    /// The rule by which it is refused.
    pub(super) rule: &'static str,
}

/// The `job_id` of a status request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Missing,
    Empty,
    /// The shape of a real one, and nobody's.
    Unknown(String),
    /// Another shape.
    Strange(String),
    /// One of another account.
    Foreign(String),
    /// One of a job that this run made.
    Own(String),
}

impl Asked {
    /// The value in the query, where there is one.
    pub(super) fn value(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::Empty => Some(""),
            Self::Unknown(id) | Self::Strange(id) | Self::Foreign(id) | Self::Own(id) => Some(id),
        }
    }
}

impl Auth {
    /// Whether the server has to accept the key.
    pub(super) fn is_right(self) -> bool {
        matches!(self, Self::XApiKey | Self::Bearer | Self::Both)
    }
}

impl Draft {
    pub(super) fn upload(content: Content) -> Self {
        Self { auth: Auth::XApiKey, call: Call::Upload(content) }
    }

    pub(super) fn status(asked: Asked) -> Self {
        Self { auth: Auth::XApiKey, call: Call::Status(asked) }
    }

    pub(super) fn with_auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    pub(super) fn is_upload(&self) -> bool {
        matches!(self.call, Call::Upload(_))
    }
}
