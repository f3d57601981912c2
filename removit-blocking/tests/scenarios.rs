//! The scenarios that both adapters share, without a runtime.
#![cfg(feature = "ureq")]

#[macro_use]
#[path = "support/without_runtime.rs"]
mod without_runtime;

use removit_blocking as adapter;

#[path = "../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod scenarios;
