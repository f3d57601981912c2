//! The scenarios that both adapters share, without a runtime.

use removit_blocking as adapter;

#[path = "../../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod shared;
