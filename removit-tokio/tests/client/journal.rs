//! The journal of `removit-blocking`, as this crate hands it on.

use removit_tokio::proto::journal::{Header, Intent, Need, Record, WallTime};
use removit_tokio::{Clock, JournalFile, Photo, PhotoError};

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
