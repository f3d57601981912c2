//! `wait`: a job that exists, to its results.

use removit_blocking::files::Placing;
use removit_tokio::proto::journal::{Entry, Input, Job, Need, Planned, Record};
use removit_tokio::proto::{InputKey, UploadOptions};
use removit_tokio::{BatchInput, Clock, Destination};

use crate::batch_args::{OnAmbiguous, PaceArgs};
use crate::catalogue::book::Book;
use crate::catalogue::copying::copy_what_lies;
use crate::catalogue::going_on::GoingOn;
use crate::catalogue::item::{Item, Next};
use crate::catalogue::progress::Progress;
use crate::catalogue::running::{Aim, Run};
use crate::cli::{Shared, WaitArgs};
use crate::exit::Exit;
use crate::inputs::LeftOut;
use crate::ledger::{Elsewhere, Ledger, key_of_job};
use crate::refused::Refused;
use crate::setup;
use crate::signals::Signals;

pub(crate) async fn wait(
    shared: &Shared,
    args: &WaitArgs,
    signals: &mut Signals,
) -> Result<Exit, Refused> {
    let output = &args.output;
    if output.is_stdout() {
        crate::output::takes_a_result(shared.json)?;
    }
    let stem = args.name.clone();
    let (aim, destination) = place(args);
    if let Some(destination) = &destination {
        let tried = Placing::prepare(destination);
        tried.map_err(|error| Refused::local(error.to_string()))?;
    }
    let progress = Progress::new(shared, true);
    let client = setup::client(shared, progress.clone())?;
    let mut input = BatchInput::from(args.job_id.clone());
    let (mut book, mut key) = (None, None);
    if let Some(destination) = destination {
        // What is saved is remembered, so that nobody takes it for a photo. Where that
        // cannot be, nothing is lost but that.
        if let Some((opened, known_by)) = remember(shared, args, &destination) {
            (book, key) = (Some(opened), Some(known_by));
            input = input.with_key(known_by);
        }
        input = input.to(destination);
    }
    let pace = PaceArgs::of_one(OnAmbiguous::Report);
    let run = Run {
        shared,
        pace: &pace,
        timeout: Some(args.time.of_one()),
        aim,
        is_one: true,
        folder: output.out_dir.clone().unwrap_or_else(|| ".".into()),
        going_on: GoingOn::Wait { output: output.clone(), stem },
        progress,
        left_out: LeftOut::default(),
    };
    let job_id = Some(args.job_id.clone());
    let (next, records) = (Next::Fetch, Vec::new());
    let item = Item { name: None, input: Ok(input), next, key, job_id, records };
    let ledger = Ledger::of(&setup::api(shared)).ok();
    let own = book.as_ref().map(|book| book.path.as_path());
    let elsewhere = Elsewhere::new(ledger.as_ref(), own, false);
    copy_what_lies(std::slice::from_ref(&item), book.as_mut(), &elsewhere, signals).await?;
    Ok(run.go(&client, vec![item], Vec::new(), book, signals).await)
}

fn place(args: &WaitArgs) -> (Aim, Option<Destination>) {
    let output = &args.output;
    let stem = || args.name.clone().unwrap_or_else(|| args.job_id.to_string());
    let (aim, destination) = match (&output.output, &output.out_dir) {
        _ if output.is_stdout() => (Aim::StandardOutput, None),
        _ if output.no_download => (Aim::Urls, None),
        (Some(file), _) => (Aim::OneFile, Some(Destination::file(file))),
        (None, Some(folder)) => (Aim::Files, Some(Destination::folder(folder, stem()))),
        (None, None) => (Aim::Files, Some(Destination::folder(".", stem()))),
    };
    (aim, destination.map(|destination| destination.overwrite(output.overwrite)))
}

/// The journal that knows the job, told where its results go by now.
fn remember(
    shared: &Shared,
    args: &WaitArgs,
    destination: &Destination,
) -> Option<(Book, InputKey)> {
    let ledger = Ledger::of(&setup::api(shared)).ok()?;
    ledger.make().ok()?;
    let (path, key) = ledger.of_job(&args.job_id).unwrap_or_else(|| {
        let key = key_of_job(&args.job_id);
        (ledger.journal(&key), key)
    });
    // Another process may be at work on it: then that one remembers.
    let mut book = Book::open(&path, &setup::api(shared)).ok()?;
    let entry = book.replay.entry(&key);
    // What failed before, or another job of the photo, is asked for anew.
    let is_this = entry.is_none_or(|entry| {
        let job = entry.job().map(Job::id);
        job.is_none_or(|job_id| *job_id == args.job_id)
            && !matches!(entry.need(), Need::Operator(_))
    });
    if !is_this {
        return None;
    }
    let journaled = destination.journaled();
    let places = entry.map(Entry::places).unwrap_or_default();
    if !places.iter().any(|place| place.destination() == Some(&journaled)) {
        let name = places.first().map(|place| place.input().clone());
        let name = name.unwrap_or_else(|| Input::Memory(args.job_id.to_string()));
        let now = Clock::start().wall_time();
        let planned = Planned::new(now, key, name, UploadOptions::default());
        book.write(vec![Record::Planned(planned.with_destination(journaled))]).ok()?;
    }
    Some((book, key))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(words: &[&str]) -> WaitArgs {
        match Cli::try_parse_from([&["removit", "wait", "j-1"], words].concat()).unwrap().command {
            Command::Wait(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn where_results_go_is_what_was_typed() {
        let folder = |folder: &str, stem: &str| {
            (Aim::Files, Some(Destination::folder(folder, stem).overwrite(false)))
        };
        let file =
            |overwrite| (Aim::OneFile, Some(Destination::file("a.png").overwrite(overwrite)));
        for (words, expected) in [
            (&[][..], folder(".", "j-1")),
            (&["--name", "cup"], folder(".", "cup")),
            (&["--out-dir", "out"], folder("out", "j-1")),
            (&["-o", "a.png"], file(false)),
            (&["-o", "a.png", "--overwrite"], file(true)),
            (&["-o", "-"], (Aim::StandardOutput, None)),
            (&["--no-download"], (Aim::Urls, None)),
        ] {
            assert_eq!(place(&args(words)), expected, "{words:?}");
        }
    }
}
