//! From inputs with their destinations to a run: what is known of each, what is asked
//! before, and what is written down first.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use removit_tokio::proto::journal::Replay;
use removit_tokio::proto::{InputKey, UploadOptions};
use removit_tokio::{Clock, Destination, JournalFile};

use super::asking::confirm;
use super::book::{Alone, Book, refused, unremembered};
use super::copying::copy_what_lies;
use super::going_on::GoingOn;
use super::item::{Item, Next};
use super::planning::{Knowledge, Looked, look};
use super::progress::Progress;
use super::running::{Aim, Run};
use super::summary;
use crate::batch_args::PaceArgs;
use crate::cli::Shared;
use crate::exit::Exit;
use crate::inputs::name::InputName;
use crate::inputs::{LeftOut, WrongInput};
use crate::json::InputLine;
use crate::ledger::{Elsewhere, Ledger, imported, set_aside};
use crate::output;
use crate::refused::Refused;
use crate::setup;
use crate::shell::{printable, quoted};
use crate::signals::Signals;

/// What is to be done.
pub(crate) struct Order<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) inputs: Vec<(InputName, Option<Destination>)>,
    pub(crate) wrong: Vec<WrongInput>,
    pub(crate) left_out: LeftOut,
    pub(crate) options: UploadOptions,
    /// The catalogue's journal; `None` for the one photo's in the ledger.
    pub(crate) journal: Option<PathBuf>,
    pub(crate) ledger: Result<Ledger, String>,
    pub(crate) elsewhere: Option<Elsewhere>,
    pub(crate) again: bool,
    pub(crate) pace: &'a PaceArgs,
    pub(crate) timeout: Option<Duration>,
    pub(crate) aim: Aim,
    pub(crate) is_one: bool,
    /// The folder of the results, as it was typed.
    pub(crate) folder: PathBuf,
    pub(crate) going_on: GoingOn,
}

