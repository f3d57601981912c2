//! A connection's buffers, whose memory serves the next connection when this one ends.
//!
//! An upload has a connection of its own. With ureq's buffers each of them fills up to
//! 192 KiB with zeros, which costs more than all else that a small upload does.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use ureq::unversioned::transport::{Buffers, ConnectionDetails};

use crate::lock::lock;

/// How much of it is kept for later: for so many uploads at a time.
const MOST_SPARE: usize = 4;

/// Memory that no connection uses. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct SpareBuffers(Arc<Mutex<Vec<Memory>>>);

#[derive(Default)]
struct Memory {
    input: Vec<u8>,
    output: Vec<u8>,
}

/// The buffers of one connection, with memory from their first use on.
pub(crate) struct KeptBuffers {
    input_len: usize,
    output_len: usize,
    memory: Memory,
    /// What was read, and not taken yet.
    unread: Range<usize>,
    was_read_from: bool,
    spare: SpareBuffers,
}

impl SpareBuffers {
    /// Buffers as long as the connection is configured to have them.
    pub(crate) fn buffers(&self, details: &ConnectionDetails<'_>) -> KeptBuffers {
        self.of_len(details.config.input_buffer_size(), details.config.output_buffer_size())
    }

    pub(super) fn of_len(&self, input_len: usize, output_len: usize) -> KeptBuffers {
        KeptBuffers {
            input_len,
            output_len,
            memory: Memory::default(),
            unread: 0..0,
            was_read_from: false,
            spare: self.clone(),
        }
    }

    fn take(&self) -> Option<Memory> {
        lock(&self.0).pop()
    }

    fn keep(&self, memory: Memory) {
        let mut spare = lock(&self.0);
        if spare.len() < MOST_SPARE {
            spare.push(memory);
        }
    }
}

impl KeptBuffers {
    fn memory(&mut self) -> &mut Memory {
        if self.memory.input.is_empty() {
            self.memory = self.spare.take().unwrap_or_default();
        }
        // They may come from a connection that had shorter ones.
        let Memory { input, output } = &mut self.memory;
        input.resize(self.input_len.max(input.len()), 0);
        output.resize(self.output_len.max(output.len()), 0);
        &mut self.memory
    }

    /// Makes room behind what was not taken yet.
    fn move_to_the_front(&mut self) {
        if self.unread.start != 0 {
            let left = self.unread.len();
            self.memory.input.copy_within(self.unread.clone(), 0);
            self.unread = 0..left;
        }
    }
}

impl Buffers for KeptBuffers {
    fn output(&mut self) -> &mut [u8] {
        let len = self.output_len;
        self.memory().output.get_mut(..len).unwrap_or_default()
    }

    fn input(&self) -> &[u8] {
        self.memory.input.get(self.unread.clone()).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.tmp_and_output().0
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.move_to_the_front();
        let (free, len) = (self.unread.end..self.input_len, self.output_len);
        let Memory { input, output } = self.memory();
        (input.get_mut(free).unwrap_or_default(), output.get_mut(..len).unwrap_or_default())
    }

    fn input_appended(&mut self, amount: usize) {
        self.unread.end = self.unread.end.saturating_add(amount).min(self.input_len);
    }

    fn input_consume(&mut self, amount: usize) {
        self.was_read_from = amount > 0;
        self.unread.start = self.unread.start.saturating_add(amount).min(self.unread.end);
    }

    fn can_use_input(&self) -> bool {
        !self.unread.is_empty() && self.was_read_from
    }
}

impl Drop for KeptBuffers {
    fn drop(&mut self) {
        if !self.memory.input.is_empty() {
            self.spare.keep(std::mem::take(&mut self.memory));
        }
    }
}

impl fmt::Debug for KeptBuffers {
    /// Without what is in them, the key among it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptBuffers").field("unread", &self.unread).finish_non_exhaustive()
    }
}

impl fmt::Debug for SpareBuffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpareBuffers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(buffers: &mut KeptBuffers, bytes: &[u8]) {
        buffers.input_append_buf()[..bytes.len()].copy_from_slice(bytes);
        buffers.input_appended(bytes.len());
    }

    #[test]
    fn what_was_read_is_taken_in_order_and_makes_room() {
        let mut buffers = SpareBuffers::default().of_len(8, 4);
        receive(&mut buffers, b"abcdefgh");
        assert!(buffers.input_append_buf().is_empty() && !buffers.can_use_input());
        buffers.input_consume(3);
        assert_eq!((buffers.input(), buffers.can_use_input()), (&b"defgh"[..], true));
        receive(&mut buffers, b"ij");
        assert_eq!(buffers.input(), b"defghij");
        buffers.input_consume(7);
        assert!(buffers.input().is_empty() && !buffers.can_use_input());
        assert_eq!(buffers.tmp_and_output().0.len(), 8);
    }

    #[test]
    fn the_next_connection_has_the_memory_and_nothing_that_was_in_it() {
        let spare = SpareBuffers::default();
        let mut first = spare.of_len(4, 8);
        receive(&mut first, b"old");
        let place = first.output().as_ptr();
        drop(first);
        let mut second = spare.of_len(2, 4);
        assert_eq!((second.output().as_ptr(), second.output().len()), (place, 4));
        assert!(second.input().is_empty() && second.input_append_buf().len() == 2);
        let mut third = spare.of_len(2, 16);
        assert_eq!(third.output().len(), 16);
        drop((second, third));
        assert_eq!(spare.of_len(2, 32).output().len(), 32);
    }

    #[test]
    fn nothing_that_is_in_them_is_shown() {
        let spare = SpareBuffers::default();
        let mut buffers = spare.of_len(8, 4);
        receive(&mut buffers, b"secret");
        assert_eq!(format!("{buffers:?}"), "KeptBuffers { unread: 0..6, .. }");
        drop(buffers);
        assert_eq!(format!("{spare:?}"), "SpareBuffers { .. }");
    }

    #[test]
    fn no_more_is_kept_than_a_few_uploads_need() {
        let spare = SpareBuffers::default();
        let mut many: Vec<_> = (0..2 * MOST_SPARE).map(|_| spare.of_len(1, 1)).collect();
        assert!(many.iter_mut().all(|buffers| buffers.output().len() == 1));
        drop(many);
        assert_eq!(spare.0.lock().unwrap().len(), MOST_SPARE);
    }
}
