//! `process` for many inputs, and `resume`: each photo is paid for once, whatever
//! is killed, cut or refused on the way.
//!
//! The journal knows what was sent; nothing here decides what is sent and when.

mod item;
mod planning;
mod resuming;
mod running;
mod summary;

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use removit_tokio::proto::journal::{Entry, Header, Record, Replay};
use removit_tokio::{Clock, Destination, JournalError, JournalFile};

use self::item::{Item, Next};
use self::running::Run;
use crate::batch_args::PaceArgs;
use crate::cli::{ProcessArgs, ResumeArgs, Shared};
use crate::exit::Exit;
use crate::inputs::{expand, without_results};
use crate::output_names::name_all;
use crate::setup::{self, Refused};
use crate::shell::printable;

pub(crate) async fn process(shared: &Shared, args: &ProcessArgs) -> Exit {
    told(try_process(shared, args).await)
}

pub(crate) async fn resume(shared: &Shared, args: &ResumeArgs) -> Exit {
    told(resuming::resume(shared, args).await)
}

fn told(end: Result<Exit, Refused>) -> Exit {
    end.unwrap_or_else(|Refused { exit, message }| {
        eprintln!("removit: {message}");
        exit
    })
}

async fn try_process(shared: &Shared, args: &ProcessArgs) -> Result<Exit, Refused> {
    if args.output.output.is_some() {
        return Err(Refused::usage("-o names one file; use --out-dir and --name for many inputs"));
    }
    let options = setup::options(&args.options)?;
    let folder = args.output.out_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let path = args.batch.journal.clone().unwrap_or_else(|| folder.join("removit.journal"));
    let known = match path.exists() {
        true => JournalFile::read(&path).map_err(refused)?.replay,
        false => Replay::default(),
    };
    let (inputs, left_out) = without_results(expand(&args.inputs)?, results_of(&known));
    if left_out > 0 && !shared.quiet {
        eprintln!("left out   {left_out:>7}  results of earlier runs among the inputs");
    }
    let destinations: Vec<Option<Destination>> = if args.output.no_download {
        inputs.iter().map(|_| None).collect()
    } else {
        let names = name_all(&inputs, &folder, &args.batch.name)?;
        let place = |name: crate::output_names::OutputName| {
            Some(Destination::folder(name.folder, name.stem).overwrite(args.output.overwrite))
        };
        names.into_iter().map(place).collect()
    };

    let journal = if args.batch.dry_run {
        None
    } else {
        std::fs::create_dir_all(&folder).map_err(|error| Refused {
            exit: Exit::LocalIo,
            message: format!("{}: {error}", folder.display()),
        })?;
        Some(open(&path, &shared.base_url)?)
    };
    let replay = journal.as_ref().map_or(&known, |(_, replay)| replay);
    let inputs = inputs.into_iter().zip(destinations).collect();
    let items = planning::plan(inputs, options, replay, shared.quiet).await?;
    let Some((journal, replay)) = journal else {
        summary::dry_run(&items, shared.json);
        return Ok(Exit::Done);
    };
    go(shared, &args.batch.pace, args.time.timeout, items, (path, journal, replay)).await
}

/// Where the results of earlier runs are: no photos to pay for.
fn results_of(known: &Replay) -> Vec<PathBuf> {
    let saved = known.entries().iter().flat_map(Entry::saved);
    saved.filter_map(|saved| saved.path.to_path()).collect()
}

/// Writes down what is to be done, asks where asking was asked for, and does it.
async fn go(
    shared: &Shared,
    pace: &PaceArgs,
    timeout: Option<std::time::Duration>,
    mut items: Vec<Item>,
    (path, mut journal, mut replay): (PathBuf, JournalFile, Replay),
) -> Result<Exit, Refused> {
    // Before anything is asked or written: a missing key is better known at once.
    let progress = running::Progress::new(shared.quiet, items.len());
    let client = setup::client(shared, None, progress.clone())?;
    if let Some(limit) = pace.max_jobs {
        hold_back(&mut items, limit);
    }
    let to_pay = items.iter().filter(|item| item.next == Next::Send).count();
    if pace.confirm_over.is_some_and(|limit| to_pay > limit) {
        confirm(to_pay)?;
    }
    let planned: Vec<_> = items.iter_mut().filter_map(|item| item.planned.take()).collect();
    let planned: Vec<_> = planned.into_iter().map(Record::Planned).collect();
    if !planned.is_empty() {
        journal.append_all(&planned).map_err(refused)?;
        planned.into_iter().for_each(|record| replay.apply(record));
    }
    let run = Run { shared, pace, timeout, path: &path, progress };
    Ok(run.go(&client, items, (journal, replay)).await)
}

fn open(path: &Path, api: &str) -> Result<(JournalFile, Replay), Refused> {
    let by = concat!("removit ", env!("CARGO_PKG_VERSION"));
    let mut header = Header::new(Clock::start().wall_time(), by);
    header.api = Some(api.to_owned());
    JournalFile::open(path, header).map_err(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn refused(error: JournalError) -> Refused {
    Refused { exit: Exit::LocalIo, message: printable(&error.to_string()) }
}

/// No more than so many are paid for in this run.
fn hold_back(items: &mut [Item], limit: usize) {
    let to_pay = items.iter_mut().filter(|item| item.next == Next::Send);
    for item in to_pay.skip(limit) {
        item.next = Next::Hold;
    }
}

fn confirm(to_pay: usize) -> Result<(), Refused> {
    let question = format!("{to_pay} photos are to be sent, and each is paid for");
    if !std::io::stdin().is_terminal() {
        return Err(Refused::usage(format!(
            "{question}; nobody can be asked here: raise --confirm-over, or leave it out"
        )));
    }
    eprint!("{question}. Go on? [y/N] ");
    let mut answer = String::new();
    let read =
        std::io::stderr().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    match read {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(Refused::usage("nothing was sent")),
    }
}
