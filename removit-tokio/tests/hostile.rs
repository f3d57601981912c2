//! Hostile servers against the default transport on tokio.
#![cfg(all(feature = "hyper", feature = "bundled-roots"))]

mod support;

use removit_tokio as adapter;
use support::client;

type TheClient = adapter::Client;

macro_rules! with_tls {
    ($item:item) => {
        $item
    };
}

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

#[path = "../../removit-proto/tests/adapters/hostile/mod.rs"]
mod hostile;
