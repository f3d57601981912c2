//! One way to change what has public fields and may grow: `with`, in one expression.

/// Gives each of these types `with`.
macro_rules! impl_with {
    ($($type:ty),+) => {$(
        impl $type {
            /// The same after a change:
            #[doc = concat!("`", stringify!($type), "::default().with(|it| …)`.")]
            #[must_use]
            pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
                change(&mut self);
                self
            }
        }
    )+};
}

pub(crate) use impl_with;
