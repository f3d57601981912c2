//! Looks at every input before anything is sent: what it is, and what the journal
//! knows of it.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use removit_tokio::proto::journal::Replay;
use removit_tokio::proto::{InputKey, UploadOptions};
use removit_tokio::{BatchInput, Clock, Destination, Photo, PhotoError};

use super::item::{Item, Next};
use crate::inputs::InputName;
use crate::interrupt::unless_interrupted;
use crate::setup::{self, Refused};

/// What becomes of each input. Photos are read to their end for it, one for each
/// processor at a time: a photo is known by its content.
pub(super) async fn plan(
    inputs: Vec<(InputName, Option<Destination>)>,
    options: UploadOptions,
    replay: &Replay,
    quiet: bool,
) -> Result<Vec<Item>, Refused> {
    let bar = bar(inputs.len(), quiet);
    let mut seen = HashSet::new();
    let mut items = Vec::with_capacity(inputs.len());
    let at_once = available_parallelism().map_or(1, NonZeroUsize::get);
    let looking = async {
        let read = inputs.into_iter().map(|(name, destination)| {
            let text = name.to_string();
            let photo = read(name, options.clone());
            async { (text, destination, photo.await) }
        });
        let mut read = stream::iter(read).buffered(at_once);
        while let Some((name, destination, photo)) = read.next().await {
            items.push(item(name, destination, photo, replay, &mut seen));
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

async fn read(name: InputName, options: UploadOptions) -> Result<(Photo, InputKey), PhotoError> {
    let photo = match &name {
        InputName::Url(url) => Photo::from_url(url.as_str()),
        InputName::File(path) => Photo::from_path(path).await,
    };
    let photo = photo?.with_options(options);
    let key = photo.key().await?;
    Ok((photo, key))
}

fn item(
    name: String,
    destination: Option<Destination>,
    photo: Result<(Photo, InputKey), PhotoError>,
    replay: &Replay,
    seen: &mut HashSet<InputKey>,
) -> Item {
    let (photo, key) = match photo {
        Ok(photo) => photo,
        Err(error) => {
            let input = Err(setup::refused(&error));
            return Item { name, input, next: Next::Refused, planned: None };
        }
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
    Item { name, input: Ok(input), next, planned }
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
