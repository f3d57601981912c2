//! What is opened as a journal, and what is left alone.

use std::io::ErrorKind;
use std::path::Path;

use removit_blocking::proto::journal::{Header, Input, JournalPath, Need, ReadError, encode};
use removit_blocking::{Journal, JournalError, JournalFile};

use super::records::{Folder, accepted, at, header, intent, key, open, opened, planned};

/// Nothing of what is there changed.
#[track_caller]
fn is_left_alone(folder: &Folder, bytes: &[u8], what: &str) -> JournalError {
    let error = open(&folder.with(bytes)).unwrap_err();
    assert_eq!(std::fs::read(folder.journal()).unwrap(), bytes, "{what} was changed");
    error
}

#[test]
fn a_new_journal_says_what_it_is_and_who_began_it() {
    let folder = Folder::new();
    let mut with_words = header();
    with_words.label = Some("autumn".to_owned());
    let (journal, replay) = JournalFile::open(folder.journal(), with_words.clone()).unwrap();
    assert_eq!(journal.path(), folder.journal());
    assert_eq!(replay.header(), Some(&with_words));
    assert_eq!(replay.openings()[0].pid, Some(std::process::id()));
    assert_eq!(JournalFile::read(folder.journal()).unwrap().replay, replay);
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let folder = Folder::new();
    let name = Path::new("blue\ncup.png");
    let (mut journal, _) = opened(&folder.journal());
    journal.append_all(&[planned(1, name), intent(1)]).unwrap();
    journal.append(&accepted(1, "job-1")).unwrap();
    drop(journal);

    let (_, replay) = opened(&folder.journal());
    assert_eq!(replay.need(&key(1)), Need::Poll(&"job-1".parse().unwrap()));
    assert_eq!(replay.openings().len(), 2);
    let text = std::fs::read_to_string(folder.journal()).unwrap();
    assert_eq!(text.lines().count(), 6, "header, two openings and three records: {text}");
}

