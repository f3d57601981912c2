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
