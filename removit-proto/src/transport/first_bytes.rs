//! The first bytes of a result, kept while the rest goes by.
//!
//! They are what a result is judged by. Nothing here judges them.

use bytes::Bytes;

use crate::api::result_kind::ResultKind;

/// As many of a result's first bytes as [`Outcome::stored`](crate::Outcome::stored) asks
/// for: [`ResultKind::START_LEN`], however the pieces come.
///
/// ```
/// use removit_proto::{FirstBytes, ResultKind};
///
/// let mut first = FirstBytes::default();
/// for piece in [&b"\x89PNG"[..], b"\r\n\x1a\n", &[0; 4096]] {
///     first.take(piece); // beside writing it
/// }
/// assert_eq!(bytes::Bytes::from(first).len(), ResultKind::START_LEN);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FirstBytes(Vec<u8>);

impl FirstBytes {
    /// The next piece of the result, in order.
    pub fn take(&mut self, piece: &[u8]) {
        let missing = ResultKind::START_LEN.saturating_sub(self.0.len());
        self.0.extend_from_slice(piece.get(..missing).unwrap_or(piece));
    }
}

impl From<FirstBytes> for Bytes {
    fn from(first: FirstBytes) -> Self {
        first.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_kept_as_tell_what_it_is() {
        let all: Vec<u8> = (0..=u8::MAX).cycle().take(ResultKind::START_LEN + 9).collect();
        for size in [1, 7, ResultKind::START_LEN - 1, ResultKind::START_LEN, all.len()] {
            let mut first = FirstBytes::default();
            all.chunks(size).for_each(|piece| first.take(piece));
            assert_eq!(Bytes::from(first), &all[..ResultKind::START_LEN], "{size}");
        }
        let mut first = FirstBytes::default();
        first.take(b"few");
        assert_eq!(Bytes::from(first), "few");
    }
}