impl Order<'_> {
    /// Tells what would be done, and writes nothing.
    pub(crate) async fn rehearse(self, signals: &mut Signals) -> Result<Exit, Refused> {
        let looked = look(self.inputs, &self.options, self.shared.quiet, signals).await?;
        let path = self.journal.or_else(|| journal_of_one(&self.ledger, &looked));
        let known = match path.as_ref().filter(|path| path.exists() && !self.again) {
            Some(path) => JournalFile::read(path).map_err(|error| refused(&error))?.replay,
            None => Replay::default(),
        };
        let ledger = self.ledger.as_ref().ok();
        let elsewhere = others(self.elsewhere, self.again, ledger, path.as_deref());
        let wants_urls = wants_urls(self.aim, self.is_one);
        let knowledge = Knowledge { replay: Some(&known), elsewhere: &elsewhere, wants_urls };
        let mut items = knowledge.judge(looked);
        try_places(&mut items, self.aim);
        hold_back(&mut items, self.pace.max_jobs);
        let (wrong, passed) = (&self.wrong, &self.left_out);
        Ok(summary::dry_run(&items, wrong, passed, self.pace, self.shared))
    }

    pub(crate) async fn carry_out(self, signals: &mut Signals) -> Result<Exit, Refused> {
        // First: a missing key is better known at once.
        let progress = Progress::new(self.shared, self.is_one);
        let client = setup::client(self.shared, progress.clone())?;
        let api = setup::api(self.shared);
        let quiet = self.shared.quiet;
        let mut book = match &self.journal {
            Some(path) => Some(self.open(path, &api)?),
            None => None,
        };
        let looked = look(self.inputs, &self.options, quiet, signals).await?;
        if self.journal.is_none() {
            if let (Err(why), false) = (&self.ledger, quiet) {
                output::say(&unremembered(why));
            }
            if let [Looked { photo: Ok((_, key)), .. }] = &looked[..] {
                let alone = Alone {
                    ledger: self.ledger.as_ref().ok(),
                    api: &api,
                    again: self.again,
                    patience: self.timeout.unwrap_or(PATIENCE),
                    quiet,
                };
                book = alone.open(key, signals).await?;
            }
        }
        // Without a journal of its own the ledger's is another's.
        let own = book.as_ref().map(|book| book.path.as_path());
        let ledger = self.ledger.as_ref().ok();
        let mut elsewhere = others(self.elsewhere, self.again, ledger, own);
        if let ([Looked { photo: Ok((_, key)), .. }], true) = (&looked[..], self.is_one) {
            let patience = self.timeout.unwrap_or(PATIENCE);
            wait_for_sender(&mut elsewhere, key, patience, quiet, signals).await?;
        }
        let wants_urls = wants_urls(self.aim, self.is_one);
        let replay = book.as_ref().map(|book| &book.replay);
        let knowledge = Knowledge { replay, elsewhere: &elsewhere, wants_urls };
        let mut items = knowledge.judge(looked);
        hold_back(&mut items, self.pace.max_jobs);
        let to_pay = items.iter().filter(|item| item.next == Next::Send).count();
        confirm(self.pace, to_pay, signals).await?;
        say_what_is_sent(&mut items, book.as_mut(), self.ledger.as_ref().ok(), &mut elsewhere)
            .await?;
        copy_what_lies(&items, book.as_mut(), &elsewhere, signals).await?;
        if !quiet {
            summary::left_out(&self.left_out).iter().for_each(|row| output::say(row));
        }
        let run = Run {
            shared: self.shared,
            pace: self.pace,
            timeout: self.timeout,
            aim: self.aim,
            is_one: self.is_one,
            folder: self.folder,
            going_on: self.going_on,
            progress,
            left_out: self.left_out,
        };
        if let (true, [item]) = (self.is_one, &items[..]) {
            tell_known(item, book.as_ref(), quiet);
            if self.aim == Aim::Id && is_known(item) {
                return Ok(tell_id(&run, item));
            }
        }
        Ok(run.go(&client, items, self.wrong, book, signals).await)
    }

    /// Opens the journal of a catalogue, which the ledger is told of.
    fn open(&self, path: &Path, api: &str) -> Result<Book, Refused> {
        let noted = |path: &Path| match &self.ledger {
            Ok(ledger) => ledger.note(path).map_err(|error| error.to_string()),
            Err(why) => Err(why.clone()),
        };
        if self.again {
            // Whoever is at work on it keeps it.
            drop(Book::open(path, api).map_err(|error| refused(&error))?);
            let moved = set_aside(path);
            let error = |error| Refused::local(format!("{}: {error}", path.display()));
            if let Some(moved) = moved.map_err(error)? {
                let _ = noted(&moved);
                if !self.shared.quiet {
                    let moved = quoted(&moved.to_string_lossy());
                    output::say(&format!(
                        "paying anew; what was known before: removit report {moved}"
                    ));
                }
            }
        }
        let book = Book::open(path, api).map_err(|error| refused(&error))?;
        if let (Err(why), false) = (noted(path), self.shared.quiet) {
            let why = printable(&why);
            output::say(&format!("removit: other folders will not know of this run: {why}"));
        }
        Ok(book)
    }
}

/// What other journals know; nothing where it is paid anew.
fn others(
    known: Option<Elsewhere>,
    again: bool,
    ledger: Option<&Ledger>,
    own: Option<&Path>,
) -> Elsewhere {
    match known {
        _ if again => Elsewhere::nothing(),
        Some(elsewhere) => elsewhere,
        None => Elsewhere::new(ledger, own, false),
    }
}

/// How long another process with the same photo is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// How often it is looked what that one does.
const LOOKED_EVERY: Duration = Duration::from_millis(200);

/// Waits until no other process is about to send this photo.
async fn wait_for_sender(
    elsewhere: &mut Elsewhere,
    key: &InputKey,
    patience: Duration,
    quiet: bool,
    signals: &mut Signals,
) -> Result<(), Refused> {
    let began = Instant::now();
    let mut is_told = quiet;
    while elsewhere.sender(key).is_some() && began.elapsed() < patience {
        if !std::mem::replace(&mut is_told, true) {
            output::say("waiting for another process that is about to send the same photo");
        }
        let pause = tokio::time::sleep(LOOKED_EVERY);
        if signals.unless_asked(pause).await.is_none() {
            let message = "interrupted before anything was sent".to_owned();
            return Err(Refused { exit: Exit::Interrupted, message });
        }
        elsewhere.refresh();
    }
    Ok(())
}

