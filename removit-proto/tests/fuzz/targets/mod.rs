//! What is fuzzed: one function a target, from any bytes to assertions. The
//! fuzzers of `fuzz/`, the property tests and the replay of the seeds call the
//! same ones, so that a finding of one is a test of the others.
#![allow(unreachable_pub, reason = "the fuzzers are another crate")]

mod input;
#[path = "../../support/mod.rs"]
mod support;

pub mod accepted;
pub mod api_error;
pub mod download;
pub mod multipart;
pub mod output_names;
pub mod poller;
pub mod poller_state;
pub mod retry_after;
mod sequence;
pub mod status;
pub mod upload;
pub mod upload_state;
pub mod urls;
