//! What a trace tells of attempts.
#![cfg(all(feature = "ureq", feature = "tracing"))]

#[macro_use]
#[path = "support/without_runtime.rs"]
mod without_runtime;
mod support;

use removit_blocking as adapter;

#[path = "../../removit-proto/tests/adapters/spans.rs"]
mod spans;
