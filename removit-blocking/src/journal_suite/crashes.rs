//! What an owner leaves that ends between a record and the next.

use removit_proto::journal::{Need, Question};

use super::lines::{accepted, attempt, intent, job_id, key, not_sent, planned};
use super::records::sum;
use super::{Rule, Subject, Verdict, load, need, open, same, store};

pub(super) fn rules<S: Subject>() -> [Rule<S>; 5] {
    [
        Rule { name: "an intent outlives its owner", judge: intent_outlives },
        Rule { name: "an acceptance outlives its owner", judge: acceptance_outlives },
        Rule { name: "what is stored with a vital record outlives its owner", judge: together },
        Rule { name: "the next owner counts its attempts on", judge: attempts_go_on },
        Rule { name: "after a torn record the journal goes on", judge: torn },
    ]
}

/// A crash between the intent and its answer.
fn intent_outlives<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    store(&mut journal, &[intent(1, 1)])?;
    drop(journal);
    let replay = load(&mut open(subject)?)?;
    let expected = format!("{:?}", Need::Operator(Question::Ambiguous));
    same("what the photo needs, which may have been sent", &need(&replay, &key(1)), &expected)
}

fn acceptance_outlives<S: Subject>(subject: &mut S) -> Verdict {
    let Some(id) = job_id() else { return Err("no id to store".to_owned()) };
    let mut journal = open(subject)?;
    store(&mut journal, &[intent(1, 1)])?;
    store(&mut journal, &[accepted(1, 1, &id)])?;
    drop(journal);
    let replay = load(&mut open(subject)?)?;
    let expected = format!("{:?}", Need::Poll(&id));
    same("what the photo needs, which is paid for", &need(&replay, &key(1)), &expected)
}

fn together<S: Subject>(subject: &mut S) -> Verdict {
    let records = [planned(1), planned(2), intent(2, 1), planned(3), not_sent(2, 1), intent(1, 1)];
    let mut journal = open(subject)?;
    store(&mut journal, &records)?;
    drop(journal);
    same("its inputs", &load(&mut open(subject)?)?.entries().to_vec(), &sum(&records))
}

fn attempts_go_on<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    store(&mut journal, &[intent(1, 1), not_sent(1, 1), intent(1, 2), not_sent(1, 2)])?;
    drop(journal);
    let mut journal = open(subject)?;
    let next = load(&mut journal)?.next_attempt(&key(1));
    same("the number of the next attempt", &next, &3)?;
    store(&mut journal, &[intent(1, next)])?;
    let found = load(&mut journal)?.next_attempt(&key(1));
    same("the number of the one after it", &found, &4)
}

fn torn<S: Subject>(subject: &mut S) -> Verdict {
    let mut journal = open(subject)?;
    let before = [planned(1), intent(1, 1)];
    store(&mut journal, &before)?;
    drop(journal);
    if !subject.tear() {
        return Ok(());
    }
    let mut journal = open(subject)?;
    same("its inputs after that", &load(&mut journal)?.entries().to_vec(), &sum(&before))?;
    let further = [not_sent(1, 1), intent(1, 2), intent(3, 1)];
    store(&mut journal, &further)?;
    drop(journal);
    let all = [before.as_slice(), further.as_slice()].concat();
    let found = load(&mut open(subject)?)?;
    same("its inputs later", &found.entries().to_vec(), &sum(&all))?;
    same("the next attempt", &found.next_attempt(&key(3)), &attempt(3, 2).attempt)
}
