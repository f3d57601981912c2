//! For tests: a connection that does what it was told beforehand.

use std::collections::VecDeque;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) is_open: bool,
    pub(crate) is_tls: bool,
    /// How each writing ends; then they succeed.
    pub(crate) written: VecDeque<Result<(), Error>>,
    /// What each wait brings; then nothing does.
    pub(crate) input: VecDeque<Result<&'static [u8], Error>>,
    pub(crate) buffers: LazyBuffers,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        let buffers = LazyBuffers::new(16, 16);
        let (written, input) = (VecDeque::new(), VecDeque::new());
        Self { is_open: true, is_tls: true, written, input, buffers }
    }
}

impl Transport for Scripted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), Error> {
        self.written.pop_front().unwrap_or(Ok(()))
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let input = self.input.pop_front().unwrap_or(Ok(b""))?;
        self.buffers.input_append_buf()[..input.len()].copy_from_slice(input);
        self.buffers.input_appended(input.len());
        Ok(!input.is_empty())
    }

    fn is_open(&mut self) -> bool {
        self.is_open
    }

    fn is_tls(&self) -> bool {
        self.is_tls
    }
}

/// What is around a connection says of it what it says itself.
#[track_caller]
pub(crate) fn passes_on<W: Transport>(around: impl Fn(Scripted) -> W) {
    for said in [true, false] {
        let mut whole = around(Scripted { is_open: said, is_tls: !said, ..Scripted::new() });
        assert_eq!((whole.is_open(), whole.is_tls()), (said, !said));
    }
}
