//! Writes a result's bytes on tokio's blocking threads, many at a time.
//!
//! Knows nothing of names: the file may be a temporary one. An attempt that is
//! dropped writes nothing any more, but for what a thread has begun; the next one
//! waits for that.

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

/// Where the attempts of a download write, one after the other. The file is opened where
/// it is first written to: both are one trip to another thread.
#[derive(Clone)]
pub(crate) struct Room(
    /// Threads take turns, so that no write of an earlier attempt comes in between.
    Arc<Mutex<Opening>>,
);

struct Opening {
    file: Option<File>,
    opener: Opener,
}

type Opener = Box<dyn Fn() -> Result<File, TransportFailure> + Send>;

/// A file that one attempt is filling.
pub(crate) struct ResultFile {
    room: Room,
    /// Gone with the attempt: what finds it gone is no longer wanted.
    wanted: Arc<()>,
    /// How many bytes of what an earlier attempt wrote stay, until they alone are left.
    kept: Option<u64>,
    gathered: Vec<Bytes>,
    gathered_len: usize,
}

impl Room {
    pub(crate) fn new(
        opener: impl Fn() -> Result<File, TransportFailure> + Send + 'static,
    ) -> Self {
        Self(Arc::new(Mutex::new(Opening { file: None, opener: Box::new(opener) })))
    }

    /// In a file that is open.
    pub(crate) fn of(file: File) -> Self {
        Self::new(move || file.try_clone().map_err(failed))
    }

    /// Keeps so many bytes of what an earlier attempt wrote.
    pub(crate) fn keeping(&self, kept: u64) -> ResultFile {
        let (room, wanted) = (self.clone(), Arc::new(()));
        ResultFile { room, wanted, kept: Some(kept), gathered: Vec::new(), gathered_len: 0 }
    }
}

impl Opening {
    fn file(&mut self) -> Result<&mut File, TransportFailure> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => Ok(none.insert((self.opener)()?)),
        }
    }
}

impl ResultFile {
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

    /// Writes what was gathered, if only that nothing is there.
    pub(crate) async fn flush(&mut self) -> Result<(), TransportFailure> {
        let (kept, gathered) = (self.kept.take(), std::mem::take(&mut self.gathered));
        self.gathered_len = 0;
        let (room, wanted) = (self.room.clone(), Arc::downgrade(&self.wanted));
        let turn = move || {
            let mut opening = lock(&room.0);
            if wanted.strong_count() == 0 {
                // Dropped: nobody reads the answer.
                return Ok(());
            }
            write(opening.file()?, kept, &gathered).map_err(failed)
        };
        blocking(turn, failed).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: io::Error) -> TransportFailure {
    TransportFailure::sink(error.to_string())
}

fn write(file: &mut File, kept: Option<u64>, gathered: &[Bytes]) -> io::Result<()> {
    if let Some(kept) = kept {
        file.set_len(kept)?;
        file.seek(SeekFrom::Start(kept))?;
    }
    gathered.iter().try_for_each(|bytes| file.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::atomic::{AtomicUsize, Ordering};
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

    fn room(file: &File) -> Room {
        Room::of(file.try_clone().unwrap())
    }

    #[test]
    fn a_write_that_had_not_begun_when_its_future_was_dropped_never_does() {
        one_blocking_thread().block_on(async {
            let file = tempfile::tempfile().unwrap();
            let mut result = room(&file).keeping(0);
            let (free, in_the_way) = channel::<()>();
            let busy = tokio::task::spawn_blocking(move || in_the_way.recv());
            poll_once(result.push(Bytes::from(vec![7; GATHERED])));
            drop(result);
            drop(free);
            busy.await.unwrap().unwrap_err();
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(file.metadata().unwrap().len(), 0);
        });
    }

    #[test]
    fn a_file_is_not_emptied_for_an_attempt_that_was_dropped() {
        one_blocking_thread().block_on(async {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"the next attempt's").unwrap();
            let mut result = room(&file).keeping(0);
            let (free, in_the_way) = channel::<()>();
            let busy = tokio::task::spawn_blocking(move || in_the_way.recv());
            poll_once(result.flush());
            drop(result);
            drop(free);
            busy.await.unwrap().unwrap_err();
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            assert_eq!(file.metadata().unwrap().len(), 18);
        });
    }

    #[test]
    fn what_an_earlier_attempt_wrote_is_cut_before_the_first_write_and_not_before_the_next_ones() {
        one_blocking_thread().block_on(async {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"kept, and lost").unwrap();
            let mut result = room(&file).keeping(4);
            for piece in [" and ", "new"] {
                result.push(Bytes::from(piece)).await.unwrap();
                result.flush().await.unwrap();
            }
            let mut written = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut written).unwrap();
            assert_eq!(written, "kept and new");
        });
    }

    #[test]
    fn an_answer_without_a_byte_leaves_none_of_an_earlier_attempt() {
        one_blocking_thread().block_on(async {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"of an earlier one").unwrap();
            room(&file).keeping(0).flush().await.unwrap();
            assert_eq!(file.metadata().unwrap().len(), 0);
        });
    }

    #[test]
    fn a_file_is_opened_once_it_is_written_to_and_once_for_all_attempts() {
        one_blocking_thread().block_on(async {
            let opened = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&opened);
            let room = Room::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
                tempfile::tempfile().map_err(failed)
            });
            for attempt in 0..2 {
                let mut result = room.keeping(0);
                assert_eq!(opened.load(Ordering::Relaxed), attempt.min(1));
                result.push(Bytes::from("a picture")).await.unwrap();
                result.flush().await.unwrap();
                assert_eq!(opened.load(Ordering::Relaxed), 1);
            }
        });
    }
}
