//! The file cut at every byte, as crashes and full disks do it, and opened again.

use removit_blocking::JournalFile;
use removit_blocking::proto::journal::{Need, Question};

use super::records::{Folder, accepted, intent, key, opened};

#[test]
fn a_journal_that_was_cut_at_any_byte_goes_on() {
    let folder = Folder::new();
    let (mut journal, _) = opened(&folder.journal());
    journal.append(&intent(1)).unwrap();
    journal.append(&accepted(1, "job-1")).unwrap();
    journal.append(&intent(2)).unwrap();
    drop(journal);
    let whole = std::fs::read(folder.journal()).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    // What a process had to store before it could send is there without its line feed.
    let ends: Vec<_> = text.match_indices('\n').map(|(at, _)| at).collect();
    let (intent_1, intent_2) = (ends[2], ends[4]);

    for cut in 0..=whole.len() {
        let path = folder.with(&whole[..cut]);
        let (mut journal, replay) = opened(&path);
        let may_be_sent = |number| replay.need(&key(number)) == Need::Send;
        assert_eq!(may_be_sent(1), cut < intent_1, "cut at {cut}");
        assert_eq!(may_be_sent(2), cut < intent_2, "cut at {cut}");

        journal.append(&intent(3)).unwrap();
        drop(journal);
        let after = std::fs::read(&path).unwrap();
        assert!(after.starts_with(&whole[..cut]), "nothing that was there is changed");
        let again = JournalFile::read(&path).unwrap();
        assert!(again.check().is_ok(), "cut at {cut}: {:?}", again.broken);
        assert_eq!(again.replay.need(&key(1)), replay.need(&key(1)), "cut at {cut}");
        assert_eq!(again.replay.need(&key(3)), Need::Operator(Question::Ambiguous));
    }
}

#[test]
fn a_crash_while_a_torn_line_is_closed_is_survived_too() {
    let folder = Folder::new();
    drop(opened(&folder.journal()));
    let mut torn = std::fs::read(folder.journal()).unwrap();
    torn.extend_from_slice(b"{\"kind\":\"intent\",\"key\":\"");
    drop(opened(&folder.with(&torn)));
    let closed = std::fs::read(folder.journal()).unwrap();
    for cut in torn.len()..=closed.len() {
        let (_, replay) = opened(&folder.with(&closed[..cut]));
        assert!(replay.header().is_some(), "cut at {cut}");
        let journal = JournalFile::read(folder.journal()).unwrap();
        assert!(journal.check().is_ok(), "cut at {cut}: {:?}", journal.broken);
        assert_eq!(journal.torn[0].line, 3);
    }
}
