//! How much memory hostile servers cost the default transport without a runtime: a program
//! of its own, because the peak is that of the whole process.
#![cfg(all(feature = "ureq", target_os = "linux"))]

#[macro_use]
#[path = "support/without_runtime.rs"]
mod without_runtime;
mod support;

use removit_blocking as adapter;
use support::client;

#[path = "../../removit-proto/tests/adapters/hostile_memory.rs"]
mod hostile_memory;
