//! Looks at every input before anything is sent: what it is, and what is known of it.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use removit_tokio::proto::journal::{Entry, Need, Question, Record, Replay};
use removit_tokio::proto::{InputKey, UploadOptions};
use removit_tokio::{BatchInput, Clock, Destination, Photo, PhotoError};

use super::item::{Item, Next, is_news};
use crate::exit::Exit;
use crate::inputs::name::InputName;
use crate::ledger::{Elsewhere, imported};
use crate::refused::Refused;
use crate::signals::Signals;

/// An input that was looked at.
pub(crate) struct Looked {
    pub(crate) name: String,
    pub(crate) destination: Option<Destination>,
    pub(crate) photo: Result<(Photo, InputKey), PhotoError>,
}

/// Photos are read to their end for it, one for each processor at a time: a photo is
/// known by its content.
pub(crate) async fn look(
    inputs: Vec<(InputName, Option<Destination>)>,
    options: &UploadOptions,
    quiet: bool,
    signals: &mut Signals,
) -> Result<Vec<Looked>, Refused> {
    let bar = bar(inputs.len(), quiet);
    let mut looked = Vec::with_capacity(inputs.len());
    let at_once = available_parallelism().map_or(1, NonZeroUsize::get);
    let looking = async {
        let read = inputs.into_iter().map(|(name, destination)| {
            let text = name.to_string();
            let photo = read(name, options.clone());
            async { Looked { name: text, destination, photo: photo.await } }
        });
        let mut read = stream::iter(read).buffered(at_once);
        while let Some(input) = read.next().await {
            looked.push(input);
            bar.inc(1);
        }
    };
    let end = signals.unless_asked(looking).await;
    bar.finish_and_clear();
    match end {
        Some(()) => Ok(looked),
        None => Err(Refused {
            exit: Exit::Interrupted,
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

/// What is known when inputs are judged.
pub(crate) struct Knowledge<'a> {
    /// The own journal; `None` where there is none to write to.
    pub(crate) replay: Option<&'a Replay>,
    pub(crate) elsewhere: &'a Elsewhere,
    /// Whether the URLs of results are wanted, which only a server tells.
    pub(crate) wants_urls: bool,
}

impl Knowledge<'_> {
    /// What becomes of each input.
    pub(crate) fn judge(&self, looked: Vec<Looked>) -> Vec<Item> {
        let mut seen = HashSet::new();
        looked.into_iter().map(|looked| self.item(looked, &mut seen)).collect()
    }

    fn item(&self, looked: Looked, seen: &mut HashSet<InputKey>) -> Item {
        let Looked { name, destination, photo } = looked;
        let name = Some(name);
        let (photo, key) = match photo {
            Ok(photo) => photo,
            Err(error) => {
                let input = Err(Refused::from(error));
                let (next, key, job_id) = (Next::Refused, None, None);
                return Item { name, input, next, key, job_id, records: Vec::new() };
            }
        };
        let own = self.replay.and_then(|replay| replay.entry(&key));
        // Another process may have found out since what the own journal leaves open.
        let is_open = own.is_none_or(|entry| {
            matches!(entry.need(), Need::Send | Need::Operator(Question::Ambiguous))
        });
        let other = is_open.then(|| self.elsewhere.entry(&key)).flatten();
        let other = other.filter(|other| is_news(other, own));
        let fetches = destination.is_some();

        let mut input = BatchInput::from(photo).with_key(key);
        if let Some(destination) = destination.clone() {
            input = input.to(destination);
        }
        let now = Clock::start().wall_time();
        let planned = self.replay.and_then(|_| input.planned(now, own));
        let mut next = match (Next::of(own), &other) {
            (Next::Send | Next::Ambiguous, Some(other)) => Next::of_other(other),
            (next, _) => next,
        };
        // A further place of results that are there needs copies of them.
        if next == Next::Nothing && planned.is_some() && fetches {
            next = Next::Fetch;
        }
        if next == Next::Send && !seen.insert(key) {
            next = Next::Copy;
        }
        let entry = other.as_ref().or(own);
        let job_id = entry.and_then(Entry::job).map(|job| job.id().clone());
        let mut input = Ok(input);
        let is_asked_anew = next == Next::Nothing && !fetches && self.wants_urls;
        if let (true, Some(job_id)) = (is_asked_anew, &job_id) {
            (input, next) = (Ok(BatchInput::from(job_id.clone())), Next::Fetch);
        }
        if self.replay.is_none() {
            input = unremembered(input, next, job_id.as_ref(), destination);
        }
        let mut records: Vec<_> = planned.into_iter().map(Record::Planned).collect();
        if let (Some(other), true) = (&other, self.replay.is_some()) {
            records.extend(imported(other, now));
        }
        let mut item = Item { name, input, next, key: Some(key), job_id, records };
        if matches!(next, Next::Send | Next::Copy | Next::Ambiguous) {
            if let Some(journal) = self.elsewhere.sender(&key) {
                item.leave_to(&journal);
            }
        }
        item
    }
}

/// Without a journal what other journals know is all that keeps a photo from being
/// paid for again.
fn unremembered(
    input: Result<BatchInput, Refused>,
    next: Next,
    job_id: Option<&removit_tokio::proto::JobId>,
    destination: Option<Destination>,
) -> Result<BatchInput, Refused> {
    match (next, job_id) {
        (Next::Fetch, Some(job_id)) => {
            let known = BatchInput::from(job_id.clone());
            Ok(match destination {
                Some(destination) => known.to(destination),
                None => known,
            })
        }
        (Next::Ambiguous, _) => Err(Refused {
            exit: Exit::Ambiguous,
            message: "a job of this photo may exist and be charged: look at the account before \
                      sending it again, with --again"
                .to_owned(),
        }),
        (Next::Failed, _) => Err(Refused {
            exit: Exit::JobFailed,
            message: "its job failed before; --again pays for another".to_owned(),
        }),
        _ => input,
    }
}

fn bar(len: usize, quiet: bool) -> ProgressBar {
    if quiet || len < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(len).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("reading photos {wide_bar} {pos}/{len}  {eta}")
    {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_journal_only_a_known_job_is_fetched_and_nothing_is_paid_for_again() {
        let job = |id: &str| BatchInput::from(id.parse::<removit_tokio::proto::JobId>().unwrap());
        let known = "j-2".parse().unwrap();
        let judged = |next, destination: Option<&Destination>| {
            unremembered(Ok(job("j-1")), next, Some(&known), destination.cloned())
        };
        let shown = |input: &BatchInput| format!("{input:?}");
        for next in [Next::Send, Next::Copy, Next::Nothing, Next::Hold] {
            assert_eq!(shown(&judged(next, None).unwrap()), shown(&job("j-1")), "{next:?}");
        }
        assert_eq!(shown(&judged(Next::Fetch, None).unwrap()), shown(&job("j-2")));
        let folder = Destination::folder("out", "cup");
        let fetched = judged(Next::Fetch, Some(&folder)).unwrap();
        assert_eq!(fetched.destination(), Some(&folder));
        let fetched = unremembered(Ok(job("j-1")), Next::Fetch, None, None).unwrap();
        assert_eq!(shown(&fetched), shown(&job("j-1")));
        for (next, exit) in [(Next::Ambiguous, Exit::Ambiguous), (Next::Failed, Exit::JobFailed)] {
            let refused = judged(next, None).unwrap_err();
            assert_eq!(refused.exit, exit);
            assert!(refused.message.contains("--again"), "{}", refused.message);
        }
    }
}