/// Writes down what is sent, where others read it before they send anything. What they
/// said before is left to them, and what they paid for is taken over.
pub(crate) async fn say_what_is_sent(
    items: &mut [Item],
    book: Option<&mut Book>,
    ledger: Option<&Ledger>,
    elsewhere: &mut Elsewhere,
) -> Result<(), Refused> {
    let Some(book) = book else { return Ok(()) };
    let turn = match ledger {
        Some(ledger) => ledger.turn().await,
        None => None,
    };
    elsewhere.refresh();
    let now = Clock::start().wall_time();
    for item in items.iter_mut().filter(|item| matches!(item.next, Next::Send | Next::Copy)) {
        let Some(key) = item.key else { continue };
        if let Some(journal) = elsewhere.sender(&key) {
            item.leave_to(&journal);
        } else if let Some(other) = elsewhere.entry(&key) {
            item.records.extend(imported(&other, now));
            item.next = Next::of_other(&other);
        }
    }
    book.write(items.iter_mut().flat_map(|item| item.records.drain(..)).collect())?;
    drop(turn);
    Ok(())
}

/// The journal that one photo has in the ledger.
fn journal_of_one(ledger: &Result<Ledger, String>, looked: &[Looked]) -> Option<PathBuf> {
    match (ledger, looked) {
        (Ok(ledger), [Looked { photo: Ok((_, key)), .. }]) => Some(ledger.journal(key)),
        _ => None,
    }
}

/// Of many photos it is enough that their jobs are done.
fn wants_urls(aim: Aim, is_one: bool) -> bool {
    is_one && matches!(aim, Aim::Urls | Aim::StandardOutput)
}

/// No more than so many are paid for in this run; copies of those that are left stay
/// with them.
pub(crate) fn hold_back(items: &mut [Item], limit: Option<usize>) {
    let mut held = HashSet::new();
    let to_pay = items.iter_mut().filter(|item| item.next == Next::Send);
    for item in to_pay.skip(limit.unwrap_or(usize::MAX)) {
        item.next = Next::Hold;
        held.extend(item.key);
    }
    let copies = items.iter_mut().filter(|item| item.next == Next::Copy);
    for copy in copies.filter(|copy| copy.key.is_some_and(|key| held.contains(&key))) {
        copy.next = Next::Hold;
    }
}

/// What cannot be saved would not be sent.
fn try_places(items: &mut [Item], aim: Aim) {
    if !matches!(aim, Aim::Files | Aim::OneFile) {
        return;
    }
    for item in items.iter_mut().filter(|item| item.next == Next::Send) {
        let wrong = item.input.as_ref().ok().and_then(|input| input.try_place().err());
        if let Some(error) = wrong {
            item.input = Err(Refused::local(error.to_string()));
            item.next = Next::Refused;
        }
    }
}

fn is_known(item: &Item) -> bool {
    matches!(item.next, Next::Fetch | Next::Nothing) && item.job_id.is_some()
}

/// That nothing is paid for is said, and how to pay all the same.
fn tell_known(item: &Item, book: Option<&Book>, quiet: bool) {
    let (Some(job_id), true, false) = (&item.job_id, is_known(item), quiet) else { return };
    let by = book.map(|book| printable(&book.path.to_string_lossy()));
    let by = by.map(|path| format!(" by {path}")).unwrap_or_default();
    let job_id = printable(job_id.as_str());
    output::say(&format!("paid for before{by}: job {job_id}; --again pays anew"));
}

fn tell_id(run: &Run<'_>, item: &Item) -> Exit {
    let mut line = InputLine::new(item.name.as_deref());
    if let Some(job_id) = &item.job_id {
        run.id(job_id, &mut line);
    }
    if run.shared.json {
        line.print();
    }
    Exit::Done
}

#[cfg(test)]
mod tests;
