//! What a crash leaves behind, and what damage looks like.

use removit_proto::journal::{Journal, Need, Question, ReadError, Reader, Tail, UploadOutcome};

use super::records::{accepted, header, intent, job_id, key, lines, not_accepted};

fn read(bytes: &[u8]) -> Result<Journal, ReadError> {
    let mut reader = Reader::new();
    reader.feed(bytes);
    reader.finish()
}

fn torn(journal: &Journal) -> Vec<(u64, bool)> {
    journal.torn.iter().map(|torn| (torn.line, torn.salvaged)).collect()
}

#[test]
fn an_empty_file_is_a_journal_that_has_not_begun() {
    let journal = read(b"").unwrap();
    assert!(journal.replay.header().is_none() && journal.tail == Tail::Whole);
}

#[test]
fn a_torn_end_is_reported_and_stays_torn_when_it_is_closed() {
    let mut bytes = lines(&[header(), intent(1, 1)]);
    let whole = bytes.len();
    bytes.extend(&lines(&[intent(2, 1)])[..40]);
    let journal = read(&bytes).unwrap();
    assert_eq!((journal.tail, torn(&journal)), (Tail::Torn, vec![(3, false)]));
    assert_eq!(journal.replay.need(&key(2)), Need::Send, "it was not stored, so nothing was sent");

    bytes.extend(Tail::Torn.repair());
    bytes.extend(lines(&[intent(3, 1)]));
    let journal = read(&bytes).unwrap();
    assert_eq!((journal.tail, torn(&journal)), (Tail::Whole, vec![(3, false)]));
    assert!(journal.check().is_ok());
    assert_eq!(journal.replay.need(&key(3)), Need::Operator(Question::Ambiguous));
    assert!(bytes.len() > whole + 40, "the torn bytes are still there");
}

#[test]
fn a_record_that_only_lacks_its_line_feed_counts() {
    let mut bytes = lines(&[header(), accepted(1, 1, "j")]);
    bytes.pop();
    for repair in [Tail::Unterminated.repair(), Tail::Torn.repair()] {
        let journal = read(&bytes).unwrap();
        assert_eq!((journal.tail, torn(&journal)), (Tail::Unterminated, vec![]));
        let closed = [&*bytes, repair, &*lines(&[intent(2, 1)])].concat();
        let journal = read(&closed).unwrap();
        assert_eq!((journal.tail, torn(&journal)), (Tail::Whole, vec![]));
        assert_eq!(journal.replay.need(&key(1)), Need::Poll(&job_id("j")));
    }
}

#[test]
fn a_whole_id_in_a_torn_line_counts() {
    let line = lines(&[accepted(1, 1, "job-\"7\"")]);
    let id_ends = line.windows(5).position(|window| window == b",\"at\"").unwrap();
    let before = lines(&[header(), intent(1, 1)]);
    for cut in 1..line.len() - 1 {
        for end in [&b""[..], b" <torn>\n"] {
            let journal = read(&[&*before, &line[..cut], end].concat()).unwrap();
            let found = cut >= id_ends;
            let id = job_id("job-\"7\"");
            let need = if found { Need::Poll(&id) } else { Need::Operator(Question::Ambiguous) };
            assert_eq!(torn(&journal), [(3, found)], "cut at {cut}");
            assert_eq!(journal.replay.need(&key(1)), need, "cut at {cut}");
            assert_eq!(journal.replay.counts().possible_jobs(), u64::from(!found));
        }
    }
}

#[test]
fn the_rest_of_a_torn_line_of_another_kind_says_nothing() {
    let mut rest = lines(&[not_accepted(1, 1, UploadOutcome::NotSent)]);
    rest.truncate(rest.len() - 2);
    let journal = read(&[lines(&[header(), intent(1, 1)]), rest].concat()).unwrap();
    assert_eq!(journal.replay.need(&key(1)), Need::Operator(Question::Ambiguous));
}

#[test]
fn a_damaged_line_is_named_and_the_others_are_kept() {
    for damage in ["x", "{\"kind\":\"intent\"}", "\0\0\0", "{\"kind\":\"int"] {
        let before = lines(&[header(), accepted(1, 1, "j")]);
        let after = lines(&[accepted(2, 1, "k")]);
        let journal = read(&[&*before, damage.as_bytes(), b"\n", &*after].concat()).unwrap();
        let broken = journal.check().unwrap_err();
        assert_eq!(broken.line, 3, "{damage}");
        assert!(broken.to_string().starts_with("line 3 is damaged: it is not a record"));
        assert_eq!(journal.replay.need(&key(1)), Need::Poll(&job_id("j")));
        assert_eq!(journal.replay.need(&key(2)), Need::Poll(&job_id("k")));
    }
}

#[test]
fn a_damaged_last_line_is_no_torn_one_where_its_line_feed_is_there() {
    let journal = read(&[&*lines(&[header()]), b"{\"kind\":\"int\n"].concat()).unwrap();
    assert_eq!((journal.tail, journal.broken.len()), (Tail::Whole, 1));
}

#[test]
fn an_empty_line_of_an_editors_is_no_damage() {
    let bytes = [lines(&[header()]), b"\n\n".to_vec(), lines(&[intent(1, 1)])].concat();
    assert!(read(&bytes).unwrap().check().is_ok());
}

#[test]
fn another_file_is_never_taken_for_a_journal() {
    let intent_first = lines(&[intent(1, 1), header()]);
    let later_kind = b"{\"kind\":\"news\"}\n";
    for bytes in [
        &b"\n"[..],
        b"x",
        b" <torn>\n",
        b"{}",
        b"{}\n",
        b"\x89PNG\r\n\x1a\n",
        b"\0",
        b"a,b\n1,2\n",
        b"{\"kind\":\"opened\"",
        later_kind,
        &intent_first,
    ] {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(read(bytes).unwrap_err(), ReadError::NotAJournal, "{text}");
    }
}

#[test]
fn a_torn_header_is_followed_by_another() {
    let line = lines(&[header()]);
    for cut in 1..line.len() - 1 {
        let torn_header = &line[..cut];
        let journal = read(torn_header).unwrap();
        assert!(journal.replay.header().is_none() && journal.tail == Tail::Torn, "cut at {cut}");
        let closed = [torn_header, journal.tail.repair(), &line].concat();
        assert!(read(&closed).unwrap().replay.header().is_some(), "cut at {cut}");
    }
}

#[test]
fn a_journal_of_another_version_is_refused_wherever_that_shows() {
    let later =
        String::from_utf8(lines(&[header()])).unwrap().replace("\"version\":1", "\"version\":2");
    let error = ReadError::Version { found: 2 };
    assert_eq!(read(later.as_bytes()).unwrap_err(), error);
    assert_eq!(read(&[&*lines(&[header()]), later.as_bytes()].concat()).unwrap_err(), error);
    assert!(error.to_string().contains("version 2"), "{error}");
}
