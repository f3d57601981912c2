//! How a shared test is read on tokio: an async function, and `.await`.

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
