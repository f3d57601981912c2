//! Writes a result's bytes on tokio's blocking threads, many at a time.
//!
//! Knows nothing of names: the file may be a temporary one. An attempt that is
//! dropped writes nothing any more, but for what a thread has begun; the next one
//! waits for that.

use std::convert::identity;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use removit_proto::TransportFailure;

use crate::blocking::blocking;
use crate::lock::lock;

/// How much is gathered before it is written: a trip to another thread for each
/// network read would cost more than the write.
const GATHERED: usize = 256 * 1024;

/// A file that one attempt is filling.
pub(crate) struct ResultFile {
    /// Threads take turns, so that no write of an earlier attempt comes in between.
    file: Arc<Mutex<File>>,
    /// Gone with the attempt: what finds it gone is no longer wanted.
    wanted: Arc<()>,
    gathered: Vec<Bytes>,
    gathered_len: usize,
}

impl ResultFile {
    /// Keeps so many bytes of what an earlier attempt wrote.
    pub(crate) async fn cut(file: Arc<Mutex<File>>, from: u64) -> Result<Self, TransportFailure> {
        let (wanted, gathered) = (Arc::new(()), Vec::new());
        let cut = Self { file, wanted, gathered, gathered_len: 0 };
        let cutting = move |file: &mut File| {
            file.set_len(from)?;
            file.seek(SeekFrom::Start(from)).map(drop)
        };
        cut.write(cutting).await?;
        Ok(cut)
    }

    /// Takes the next bytes; `true` where all bytes so far were written.
    pub(crate) async fn push(&mut self, bytes: Bytes) -> Result<bool, TransportFailure> {
        self.gathered_len = self.gathered_len.saturating_add(bytes.len());
        self.gathered.push(bytes);
        let full = self.gathered_len >= GATHERED;
        if full {
            self.flush().await?;
        }
        Ok(full)
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), TransportFailure> {
        let gathered = std::mem::take(&mut self.gathered);
        self.gathered_len = 0;
        let writing = move |file: &mut File| gathered.iter().try_for_each(|b| file.write_all(b));
        self.write(writing).await
    }

    async fn write(
        &self,
        work: impl FnOnce(&mut File) -> io::Result<()> + Send + 'static,
    ) -> Result<(), TransportFailure> {
        let (file, wanted) = (Arc::clone(&self.file), Arc::downgrade(&self.wanted));
        let turn = move || {
            let mut file = lock(&file);
            // Dropped: nobody reads the answer.
            if wanted.strong_count() == 0 { Ok(()) } else { work(&mut file) }
        };
        let written = blocking(turn, identity).await;
        written.map_err(|error| TransportFailure::sink(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::{Context, Waker};

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    /// One blocking thread, so that what is in its way keeps writes from beginning.
    fn one_blocking_thread() -> Runtime {
        Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
    }

    fn poll_once(future: impl Future) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(Box::pin(future).as_mut().poll(&mut context).is_pending());
    }

    #[test]
    fn a_write_that_had_not_begun_when_its_future_was_dropped_never_does() {
        one_blocking_thread().block_on(async {
            let file = Arc::new(Mutex::new(tempfile::tempfile().unwrap()));
            let mut result = ResultFile::cut(Arc::clone(&file), 0).await.unwrap();
            let (free, in_the_way) = channel::<()>();
            let busy = tokio::task::spawn_blocking(move || in_the_way.recv());
            poll_once(result.push(Bytes::from(vec![7; GATHERED])));
            drop(result);
            drop(free);
            busy.await.unwrap().unwrap_err();
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(file.lock().unwrap().metadata().unwrap().len(), 0);
        });
    }

    #[test]
    fn a_file_is_not_emptied_for_an_attempt_that_was_dropped() {
        one_blocking_thread().block_on(async {
            let file = Arc::new(Mutex::new(tempfile::tempfile().unwrap()));
            file.lock().unwrap().write_all(b"the next attempt's").unwrap();
            let (free, in_the_way) = channel::<()>();
            let busy = tokio::task::spawn_blocking(move || in_the_way.recv());
            poll_once(ResultFile::cut(Arc::clone(&file), 0));
            drop(free);
            busy.await.unwrap().unwrap_err();
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(file.lock().unwrap().metadata().unwrap().len(), 18);
        });
    }
}
