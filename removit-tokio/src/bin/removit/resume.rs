//! `resume`: the inputs that a journal names, with what is left to do for each.

use std::path::Path;

use removit_tokio::proto::UploadOptions;
use removit_tokio::proto::journal::{Entry, Input, Need, Place};
use removit_tokio::{BatchInput, Clock, Destination, Photo};

use crate::catalogue::asking::confirm;
use crate::catalogue::book::{Book, refused};
use crate::catalogue::copying::copy_what_lies;
use crate::catalogue::going_on::GoingOn;
use crate::catalogue::item::{Item, Next, is_news};
use crate::catalogue::order::{hold_back, say_what_is_sent};
use crate::catalogue::progress::Progress;
use crate::catalogue::running::{Aim, Run};
use crate::cli::{ResumeArgs, Shared};
use crate::exit::Exit;
use crate::inputs::LeftOut;
use crate::inputs::name::of_journal;
use crate::ledger::{Elsewhere, Ledger, imported};
use crate::refused::Refused;
use crate::setup;
use crate::signals::Signals;

pub(crate) async fn resume(
    shared: &Shared,
    args: &ResumeArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    // A name that was mistyped is better refused than begun as a new journal.
    if !args.journal.exists() {
        let name = args.journal.display();
        return Err(Refused::local(format!(
            "there is no journal {name}; `removit process` begins one"
        )));
    }
    let progress = Progress::new(shared, false);
    let client = setup::client(shared, progress.clone())?;
    let api = setup::api(shared);
    let mut book = Book::open(&args.journal, &api).map_err(|error| refused(&error))?;
    let ledger = Ledger::of(&api).ok();
    let mut elsewhere = Elsewhere::new(ledger.as_ref(), Some(&args.journal), true);
    learn(&mut book, &elsewhere)?;
    let mut items = Vec::new();
    for entry in book.replay.entries() {
        for (number, place) in entry.places().iter().enumerate() {
            items.push(item(entry, number, place, args.overwrite).await);
        }
    }
    hold_back(&mut items, args.pace.max_jobs);
    let to_pay = items.iter().filter(|item| item.next == Next::Send).count();
    confirm(&args.pace, to_pay, signals).await?;
    say_what_is_sent(&mut items, Some(&mut book), ledger.as_ref(), &mut elsewhere).await?;
    copy_what_lies(&items, Some(&mut book), &elsewhere, signals).await?;
    let run = Run {
        shared,
        pace: &args.pace,
        timeout: args.time.timeout,
        aim: Aim::Files,
        is_one: false,
        folder: args.journal.parent().unwrap_or(Path::new("")).to_path_buf(),
        going_on: GoingOn::Resume { journal: args.journal.clone() },
        progress,
        left_out: LeftOut::default(),
    };
    Ok(run.go(&client, items, Vec::new(), Some(book), signals).await)
}

/// Takes over what other journals found out meanwhile.
fn learn(book: &mut Book, elsewhere: &Elsewhere) -> Result<(), Refused> {
    let now = Clock::start().wall_time();
    let mut records = Vec::new();
    for entry in book.replay.entries().iter().filter(|entry| entry.jobs().is_empty()) {
        let other = elsewhere.entry(entry.key());
        if let Some(other) = other.filter(|other| is_news(other, Some(entry))) {
            records.extend(imported(&other, now));
        }
    }
    book.write(records)
}

async fn item(entry: &Entry, number: usize, place: &Place, overwrite: bool) -> Item {
    let name = of_journal(place.input());
    let next = match Next::of(Some(entry)) {
        Next::Send if number > 0 => Next::Copy,
        next => next,
    };
    let input = input(entry, place).await.map(|input| {
        let destination = place.destination().and_then(Destination::from_journal);
        match destination {
            Some(destination) => input.with_key(*entry.key()).to(destination.overwrite(overwrite)),
            None => input.with_key(*entry.key()),
        }
    });
    let next = if input.is_err() { Next::Refused } else { next };
    let job_id = entry.job().map(|job| job.id().clone());
    let key = Some(*entry.key());
    Item { name: Some(name), input, next, key, job_id, records: Vec::new() }
}

/// The job, where there is one: its photo is not needed any more.
async fn input(entry: &Entry, place: &Place) -> Result<BatchInput, Refused> {
    let may_be_sent = match entry.need() {
        Need::Send => true,
        _ => entry.jobs().is_empty(),
    };
    if let (false, Some(job)) = (may_be_sent, entry.job()) {
        return Ok(BatchInput::from(job.id().clone()));
    }
    let photo = match place.input() {
        Input::Url(url) => Photo::from_url(url.as_str()),
        Input::File(path) => match path.to_path() {
            Some(path) => Photo::from_path(path).await,
            None => return Err(Refused::usage("its name cannot be written on this system")),
        },
        _ => return Err(Refused::usage("it was in memory, and cannot be had again")),
    };
    let options = entry.options().cloned().unwrap_or_else(UploadOptions::default);
    let photo = photo.map_err(Refused::from)?.with_options(options);
    let key = photo.key().await.map_err(Refused::from)?;
    if key != *entry.key() {
        return Err(Refused {
            exit: Exit::LocalIo,
            message: "it changed since it was planned, and was not sent; `removit process` takes \
                      it as a new photo"
                .to_owned(),
        });
    }
    Ok(BatchInput::from(photo))
}
