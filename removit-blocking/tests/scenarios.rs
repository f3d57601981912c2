//! The scenarios that both adapters share, without a runtime.
#![cfg(feature = "ureq")]

use removit_blocking as adapter;

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

#[path = "../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod scenarios;
