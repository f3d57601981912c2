//! The scenarios that both adapters share, on tokio.

use removit_tokio as adapter;

#[path = "../../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod shared;
