//! Strategies for [`proptest`]: everything that can go in and come back, for
//! whoever property-tests code of his own around this crate.
//!
//! Each is a plain [`Strategy`](proptest::strategy::Strategy), to be mapped,
//! filtered and put together like any other. This crate's own tests are made of
//! the same ones. Nothing here is meant for production.
//!
//! ```
//! use proptest::prelude::*;
//! use removit_proto::{ApiKey, Endpoint, JobStatus, strategies};
//!
//! proptest!(|(answer in strategies::damaged_status())| {
//!     let endpoint = Endpoint::production(ApiKey::new("my-key").unwrap());
//!     // Whatever a server says is read or refused, and nothing panics.
//!     let _ = JobStatus::decode(&answer, &"job-1".parse().unwrap(), &endpoint);
//! });
//! ```

mod answers;
mod journals;
mod outcomes;
mod requests;

pub use answers::{
    damaged_status, documented_acceptance, documented_refusal, documented_status, odd_status,
};
pub use journals::{journal_header, journal_lines, journal_path, journal_record};
pub use outcomes::{outcome, outcomes};
pub use requests::{text, upload_options, upload_request};
