//! One record, one line.

use proptest::prelude::*;
use removit_proto::journal::{DecodeError, Record, decode, encode};

use removit_proto::strategies::{journal_header, journal_record};

use super::records::{header, intent};

proptest! {
    #[test]
    fn a_record_is_one_line_and_comes_back_as_it_was(
        record in prop_oneof![journal_record(), journal_header().prop_map(Record::Header)],
    ) {
        let line = encode(&record);
        let text = line.strip_suffix('\n').unwrap();
        prop_assert!(!text.contains(['\n', '\r']), "{text}");
        let record = Ok(Some(record));
        prop_assert_eq!(&decode(line.as_bytes()), &record);
        prop_assert_eq!(&decode(text.as_bytes()), &record);
    }

    #[test]
    fn a_part_of_a_line_is_no_record(record in journal_record(), cut in any::<prop::sample::Index>()) {
        let line = encode(&record);
        let whole = line.trim_end().as_bytes();
        let part = &whole[..cut.index(whole.len())];
        prop_assert!(decode(part).is_err(), "{}", String::from_utf8_lossy(part));
    }

    #[test]
    fn unknown_fields_of_a_later_version_are_ignored(record in journal_record()) {
        let line = encode(&record);
        let longer = line.trim_end().strip_suffix('}').unwrap().to_owned()
            + r#","new":{"kind":[1,null,"x"]},"version":"soon"}"#;
        prop_assert_eq!(decode(longer.as_bytes()).unwrap(), Some(record));
    }
}

/// The file is a promise: journals of today are read by every later version 1.
#[test]
fn each_kind_is_written_as_the_stored_journal_has_it() {
    let stored = include_str!("../../vectors/journal-1.jsonl");
    let mut kinds = std::collections::BTreeSet::new();
    for line in stored.split_inclusive('\n') {
        let record = decode(line.as_bytes()).unwrap().unwrap();
        assert_eq!(encode(&record), line);
        kinds.insert(line.split('"').nth(3).unwrap());
    }
    let all = [
        "accepted",
        "ended",
        "header",
        "intent",
        "not_accepted",
        "opened",
        "planned",
        "saved",
        "status",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn a_kind_of_a_later_version_is_passed_over() {
    for line in [r#"{"kind":"paused","version":7}"#, r#"{"kind":"","key":[]}"#] {
        assert_eq!(decode(line.as_bytes()), Ok(None), "{line}");
    }
}

#[test]
fn another_version_is_refused_whatever_else_its_header_says() {
    for found in [0, 2, u32::MAX] {
        let line = format!(r#"{{"kind":"header","format":"x","version":{found},"at":7}}"#);
        assert_eq!(decode(line.as_bytes()), Err(DecodeError::Version { found }));
    }
    let later = encode(&header()).replace(r#""minor":0"#, r#""minor":9,"more":true"#);
    assert!(matches!(decode(later.as_bytes()), Ok(Some(Record::Header(_)))));
}

#[test]
fn a_line_that_is_no_record_says_what_is_wrong_with_it() {
    let good = encode(&intent(1, 1));
    for (line, expected) in [
        ("", "it is not a record: column 0 is not as JSON has it"),
        ("{}", "it is not a record: column 2 is not as JSON has it"),
        (&*good.replace("01", "0x"), "it is not a record of kind intent: not a SHA-256"),
        (&*good.replace(":1}", ":-1}"), "it is not a record of kind intent: invalid value"),
        (&*good.replace(r#""attempt""#, r#""other""#), "kind intent: missing field `attempt`"),
        (&*good.repeat(2).replace('\n', ""), "is not as JSON has it"),
    ] {
        let error = decode(line.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn a_line_longer_than_the_limit_is_refused() {
    let limit = 4 << 20;
    assert_eq!(decode(&vec![b' '; limit + 1]), Err(DecodeError::TooLong));
    assert!(matches!(decode(&vec![b' '; limit]), Err(DecodeError::NotJson { .. })));
}
