//! What is stored comes back, as it was and in its order.

use removit_proto::journal::{Entry, Record, Replay};

use super::lines::{KINDS, intent, of_each_kind, planned};
use super::{Rule, Subject, Verdict, load, open, same, store};

pub(super) fn rules<S: Subject>() -> [Rule<S>; 5] {
    [
        Rule { name: "a new journal knows of no input", judge: new_is_empty },
        Rule { name: "every kind of record comes back as it was stored", judge: each_kind },
        Rule { name: "an owner loads what it stored itself", judge: own_records },
        Rule { name: "storing nothing changes nothing", judge: nothing },
        Rule { name: "many records come back in their order", judge: many },
    ]
}

/// What records add up to.
pub(super) fn sum(records: &[Record]) -> Vec<Entry> {
    let mut replay = Replay::default();
    records.iter().cloned().for_each(|record| replay.apply(record));
    replay.entries().to_vec()
}

fn new_is_empty<S: Subject>(subject: &mut S) -> Verdict {
    same("its inputs", &load(&mut open(subject)?)?.entries().to_vec(), &Vec::new())
}

fn each_kind<S: Subject>(subject: &mut S) -> Verdict {
    let records = of_each_kind(1);
    same("the records of the suite itself", &records.len(), &KINDS)?;
    // Each prefix, so that no later record hides what became of an earlier one.
    let mut journal = open(subject)?;
    for (count, record) in (1..).zip(&records) {
        store(&mut journal, std::slice::from_ref(record))?;
        drop(journal);
        journal = open(subject)?;
        let expected = sum(records.get(..count).unwrap_or_default());
        same("after this record", &load(&mut journal)?.entries().to_vec(), &expected)?;
    }
    Ok(())
}

fn own_records<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    let records = [planned(1), intent(1, 1)];
    store(&mut journal, &records)?;
    same("what it loads", &load(&mut journal)?.entries().to_vec(), &sum(&records))?;
    let further = [planned(2), intent(2, 1)];
    store(&mut journal, &further)?;
    let all = [records, further].concat();
    same("what it loads later", &load(&mut journal)?.entries().to_vec(), &sum(&all))
}

fn nothing<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    store(&mut journal, &[])?;
    store(&mut journal, &[intent(1, 1)])?;
    store(&mut journal, &[])?;
    drop(journal);
    let found = load(&mut open(subject)?)?.entries().to_vec();
    same("its inputs", &found, &sum(&[intent(1, 1)]))
}

fn many<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    let records: Vec<_> = (0..200).flat_map(of_each_kind).collect();
    for some in records.chunks(97) {
        store(&mut journal, some)?;
    }
    drop(journal);
    let (found, expected) = (load(&mut open(subject)?)?.entries().to_vec(), sum(&records));
    same("how many inputs it knows", &found.len(), &expected.len())?;
    match found.iter().zip(&expected).find(|(found, expected)| found != expected) {
        Some((found, expected)) => same("one of them", found, expected),
        None => Ok(()),
    }
}
