//! The conformance kit on this crate's transport, and on one of an author's own.

mod curl;
#[path = "../../../../removit-proto/tests/adapters/one_attempt.rs"]
mod one_attempt;
mod ureq;

use removit_blocking as adapter;
