//! What goes over the wire: values, requests and answers.
//!
//! Usable with no machine at all. Nothing here knows of time or of sending again.

pub(crate) mod accepted;
pub(crate) mod answer;
pub(crate) mod api_error;
pub(crate) mod api_key;
pub(crate) mod body;
pub(crate) mod checksum;
pub(crate) mod content_coding;
pub(crate) mod content_length;
pub(crate) mod content_range;
pub(crate) mod download_request;
pub(crate) mod endpoint;
pub(crate) mod endpoint_env;
pub(crate) mod excerpt;
pub(crate) mod file_name;
pub(crate) mod finished;
pub(crate) mod foreign_image;
pub(crate) mod image_type;
pub(crate) mod job_id;
pub(crate) mod job_state;
pub(crate) mod job_status;
pub(crate) mod loose_json;
pub(crate) mod multipart;
pub(crate) mod packed_status;
pub(crate) mod params_text;
pub(crate) mod percent;
mod plain_json;
pub(crate) mod result_kind;
pub(crate) mod result_link;
pub(crate) mod result_url;
pub(crate) mod retry_after;
pub(crate) mod seed;
mod seed_serde;
pub(crate) mod source;
pub(crate) mod spelling;
pub(crate) mod status_request;
pub(crate) mod status_serde;
pub(crate) mod status_unreadable;
pub(crate) mod upload_options;
pub(crate) mod upload_request;
pub(crate) mod url_encoding;
pub(crate) mod url_error;
pub(crate) mod validator;
pub(crate) mod web_url;
pub(crate) mod with;
pub(crate) mod word;
