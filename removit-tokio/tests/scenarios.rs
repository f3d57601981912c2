//! The scenarios that both adapters share, on tokio.
#![cfg(all(feature = "simulator", feature = "hyper"))]

#[macro_use]
#[path = "support/on_tokio.rs"]
mod on_tokio;

use removit_tokio as adapter;

#[path = "../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod scenarios;
