//! How a shared test is read without a runtime: a plain function, and no `.await`.

macro_rules! scenario {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() $body
    };
}

#[allow(unused_macros, reason = "not each test file waits")]
macro_rules! pause {
    ($time:expr) => {
        std::thread::sleep($time)
    };
}

macro_rules! go {
    ($value:expr) => {
        $value
    };
}
