//! The conformance kit on this crate's transport.

#[path = "../../../../removit-proto/tests/adapters/one_attempt.rs"]
mod one_attempt;
mod ureq;

use removit_blocking as adapter;
