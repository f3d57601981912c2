//! The Removit image API as values and state machines.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod accepted;
mod api_error;
mod api_key;
mod body;
mod download;
mod download_error;
mod download_request;
mod endpoint;
mod excerpt;
mod file_name;
mod finished;
mod image_type;
mod job_id;
mod job_status;
mod loose_json;
mod machine;
mod multipart;
mod observer;
mod output_name;
mod poll_error;
mod poller;
mod result_url;
mod retry;
mod retry_after;
mod schedule;
mod seed;
#[cfg(feature = "simulator")]
pub mod simulator;
mod source;
mod time;
mod transport_failure;
mod upload;
mod upload_error;
mod upload_options;
mod upload_request;
mod verdict;
mod web_url;

pub use accepted::Accepted;
pub use api_error::{ApiError, ApiErrorKind};
pub use api_key::{ApiKey, ApiKeyError, AuthScheme};
pub use body::{Body, Segment};
pub use download::{Download, DownloadPolicy, Downloaded};
pub use download_error::DownloadError;
pub use download_request::DownloadRequest;
pub use endpoint::Endpoint;
pub use excerpt::Excerpt;
pub use file_name::FileName;
pub use finished::{Finished, NotFinished};
pub use image_type::{ImageType, UnsupportedImage};
pub use job_id::{InvalidJobId, JobId};
pub use job_status::{JobStatus, ResultLink, State, StatusRequest, StatusUnreadable};
pub use machine::{
    ANSWER_LIMIT, Action, Attempt, AttemptId, Machine, Outcome, Sink, WakeReason, Wakeup,
};
pub use observer::Observer;
pub use output_name::OutputNames;
pub use poll_error::{PollError, PollTrouble};
pub use poller::{PollPolicy, Poller, PollerState};
pub use result_url::ResultUrl;
pub use retry::{Backoff, RetryPolicy};
pub use schedule::{Look, Schedule};
pub use seed::Seed;
pub use source::{EmptyFile, Source, SourceFile, SourceUrl};
pub use time::Instant;
pub use transport_failure::{Reach, TransportFailure};
pub use upload::{Upload, UploadPolicy, UploadState};
pub use upload_error::{Ambiguity, AmbiguityCause, UploadError};
pub use upload_options::{Delivery, Mode, OutputFormat, Params};
pub use upload_request::UploadRequest;
pub use web_url::UrlError;
