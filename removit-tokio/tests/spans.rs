//! What a trace tells of attempts.
#![cfg(all(feature = "hyper", feature = "tracing"))]

#[macro_use]
#[path = "support/on_tokio.rs"]
mod on_tokio;
mod support;

use removit_tokio as adapter;

#[path = "../../removit-proto/tests/adapters/spans.rs"]
mod spans;
