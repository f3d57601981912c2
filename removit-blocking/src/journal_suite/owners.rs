//! Two owners: one at a time, or each photo one owner's.

use std::thread;

use removit_proto::journal::{Intent, Need, Question, Replay};

use super::lines::{accepted, attempt, intent, job_id, key, not_sent, planned};
use super::{Rule, Subject, Verdict, load, need, open, same, store, told};
use crate::Journal;

pub(super) fn rules<S: Subject>() -> [Rule<S>; 7] {
    [
        Rule { name: "the next owner comes when the first has ended", judge: one_after_another },
        Rule { name: "of two owners one has an intent", judge: one_has_it },
        Rule { name: "an intent of an owner that died is still there", judge: of_the_dead },
        Rule { name: "a taken intent leaves the other one's as it is", judge: untouched },
        Rule { name: "what is stored beside a taken intent is there", judge: beside },
        Rule { name: "who knows of an attempt may make the next", judge: the_next },
        Rule { name: "owners that race share the photos among them", judge: race },
    ]
}

type Pair<S> = (<S as Subject>::Journal, <S as Subject>::Journal);

/// Two owners at a time; `None` where the journal has but one.
fn two<S: Subject>(subject: &mut S) -> Result<Option<Pair<S>>, String> {
    let one = open(subject)?;
    Ok(subject.open().ok().map(|other| (one, other)))
}

fn one_after_another<S: Subject>(subject: &mut S) -> Verdict {
    let first = open(subject)?;
    let second = subject.open();
    drop(second);
    drop(first);
    for _ in 0..3 {
        drop(open(subject)?);
    }
    Ok(())
}

fn is_taken(journal: &mut impl Journal, number: u16, of: u32) -> Verdict {
    let taken = told("storing", journal.store(&[intent(number, of)]))?.taken;
    same("the intents that are said to be taken", &taken, &vec![attempt(number, of)])
}

fn is_ambiguous(replay: &Replay, number: u16) -> Verdict {
    let expected = format!("{:?}", Need::Operator(Question::Ambiguous));
    same("what the photo needs", &need(replay, &key(number)), &expected)
}

fn one_has_it<S: Subject>(subject: &mut S) -> Verdict {
    let Some((mut one, mut other)) = two(subject)? else { return Ok(()) };
    load(&mut one)?;
    load(&mut other)?;
    store(&mut one, &[intent(1, 1)])?;
    is_taken(&mut other, 1, 1)?;
    store(&mut other, &[intent(2, 1)])?;
    is_taken(&mut one, 2, 1)
}

fn of_the_dead<S: Subject>(subject: &mut S) -> Verdict {
    let Some((mut one, mut other)) = two(subject)? else { return Ok(()) };
    load(&mut other)?;
    store(&mut one, &[intent(1, 1)])?;
    drop(one);
    is_taken(&mut other, 1, 1)?;
    is_ambiguous(&load(&mut other)?, 1)
}

fn untouched<S: Subject>(subject: &mut S) -> Verdict {
    let Some((mut one, mut other)) = two(subject)? else { return Ok(()) };
    let Some(id) = job_id() else { return Err("no id to store".to_owned()) };
    store(&mut one, &[intent(1, 1)])?;
    is_taken(&mut other, 1, 1)?;
    let replay = load(&mut other)?;
    let possible = replay.entry(&key(1)).map(removit_proto::journal::Entry::possible_jobs);
    same("how many jobs there may be", &possible, &Some(1))?;
    store(&mut one, &[accepted(1, 1, &id)])?;
    let expected = format!("{:?}", Need::Poll(&id));
    same("what the photo needs", &need(&load(&mut other)?, &key(1)), &expected)
}

fn beside<S: Subject>(subject: &mut S) -> Verdict {
    let Some((mut one, mut other)) = two(subject)? else { return Ok(()) };
    store(&mut one, &[intent(1, 1)])?;
    let records = [planned(2), intent(2, 1), intent(1, 1), intent(3, 1)];
    let taken: Vec<Intent> = told("storing", other.store(&records))?.taken;
    same("the intents that are said to be taken", &taken, &vec![attempt(1, 1)])?;
    drop((one, other));
    let replay = load(&mut open(subject)?)?;
    (1..=3).try_for_each(|number| is_ambiguous(&replay, number))?;
    let places = replay.entry(&key(2)).map(|entry| entry.places().len());
    same("how often the second photo is planned", &places, &Some(1))
}

fn the_next<S: Subject>(subject: &mut S) -> Verdict {
    let Some((mut one, mut other)) = two(subject)? else { return Ok(()) };
    store(&mut one, &[intent(1, 1), not_sent(1, 1)])?;
    let next = load(&mut other)?.next_attempt(&key(1));
    same("the number of the next attempt", &next, &2)?;
    store(&mut other, &[intent(1, 2)])?;
    // The first one does not know of that.
    is_taken(&mut one, 1, 2)?;
    store(&mut other, &[not_sent(1, 2), intent(1, 3)])
}

fn race<S: Subject>(subject: &mut S) -> Verdict {
    const PHOTOS: u16 = 40;
    let Some((one, other)) = two(subject)? else { return Ok(()) };
    let mut owners = vec![one, other];
    owners.extend((0..2).filter_map(|_| subject.open().ok()));
    let won: Vec<Result<Vec<u16>, String>> = thread::scope(|scope| {
        let threads: Vec<_> =
            owners.iter_mut().map(|owner| scope.spawn(|| try_all(owner, PHOTOS))).collect();
        let panicked = || Err("a thread panicked".to_owned());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked())).collect()
    });
    let mut all = Vec::new();
    for won in won {
        all.extend(won?);
    }
    all.sort_unstable();
    same("which photos have an owner", &all, &(0..PHOTOS).collect())
}

/// The photos whose intents this owner got.
fn try_all(journal: &mut impl Journal, photos: u16) -> Result<Vec<u16>, String> {
    let mut won = Vec::new();
    for number in 0..photos {
        if told("storing", journal.store(&[intent(number, 1)]))?.taken.is_empty() {
            won.push(number);
        }
    }
    Ok(won)
}
