//! Bytes that nobody would write on purpose, or only on purpose.

use proptest::prelude::*;
use removit_proto::InputKey;
use removit_proto::journal::{LINE_LIMIT, Need, Reader, Tail, decode};

use removit_proto::strategies::journal_record;

use super::records::{header, lines};

/// Whether the bytes were read to their end without a panic is the test; what
/// was found in them is returned for more.
fn survives(bytes: &[u8]) -> Option<removit_proto::journal::Journal> {
    let mut reader = Reader::new();
    bytes.chunks(7).for_each(|piece| reader.feed(piece));
    reader.finish().ok()
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes).is_err(), "random bytes are no record");
        let after_a_header = [lines(&[header()]), bytes].concat();
        prop_assert!(survives(&after_a_header).is_some());
    }

    /// One byte of a journal changed: the line is found damaged, or says the
    /// same or something else; no other line is lost.
    #[test]
    fn a_changed_byte_costs_one_line_at_most(
        records in prop::collection::vec(journal_record(), 1..6),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let head = lines(&[header()]);
        let mut bytes = [head.clone(), lines(&records)].concat();
        let at = head.len() + at.index(bytes.len() - head.len());
        // A line feed makes two lines of one.
        prop_assume!(byte != b'\n' && bytes[at] != b'\n');
        let before = survives(&bytes).unwrap();
        bytes[at] = byte;
        let after = survives(&bytes).unwrap();
        prop_assert!(after.broken.len() <= 1);
        let changed = before.replay.entries().iter().filter(|entry| {
            after.replay.entry(entry.key()) != Some(*entry)
        });
        prop_assert!(changed.count() <= 1, "the line's own input alone may look different");
    }
}

#[test]
fn deep_nesting_and_huge_numbers_are_refused() {
    for line in [
        format!(r#"{{"kind":"intent","new":{}}}"#, "[".repeat(100_000)),
        r#"{"kind":"intent","attempt":1e999}"#.to_owned(),
        r#"{"kind":"intent","attempt":99999999999999999999}"#.to_owned(),
        r#"{"kind":"intent","kind":"accepted"}"#.to_owned(),
        format!(r#"{{"kind":"{}"#, "x".repeat(100_000)),
    ] {
        assert!(decode(line.as_bytes()).is_err());
    }
}

#[test]
fn a_line_without_end_is_not_kept() {
    let mut reader = Reader::new();
    reader.feed(&lines(&[header()]));
    let piece = vec![b'x'; 1024 * 1024];
    for _ in 0..2 * LINE_LIMIT / piece.len() {
        reader.feed(&piece);
    }
    reader.feed(b"\n");
    reader.feed(&lines(&[super::records::accepted(1, 1, "j")]));
    let journal = reader.finish().unwrap();
    assert_eq!(journal.broken.len(), 1);
    let key: InputKey = "01".repeat(32).parse().unwrap();
    assert!(matches!(journal.replay.need(&key), Need::Poll(_)));
}

#[test]
fn a_line_of_the_longest_length_is_read_in_whichever_pieces() {
    let good = lines(&[super::records::intent(1, 1)]);
    let mut longest = good.strip_suffix(b"\n").unwrap().to_vec();
    longest.resize(LINE_LIMIT, b' ');
    for pieces in [1, 2, 3] {
        for (more, is_read) in [(0, true), (1, false)] {
            let mut reader = Reader::new();
            reader.feed(&lines(&[header()]));
            let line = [&longest[..], &vec![b' '; more]].concat();
            for piece in line.chunks(line.len().div_ceil(pieces)) {
                reader.feed(piece);
            }
            reader.feed(b"\n");
            reader.feed(&lines(&[super::records::intent(2, 1)]));
            let journal = reader.finish().unwrap();
            assert_eq!(journal.broken.is_empty(), is_read, "{pieces} pieces, {more} more");
            let entries = journal.replay.entries().len();
            assert_eq!(entries, 1 + usize::from(is_read), "the next line is read all the same");
        }
    }
}

#[test]
fn the_end_of_a_line_that_is_too_long_is_no_line_of_its_own() {
    let mut reader = Reader::new();
    reader.feed(&lines(&[header()]));
    reader.feed(&vec![b' '; LINE_LIMIT + 1]);
    // Marked as torn, of which the job's id would be taken.
    let accepted = lines(&[super::records::accepted(1, 1, "j")]);
    reader.feed(&[accepted.strip_suffix(b"\n").unwrap(), Tail::Torn.repair()].concat());
    let journal = reader.finish().unwrap();
    assert_eq!((journal.broken.len(), journal.replay.entries().len()), (1, 0));
}
