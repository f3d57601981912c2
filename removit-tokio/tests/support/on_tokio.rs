//! How a shared test is read on tokio: an async function, and `.await`.

macro_rules! scenario {
    (fn $name:ident() $body:block) => {
        #[tokio::test]
        async fn $name() $body
    };
}

/// Waits while the runtime goes on.
#[allow(unused_macros, reason = "not each test file waits")]
macro_rules! pause {
    ($time:expr) => {
        tokio::time::sleep($time).await
    };
}

macro_rules! go {
    ($future:expr) => {
        $future.await
    };
}
