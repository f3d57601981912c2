//! Whether a case holds, or what was seen in its place. Knows no case.

pub(super) type Held = Result<(), Miss>;

/// How a case does not hold.
#[derive(Debug)]
pub(super) enum Miss {
    Failed(String),
    Skipped(&'static str),
}

/// Fails a case with what was seen, unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($seen:tt)*) => {
        if !$condition {
            return Err($crate::conformance::held::Miss::Failed(format!($($seen)*)));
        }
    };
}
pub(super) use ensure;
