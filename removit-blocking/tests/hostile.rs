//! Hostile servers against the default transport without a runtime.
#![cfg(all(feature = "ureq", feature = "bundled-roots"))]

mod support;

use removit_blocking as adapter;
use support::client;

type TheClient = adapter::Client;

macro_rules! with_tls {
    ($item:item) => {
        $item
    };
}

macro_rules! scenario {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() $body
    };
}

macro_rules! go {
    ($value:expr) => {
        $value
    };
}

#[path = "../../removit-proto/tests/adapters/hostile/mod.rs"]
mod hostile;
