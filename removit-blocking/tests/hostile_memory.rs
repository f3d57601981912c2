//! How much memory hostile servers cost the default transport without a runtime: a program
//! of its own, because the peak is that of the whole process.
#![cfg(all(feature = "ureq", target_os = "linux"))]

mod support;

use removit_blocking as adapter;
use support::client;

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

#[path = "../../removit-proto/tests/adapters/hostile_memory.rs"]
mod hostile_memory;
