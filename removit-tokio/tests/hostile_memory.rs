//! How much memory hostile servers cost the default transport on tokio: a program
//! of its own, because the peak is that of the whole process.
#![cfg(all(feature = "hyper", target_os = "linux"))]

#[macro_use]
#[path = "support/on_tokio.rs"]
mod on_tokio;
mod support;

use removit_tokio as adapter;
use support::client;

#[path = "../../removit-proto/tests/adapters/hostile_memory.rs"]
mod hostile_memory;
