use removit_tokio::proto::journal::{Accepted, Header, Intent, Record, Saved, WallTime};

use super::*;
use crate::ledger::{Elsewhere, imported};

fn ledger(folder: &Path) -> Ledger {
    Ledger { folder: folder.join("state") }
}

fn key(byte: u8) -> InputKey {
    InputKey::new(ContentHash::new([byte; 32]))
}

fn id(text: &str) -> JobId {
    text.parse().unwrap()
}

/// A journal with these records, which nobody is at work on.
fn write(path: &Path, records: &[Record]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let header = Header::new(WallTime::default(), "test");
    JournalFile::open(path, header).unwrap().0.append_all(records).unwrap();
}

fn accepted(key: InputKey, job: &str) -> Vec<Record> {
    let now = WallTime::default();
    vec![
        Record::Intent(Intent::new(now, key, 1)),
        Record::Accepted(Accepted::new(now, key, id(job), 1)),
    ]
}

fn saved(key: InputKey, path: &str) -> Record {
    Record::Saved(Saved::new(WallTime::default(), key, JournalPath::new(Path::new(path)), 1))
}

#[test]
fn a_photos_journal_is_found_by_its_job() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    assert_eq!(ledger.of_job(&id("j-1")), None);
    for (byte, job) in [(1, "j-1"), (2, "j-2")] {
        write(&ledger.journal(&key(byte)), &accepted(key(byte), job));
    }
    assert_eq!(ledger.of_job(&id("j-1")), Some((ledger.journal(&key(1)), key(1))));
    assert_eq!(ledger.of_job(&id("j-2")), Some((ledger.journal(&key(2)), key(2))));
    // It is no part of another.
    assert_eq!(ledger.of_job(&id("j")), None);
}

#[test]
fn only_journals_are_read_and_their_results_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    write(
        &ledger.journal(&key(1)),
        &[accepted(key(1), "j-1"), vec![saved(key(1), "/x.png")]].concat(),
    );
    write(&folder.path().join("state/other"), &accepted(key(2), "j-2"));
    assert_eq!(ledger.journals(), [ledger.journal(&key(1))]);
    assert_eq!(ledger.results(), [PathBuf::from("/x.png")]);
    assert!(ledger.replay(&key(1)).is_some() && ledger.replay(&key(2)).is_none());
}

#[test]
fn catalogues_are_remembered_once_and_while_they_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let paths = ["b", "a"].map(|name| folder.path().join(name));
    for path in &paths {
        write(path, &[]);
        ledger.note(path).unwrap();
        ledger.note(path).unwrap();
    }
    let [b, a] = &paths;
    assert_eq!(ledger.catalogues(), [a.clone(), b.clone()]);
    let text = std::fs::read_to_string(folder.path().join("state").join(CATALOGUES)).unwrap();
    assert_eq!(text.lines().count(), 2);
    std::fs::remove_file(a).unwrap();
    assert_eq!(ledger.catalogues(), std::slice::from_ref(b));
}

#[test]
fn other_journals_know_jobs_and_results_and_the_own_one_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let own = folder.path().join("own");
    let other = folder.path().join("other");
    write(&own, &accepted(key(1), "own"));
    write(&other, &[accepted(key(2), "other"), vec![saved(key(2), "/x.png")]].concat());
    write(&ledger.journal(&key(3)), &accepted(key(3), "alone"));
    for path in [&own, &other] {
        ledger.note(path).unwrap();
    }
    for many in [false, true] {
        let elsewhere = Elsewhere::new(Some(&ledger), Some(&own), many);
        let job = |byte| {
            let entry = elsewhere.entry(&key(byte))?;
            Some(entry.job()?.id().to_string())
        };
        assert_eq!(job(1), None);
        assert_eq!(job(2).as_deref(), Some("other"));
        assert_eq!(job(3).as_deref(), Some("alone"));
        assert_eq!(job(4), None);
        assert_eq!((elsewhere.saved(&key(2)).len(), elsewhere.saved(&key(3)).len()), (1, 0));
        assert_eq!(elsewhere.results().len(), usize::from(many));
    }
    let of_photo = Elsewhere::new(Some(&ledger), Some(&ledger.journal(&key(3))), false);
    assert!(of_photo.entry(&key(3)).is_none() && of_photo.entry(&key(1)).is_some());
    assert!(Elsewhere::nothing().entry(&key(2)).is_none());
}

#[test]
fn what_was_written_meanwhile_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let other = folder.path().join("other");
    write(&other, &[]);
    ledger.note(&other).unwrap();
    for (byte, many) in [(1, false), (2, true)] {
        let mut elsewhere = Elsewhere::new(Some(&ledger), None, many);
        write(&other, &accepted(key(byte), "later"));
        assert_eq!(elsewhere.entry(&key(byte)).is_some(), !many);
        elsewhere.refresh();
        assert!(elsewhere.entry(&key(byte)).is_some());
    }
}

#[test]
fn a_paid_job_goes_before_one_that_may_exist() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (open, paid) = (folder.path().join("a"), folder.path().join("b"));
    write(&open, &accepted(key(1), "j-1")[..1]);
    write(&paid, &accepted(key(1), "j-1"));
    ledger.note(&open).unwrap();
    let now = WallTime::default();
    let elsewhere = Elsewhere::new(Some(&ledger), None, true);
    let entry = elsewhere.entry(&key(1)).unwrap();
    assert!(entry.jobs().is_empty());
    // Nobody is at work on it.
    assert_eq!(elsewhere.sender(&key(1)), None);
    assert_eq!(imported(&entry, now), [Record::Intent(Intent::new(now, key(1), 1))]);
    ledger.note(&paid).unwrap();
    let entry = Elsewhere::new(Some(&ledger), None, true).entry(&key(1)).unwrap();
    assert_eq!(imported(&entry, now), accepted(key(1), "j-1")[1..]);
}

#[test]
fn whoever_is_at_work_on_a_photo_without_a_job_is_its_sender() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (path, header) = (folder.path().join("a"), Header::new(WallTime::default(), "test"));
    let mut journal = JournalFile::open(&path, header).unwrap().0;
    journal
        .append_all(&[&accepted(key(1), "j-1")[..1], &accepted(key(2), "j-2")].concat())
        .unwrap();
    ledger.note(&path).unwrap();
    let elsewhere = Elsewhere::new(Some(&ledger), None, true);
    assert_eq!(elsewhere.sender(&key(1)), Some(path));
    assert_eq!(elsewhere.sender(&key(2)), None);
}

#[test]
fn a_job_without_a_photo_is_known_by_its_id_alone() {
    assert_eq!(key_of_job(&id("j-1")), key_of_job(&id("j-1")));
    assert_ne!(key_of_job(&id("j-1")), key_of_job(&id("j-2")));
}
