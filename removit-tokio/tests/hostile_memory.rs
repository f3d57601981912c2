//! How much memory hostile servers cost the default transport on tokio: a program
//! of its own, because the peak is that of the whole process.
#![cfg(all(feature = "hyper", target_os = "linux"))]

mod support;

use removit_tokio as adapter;
use support::client;

macro_rules! scenario {
    (fn $name:ident() $body:block) => {
        #[tokio::test]
        async fn $name() $body
    };
}

macro_rules! go {
    ($future:expr) => {
        $future.await
    };
}

#[path = "../../removit-proto/tests/adapters/hostile_memory.rs"]
mod hostile_memory;
