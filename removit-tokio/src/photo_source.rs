//! An async source of a photo's bytes, for those who read it on a blocking thread.
//!
//! The thread waits for the source in its runtime's name; it decides nothing.

use std::io::{Read, Result};
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::runtime::Handle;

/// One reading of a source.
pub(crate) struct PhotoSource<R> {
    runtime: Handle,
    stream: Pin<Box<R>>,
}

impl<R: AsyncRead> PhotoSource<R> {
    /// Blocks until the source is open.
    pub(crate) fn open(runtime: &Handle, opening: impl Future<Output = Result<R>>) -> Result<Self> {
        let stream = Box::pin(runtime.block_on(opening)?);
        Ok(Self { runtime: runtime.clone(), stream })
    }
}

impl<R: AsyncRead> Read for PhotoSource<R> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.runtime.block_on(self.stream.read(buf))
    }
}
