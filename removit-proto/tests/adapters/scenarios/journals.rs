//! Batches over journals that are no file: shared by several owners, or out of order.

use removit_tokio::proto::journal::{Record, Replay};

use super::super::adapter::{BatchInput, Journal, JournalError, MemoryJournal, Stored};
use super::batches::{hasty, into, photos};
use super::*;

macro_rules! ends {
    ($batch:expr) => {{
        let mut batch = $batch.policy(hasty());
        let mut all = Vec::new();
        while let Some(processed) = go!(batch.next()) {
            all.push(processed);
        }
        all.sort_by_key(|processed| processed.index);
        let error = batch.journal_error().map(ToString::to_string);
        (all.into_iter().map(|processed| processed.end).collect::<Vec<_>>(), error)
    }};
}

scenario! {
    fn a_journal_in_memory_is_gone_on_with() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let mut journal = MemoryJournal::default();
        for _ in 0..2 {
            let replay = journal.load().unwrap();
            let batch = client(&server).batch(into(folder.path(), photos(4)));
            let (ends, _) = ends!(batch.journal(journal.clone(), replay));
            assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        }
        assert_eq!(server.account().jobs.len(), 4);
        let intents = journal.records().iter().filter(|r| matches!(r, Record::Intent(_))).count();
        assert_eq!(intents, 4);
    }
}

scenario! {
    fn what_another_owner_has_is_left_to_it_and_told_as_such() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let mut journal = MemoryJournal::default();
        // Both begin before either has sent anything.
        let (before, stale) = (journal.load().unwrap(), journal.load().unwrap());
        let first = client(&server).batch(into(folder.path(), photos(3)));
        let (ends, _) = ends!(first.journal(journal.clone(), before));
        assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        let records = journal.records();

        let mut inputs = into(folder.path(), photos(5));
        inputs.push(BatchInput::from(photos(1).remove(0)));
        let second = client(&server).batch(inputs);
        let (ends, error) = ends!(second.journal(journal.clone(), stale));
        assert_eq!(error, None);
        for (n, end) in ends.iter().enumerate() {
            let is_taken = matches!(end, Err(Error::Taken { .. }));
            assert_eq!(is_taken, n < 3 || n == 5, "{n}: {end:?}");
            assert!(is_taken || end.is_ok(), "{n}: {end:?}");
        }
        assert_eq!(server.account().jobs.len(), 5, "each photo is paid for once");
        assert_eq!(server.account().requests(Kind::Upload), 5, "and sent once");
        let of_others = |record: &Record| match record {
            Record::Planned(_) => false,
            record => records.iter().any(|old| old.key() == record.key()),
        };
        let said = journal.records().split_off(records.len());
        assert!(!said.iter().any(of_others), "nothing is said of the other one's: {said:?}");
    }
}

/// Takes what it is given up to the first record of a kind.
struct FailsAt(MemoryJournal, fn(&Record) -> bool);

impl Journal for FailsAt {
    fn load(&mut self) -> Result<Replay, JournalError> {
        self.0.load()
    }

    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        if records.iter().any(self.1) {
            return Err(JournalError::other("the connection is closed", records));
        }
        self.0.store(records)
    }
}

scenario! {
    fn without_its_intent_nothing_is_sent() {
        let server = start(Config::instant());
        let journal = FailsAt(MemoryJournal::default(), |record| matches!(record, Record::Intent(_)));
        let batch = client(&server).batch(photos(3)).journal(journal, Replay::default());
        let (ends, error) = ends!(batch);
        assert!(ends.iter().all(|end| matches!(end, Err(Error::Stopped(_)))), "{ends:?}");
        assert_eq!(server.account().requests(Kind::Upload), 0);
        assert!(error.unwrap().contains("the connection is closed"));
    }
}

scenario! {
    fn a_dispatcher_says_why_its_journal_cannot_be_written() {
        let server = start(Config::instant());
        let journal = FailsAt(MemoryJournal::default(), |record| matches!(record, Record::Intent(_)));
        let builder = client(&server).dispatcher().policy(hasty());
        let dispatcher = builder.journal(journal, Replay::default()).start();
        assert_eq!(dispatcher.journal_error(), None);
        let handle = go!(dispatcher.submit(photo())).unwrap();
        assert!(matches!(go!(handle.wait()), Err(Error::Stopped(_))));
        assert!(dispatcher.journal_error().unwrap().contains("the connection is closed"));
    }
}

scenario! {
    fn what_is_paid_for_and_not_stored_is_named_and_fetched() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let failing = |record: &Record| matches!(record, Record::Accepted(_));
        let journal = FailsAt(MemoryJournal::default(), failing);
        let batch = client(&server).batch(into(folder.path(), photos(1)));
        let (ends, error) = ends!(batch.journal(journal, Replay::default()));
        assert!(ends[0].is_ok(), "{ends:?}");
        let id = only_job(&server).id.to_string();
        assert!(error.unwrap().ends_with(&format!("not in it: {id}")));
    }
}
