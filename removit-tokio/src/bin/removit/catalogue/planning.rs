//! Looks at every input before anything is sent: what it is, and what the journal
//! knows of it.

use std::collections::HashSet;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use removit_tokio::proto::journal::Replay;
use removit_tokio::proto::{InputKey, UploadOptions};
use removit_tokio::{BatchInput, Clock, Destination, Photo};

use super::item::{Item, Next};
use crate::inputs::InputName;
use crate::interrupt::unless_interrupted;
use crate::setup::{self, Refused};

/// What becomes of each input. Photos are read to their end for it: a photo is
/// known by its content.
pub(super) async fn plan(
    inputs: Vec<(InputName, Option<Destination>)>,
    options: UploadOptions,
    replay: Replay,
    quiet: bool,
) -> Result<Vec<Item>, Refused> {
    let bar = bar(inputs.len(), quiet);
    let mut seen = HashSet::new();
    let mut items = Vec::with_capacity(inputs.len());
    let looking = async {
        for (name, destination) in inputs {
            let item = look(name, destination, &options, &replay, &mut seen).await;
            items.push(item);
            bar.inc(1);
        }
    };
    let looked = unless_interrupted(looking).await;
    bar.finish_and_clear();
    match looked {
        Some(()) => Ok(items),
        None => Err(Refused {
            exit: crate::exit::Exit::Interrupted,
            message: "interrupted before anything was sent".to_owned(),
        }),
    }
}

async fn look(
    name: InputName,
    destination: Option<Destination>,
    options: &UploadOptions,
    replay: &Replay,
    seen: &mut HashSet<InputKey>,
) -> Item {
    let text = name.to_string();
    let refused = |error| Item {
        name: text.clone(),
        input: Err(setup::refused(&error)),
        next: Next::Refused,
        planned: None,
    };
    let photo = match &name {
        InputName::Url(url) => Photo::from_url(url.as_str()),
        InputName::File(path) => Photo::from_path(path).await,
    };
    let photo = match photo {
        Ok(photo) => photo.with_options(options.clone()),
        Err(error) => return refused(error),
    };
    let key = match photo.key().await {
        Ok(key) => key,
        Err(error) => return refused(error),
    };
    let next = match Next::of(&key, replay) {
        Next::Send if !seen.insert(key) => Next::Copy,
        next => next,
    };
    let fetches = destination.is_some();
    let mut input = BatchInput::from(photo).with_key(key);
    if let Some(destination) = destination {
        input = input.to(destination);
    }
    let planned = input.planned(Clock::start().wall_time(), replay.entry(&key));
    // A further place of results that are there needs copies of them.
    let is_further = planned.is_some() && fetches;
    let next = if next == Next::Nothing && is_further { Next::Fetch } else { next };
    Item { name: text, input: Ok(input), next, planned }
}

fn bar(len: usize, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(len).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("reading photos {wide_bar} {pos}/{len}  {eta}")
    {
        bar.set_style(style);
    }
    bar
}
