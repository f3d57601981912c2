//! Structure from a fuzzer's bytes: a reader that never fails. Where the bytes
//! end it answers zeros and the first of each choice, so that short inputs are
//! simple ones.

use std::time::Duration;

/// The bytes that are left.
#[derive(Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    pub fn bool(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn u64(&mut self) -> u64 {
        self.take(8).iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()].clone()
    }

    /// One of the durations that are worth trying, or any other.
    pub fn duration(&mut self) -> Duration {
        match self.byte() {
            0..=1 => Duration::ZERO,
            2 => Duration::MAX,
            3 => Duration::from_millis(self.u64()),
            4..=100 => Duration::from_millis(10 * u64::from(self.byte())),
            _ => Duration::from_secs(u64::from(self.byte())),
        }
    }

    /// At most so many bytes.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A piece whose length comes first, in one byte.
    pub fn piece(&mut self) -> &'a [u8] {
        let len = self.byte();
        self.take(len.into())
    }

    /// A piece as text.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.piece()).into_owned()
    }

    /// All that is left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
}