#[test]
#[cfg(unix)]
fn a_new_journal_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let _journal = opened(&folder.journal());
    let mode = std::fs::metadata(folder.journal()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
#[cfg(unix)]
fn a_symbolic_link_in_its_place_is_not_followed() {
    let folder = Folder::new();
    let target = folder.0.path().join("target");
    for there in [false, true] {
        if there {
            std::fs::write(&target, "mine").unwrap();
        }
        let _ = std::fs::remove_file(folder.journal());
        std::os::unix::fs::symlink(&target, folder.journal()).unwrap();
        let error = open(&folder.journal()).unwrap_err().to_string();
        assert!(error.ends_with("is a symbolic link; a journal has to be a file of its own"));
        assert_eq!(target.exists(), there);
    }
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
}

#[test]
fn a_folder_in_its_place_is_named() {
    let folder = Folder::new();
    std::fs::create_dir(folder.journal()).unwrap();
    for error in
        [open(&folder.journal()).unwrap_err(), JournalFile::read(folder.journal()).unwrap_err()]
    {
        assert!(matches!(error, JournalError::NotAFile { found: "a folder", .. }), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn a_device_in_its_place_is_not_opened() {
    let error = open(Path::new("/dev/full")).unwrap_err();
    assert!(matches!(error, JournalError::NotAFile { found: "a device or a pipe", .. }));
}

#[test]
fn a_missing_folder_is_an_error_that_names_the_journal() {
    let folder = Folder::new();
    let path = folder.0.path().join("missing").join("shop.removit");
    let error = open(&path).unwrap_err();
    assert!(matches!(&error, JournalError::Open { error, .. }
        if error.kind() == ErrorKind::NotFound));
    assert!(error.to_string().contains("shop.removit cannot be opened"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_an_error_before_anything_is_sent() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    std::fs::set_permissions(folder.0.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let root_may = std::fs::write(folder.0.path().join("x"), "").is_ok();
    // Not even root makes files there.
    let path = if root_may { Path::new("/sys/shop.removit") } else { &folder.journal() };
    let error = open(path).unwrap_err();
    assert!(
        matches!(&error, JournalError::Open { error, .. } if matches!(error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)),
        "{error:?}"
    );
    assert!(error.to_string().ends_with("; nothing was sent"), "{error}");
}

#[test]
fn reading_makes_no_journal() {
    let folder = Folder::new();
    assert!(matches!(JournalFile::read(folder.journal()), Err(JournalError::Open { .. })));
    assert!(!folder.journal().exists());
}

#[test]
fn another_file_is_left_as_it_is() {
    let folder = Folder::new();
    for bytes in [&b"\x89PNG\r\n\x1a\n"[..], b"cups.txt\n", b"{\"input\":\"cup.png\"}\n"] {
        let error = is_left_alone(&folder, bytes, "another file");
        assert!(matches!(error, JournalError::Unreadable { error: ReadError::NotAJournal, .. }));
    }
}

#[test]
fn a_journal_of_another_version_is_left_as_it_is() {
    let folder = Folder::new();
    drop(opened(&folder.journal()));
    let text = std::fs::read_to_string(folder.journal()).unwrap();
    let later = text.replacen("\"version\":1", "\"version\":2", 1);
    let error = is_left_alone(&folder, later.as_bytes(), "a later version");
    assert!(error.to_string().contains("use a newer program"), "{error}");
}

#[test]
fn a_damaged_journal_is_not_written_to_and_can_be_read() {
    let folder = Folder::new();
    drop(opened(&folder.journal()));
    let mut bytes = std::fs::read(folder.journal()).unwrap();
    bytes.extend_from_slice(b"{\"kind\":\"inte\n");
    bytes.extend_from_slice(encode(&accepted(1, "job-1")).as_bytes());
    let error = is_left_alone(&folder, &bytes, "a damaged journal");
    assert!(error.to_string().contains("is damaged: line 3 is damaged"), "{error}");
    let journal = JournalFile::read(folder.journal()).unwrap();
    assert_eq!(journal.replay.need(&key(1)), Need::Poll(&"job-1".parse().unwrap()));
}

#[test]
fn the_jobs_of_another_api_are_left_alone() {
    let folder = Folder::new();
    let header = |api: Option<&str>| {
        let mut header = Header::new(at(0), "test 1.0");
        header.api = api.map(str::to_owned);
        header
    };
    drop(JournalFile::open(folder.journal(), header(Some("https://api.removit.eu"))).unwrap());
    let before = std::fs::read(folder.journal()).unwrap();
    let other = header(Some("http://127.0.0.1:8080"));
    let error = JournalFile::open(folder.journal(), other).unwrap_err();
    assert!(error.to_string().contains("belongs to jobs at https://api.removit.eu"), "{error}");
    assert_eq!(std::fs::read(folder.journal()).unwrap(), before);
    for same in [header(Some("https://api.removit.eu")), header(None)] {
        assert!(JournalFile::open(folder.journal(), same).is_ok());
    }
}

#[test]
fn a_file_is_found_again_in_whichever_of_its_folders_the_journal_was_when_it_was_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = |name: &str| root.path().join(name);
    let mut at = folder("first");
    std::fs::create_dir(&at).unwrap();
    for (number, next) in [(1, "second"), (2, "third")] {
        let (mut journal, _) = opened(&at.join("shop.removit"));
        journal.append(&planned(number, &at.join(format!("{number}.png")))).unwrap();
        drop(journal);
        let from = std::mem::replace(&mut at, folder(next));
        std::fs::rename(from, &at).unwrap();
    }
    let replay = JournalFile::read(at.join("shop.removit")).unwrap().replay;
    for number in [1, 2] {
        let place = &replay.entry(&key(number)).unwrap().places()[0];
        let by_now = JournalPath::new(&at.join(format!("{number}.png")));
        assert_eq!(place.input(), &Input::File(by_now));
    }
}

#[test]
fn the_mark_of_a_journal_is_that_of_its_place() {
    let folder = Folder::new();
    let mark = |name: &str| opened(&folder.0.path().join(name)).0.mark().unwrap();
    let first = mark("a");
    assert_eq!((first.len(), first.ends_with('-')), (17, true), "{first}");
    assert_eq!(first, mark("a"));
    assert_ne!(first, mark("b"));
}
