//! Results that lie in another folder already are copied from there, not fetched again.
//!
//! No server is asked. What cannot be copied is fetched, as if it were nowhere.

use std::path::PathBuf;

use removit_blocking::files::Placing;
use removit_blocking::files::whole_file;
use removit_tokio::proto::InputKey;
use removit_tokio::proto::journal::{Job, JournalPath, Place, Record, Saved, WallTime};
use removit_tokio::{Clock, Destination};

use super::book::Book;
use super::item::{Item, Next};
use crate::exit::Exit;
use crate::ledger::Elsewhere;
use crate::refused::Refused;
use crate::signals::Signals;

/// How many inputs have their results copied before the journal is told.
const AT_ONCE: usize = 64;

/// What is to be copied for one input.
struct Copying {
    key: InputKey,
    /// Which of the key's places it is for.
    place: u32,
    destination: Destination,
    /// Whether the job has one result.
    is_only: bool,
    results: Vec<(Option<String>, PathBuf)>,
}

/// Copies the results that the journals know of to the places where they are wanted.
pub(crate) async fn copy_what_lies(
    items: &[Item],
    book: Option<&mut Book>,
    elsewhere: &Elsewhere,
    signals: &mut Signals,
) -> Result<(), Refused> {
    let Some(book) = book else { return Ok(()) };
    let fetched = items.iter().filter(|item| item.next == Next::Fetch);
    let mut copied: Vec<_> =
        fetched.filter_map(|item| Copying::of(item, book, elsewhere)).collect();
    while !copied.is_empty() {
        let rest = copied.split_off(copied.len().min(AT_ONCE));
        let now = Clock::start().wall_time();
        let copies = std::mem::replace(&mut copied, rest);
        let work = tokio::task::spawn_blocking(move || {
            copies.into_iter().flat_map(|one| one.carry_out(now)).collect::<Vec<_>>()
        });
        match signals.unless_asked(work).await {
            // One that panicked copied nothing: it is fetched.
            Some(records) => book.write(records.unwrap_or_default())?,
            None => {
                let message = "interrupted before anything was sent".to_owned();
                return Err(Refused { exit: Exit::Interrupted, message });
            }
        }
    }
    Ok(())
}

impl Copying {
    /// `None` where nothing is wanted that lies anywhere.
    fn of(item: &Item, book: &Book, elsewhere: &Elsewhere) -> Option<Self> {
        let key = item.key?;
        let input = item.input.as_ref().ok()?;
        let destination = input.destination()?.clone();
        let entry = book.replay.entry(&key)?;
        let planned = input.planned(Clock::start().wall_time(), None);
        let journaled = destination.journaled();
        let is_it = |place: &Place| {
            place.destination() == Some(&journaled)
                && planned.as_ref().is_none_or(|planned| *place.input() == planned.input)
        };
        let place = u32::try_from(entry.places().iter().position(is_it)?).ok()?;
        let results = entry.job().and_then(Job::ended).map(|ended| &ended.results)?;
        let others = elsewhere.saved(&key);
        let lying = |variation: &Option<String>| {
            let is_it = |saved: &&Saved| saved.variation == *variation;
            let here = entry.saved().iter().filter(is_it);
            if here.clone().any(|saved| saved.place == place && whole_file(saved).is_some()) {
                return None;
            }
            let path = here.chain(others.iter().filter(is_it)).find_map(whole_file)?;
            Some((variation.clone(), path))
        };
        let found: Vec<_> = results.iter().filter_map(lying).collect();
        let is_only = results.len() == 1;
        (!found.is_empty()).then_some(Self { key, place, destination, is_only, results: found })
    }

    /// Copies, and gives the records of what is there now.
    fn carry_out(self, now: WallTime) -> Vec<Record> {
        let Ok(mut placing) = Placing::open(&self.destination) else { return Vec::new() };
        let copies = self.results.iter().filter_map(|(variation, from)| {
            let (path, len) = placing.copy(from, self.is_only, variation.as_deref()).ok()?;
            let path = std::path::absolute(path).ok()?;
            let mut saved = Saved::new(now, self.key, JournalPath::new(&path), len);
            saved.variation.clone_from(variation);
            saved.place = self.place;
            Some(Record::Saved(saved))
        });
        copies.collect()
    }
}
