//! How a shared test is read without a runtime: a plain function, and no `.await`.

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
