//! The scenarios that both adapters share, on tokio.
#![cfg(all(feature = "simulator", feature = "hyper"))]

use removit_tokio as adapter;

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

#[path = "../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod scenarios;
