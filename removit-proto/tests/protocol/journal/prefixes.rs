//! Whatever is left of a journal, nothing is paid for twice by it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use removit_proto::InputKey;
use removit_proto::journal::{Journal, Need, Reader, Record, Stage, encode};
use serde_json::Value;

use removit_proto::strategies::journal_record;

use super::records::header;

/// The part of the story between two crashes: some records, and how much of the
/// last one is left.
type Run = (Vec<Record>, prop::sample::Index);

fn read(bytes: &[u8]) -> Journal {
    let mut reader = Reader::new();
    reader.feed(bytes);
    reader.finish().unwrap()
}

/// What is in the file after several processes that each died while writing.
fn written(runs: &[Run]) -> Vec<u8> {
    let mut bytes = encode(&header()).into_bytes();
    for (records, cut) in runs {
        bytes.extend(read(&bytes).tail.repair());
        let lines: Vec<_> = records.iter().map(encode).collect();
        bytes.extend(lines.concat().as_bytes());
        let last = lines.last().map_or(0, String::len);
        bytes.truncate(bytes.len() - cut.index(last + 1));
    }
    bytes
}

/// What may have been sent without proof that nothing came of it, read from the
/// text by another way than the journal's own.
fn unproven(bytes: &[u8]) -> BTreeMap<String, Vec<u64>> {
    let mut unproven: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b" <torn>").unwrap_or(line);
        let Ok(Value::Object(record)) = serde_json::from_slice(line) else { continue };
        let Some(attempt) = record.get("attempt").and_then(Value::as_u64) else { continue };
        let open = unproven.entry(record["key"].as_str().unwrap().to_owned()).or_default();
        let is_settled = record["kind"] == "accepted"
            || record.get("outcome").is_some_and(|word| word == "rejected" || word == "not_sent");
        if is_settled {
            if let Some(at) = open.iter().position(|number| *number == attempt) {
                open.remove(at);
            }
        } else if record["kind"] == "intent" || !open.contains(&attempt) {
            open.push(attempt);
        }
    }
    unproven
}

fn has_job(bytes: &[u8], key: &str) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| {
        let record: Value = serde_json::from_str(line).unwrap_or_default();
        record["key"] == key && record.get("job_id").is_some()
    })
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let journal = read(bytes);
    prop_assert!(journal.check().is_ok(), "a crash is no damage: {:?}", journal.broken);
    for (key, open) in unproven(bytes) {
        let known: InputKey = key.parse().unwrap();
        let need = journal.replay.need(&known);
        if !open.is_empty() || has_job(bytes, &key) {
            prop_assert!(need != Need::Send, "{key} would be paid for twice");
        }
        if has_job(bytes, &key) && matches!(need, Need::Operator(_)) {
            let stage = journal.replay.entry(&known).unwrap().stage();
            let ended = journal.replay.entry(&known).unwrap().job().unwrap().ended();
            prop_assert!(ended.is_some(), "{key} is paid for and not fetched: {stage:?}");
        }
    }
    Ok(())
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let records = prop::collection::vec(journal_record(), 0..8);
    prop::collection::vec((records, any::<prop::sample::Index>()), 1..4)
}

proptest! {
    // Each case reads a journal once for each of its bytes.
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn every_prefix_is_safe(runs in runs()) {
        let bytes = written(&runs);
        for cut in 0..=bytes.len() {
            check(&bytes[..cut])?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_does_not_matter_in_which_pieces_a_journal_is_read(
        runs in runs(), sizes in prop::collection::vec(1_usize..50, 1..5),
    ) {
        let bytes = written(&runs);
        let mut reader = Reader::new();
        let (mut rest, mut sizes) = (&*bytes, sizes.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            reader.feed(piece);
            rest = after;
        }
        let (pieces, whole) = (reader.finish().unwrap(), read(&bytes));
        prop_assert_eq!(pieces.replay, whole.replay);
        prop_assert_eq!((pieces.tail, pieces.torn), (whole.tail, whole.torn));
    }

    #[test]
    fn each_input_is_counted_at_one_stage(runs in runs()) {
        let replay = read(&written(&runs)).replay;
        let counts = replay.counts();
        let stages = [
            Stage::Planned, Stage::NotAccepted, Stage::Open, Stage::Ambiguous, Stage::Accepted,
            Stage::Failed, Stage::Done, Stage::Saved,
        ];
        let counted: u64 = stages.iter().map(|stage| counts.at(*stage)).sum();
        prop_assert_eq!(counted, replay.entries().len() as u64);
        prop_assert_eq!(counts.total(), counted);
    }
}
