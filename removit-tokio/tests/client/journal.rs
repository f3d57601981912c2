//! The journal of `removit-blocking`, as this crate hands it on.

use removit_tokio::proto::journal::{Header, Intent, Need, Record, Replay, Stage, WallTime};
use removit_tokio::{
    AsyncJournal, Clock, Journal, JournalError, JournalFile, MemoryJournal, OnRuntime, Photo,
    PhotoError, Stored,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of a small picture";

#[tokio::test]
async fn a_photo_in_a_file_has_the_key_of_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    std::fs::write(&path, PNG).unwrap();
    let photo = Photo::from_path(&path).await.unwrap();
    let key = photo.key().await.unwrap();
    assert_eq!(Photo::from_bytes("other.png", PNG).unwrap().key().await.unwrap(), key);

    std::fs::remove_file(&path).unwrap();
    let error = photo.key().await.unwrap_err();
    assert!(matches!(error, PhotoError::File { path: of, .. } if of == path));
}

/// One whose calls wait for something else first, as those of a database do.
struct Remote(MemoryJournal);

impl AsyncJournal for Remote {
    async fn load(&mut self) -> Result<Replay, JournalError> {
        tokio::task::yield_now().await;
        self.0.load()
    }

    async fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        tokio::task::yield_now().await;
        self.0.store(records)
    }
}

#[tokio::test]
async fn a_journal_whose_calls_are_awaited_is_one_for_blocking_threads_too() {
    let key = Photo::from_url("https://example.com/cup.jpg").unwrap().key().await.unwrap();
    let mut journal = OnRuntime::new(Remote(MemoryJournal::default()));
    assert_eq!(format!("{journal:?}"), "OnRuntime { .. }");
    let visited = tokio::task::spawn_blocking(move || {
        let intent = Record::Intent(Intent::new(
            WallTime::from_unix(std::time::Duration::from_secs(1)),
            key,
            1,
        ));
        let stored = journal.store(&[intent])?;
        Ok::<_, JournalError>((stored.taken, journal.load()?))
    });
    let (taken, replay) = visited.await.unwrap().unwrap();
    assert!(taken.is_empty(), "what others had taken before: {taken:?}");
    assert!(replay.entry(&key).is_some_and(|entry| entry.stage() == Stage::Open));
}

#[tokio::test]
async fn a_clock_tells_a_journal_the_time_of_the_world() {
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let (before, told) = (now(), Clock::start().wall_time().since_unix());
    // A journal's times are of whole milliseconds.
    assert!((before.as_millis()..=now().as_millis()).contains(&told.as_millis()), "{told:?}");
}

#[test]
fn a_key_that_no_thread_is_left_to_find_says_which_photo() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.handle().clone();
    drop(runtime);
    let _ended = ended.enter();
    let photo = Photo::from_bytes("cup.png", PNG).unwrap();
    let error = futures_util::FutureExt::now_or_never(photo.key()).unwrap().unwrap_err();
    assert!(matches!(error, PhotoError::Unreadable { name, .. } if name == "cup.png"));
}

#[tokio::test]
async fn a_journal_is_written_on_a_blocking_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.removit");
    let key = Photo::from_url("https://example.com/cup.jpg").unwrap().key().await.unwrap();
    let now = WallTime::from_unix(Clock::start().now().since_origin());
    let header = Header::new(now, "test 1.0");
    let stored = tokio::task::spawn_blocking(move || {
        let (mut journal, replay) = JournalFile::open(path, header)?;
        assert_eq!(replay.need(&key), Need::Send);
        journal.append(&Record::Intent(Intent::new(now, key, replay.next_attempt(&key))))?;
        JournalFile::read(journal.path())
    });
    let journal = stored.await.unwrap().unwrap();
    assert_eq!(journal.replay.next_attempt(&key), 2);
}
