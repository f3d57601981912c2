//! The core's [`Catalogue`], and what the adapters keep of each of its inputs: the photo,
//! the destination, and the reasons that are theirs alone.
//!
//! Without I/O, and the same for both adapters. It decides nothing.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use removit_proto::catalogue::{Effect, InputEnd, Missing, Needed};
use removit_proto::journal::Replay;
use removit_proto::{
    AttemptId, BatchPolicy, Catalogue, Endpoint, Instant, JobNumber, Observer, Seed,
};

use super::disk::{Effects, Inspected, Settled};
use super::input::{BatchInput, Origin};
use super::processed::{Done, Processed};
use crate::{Destination, Error, JournalError, Photo, SaveError};

/// The catalogue of a batch.
pub struct PhotoCatalogue {
    /// Who is who, and what is done when.
    pub core: Catalogue<PathBuf, SaveError>,
    /// By the number of an input that is not over.
    own: HashMap<usize, Own>,
    trouble: Option<JournalError>,
}

/// What is kept of an input.
#[derive(Default)]
struct Own {
    photo: Option<Photo>,
    destination: Option<Destination>,
    refused: Option<Error>,
}

/// What an attempt needs besides itself.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Supplies {
    /// The photo whose bytes are sent.
    pub photo: Option<Photo>,
    /// A file for the result: of which job and result, in whose folder.
    pub file: Option<((JobNumber, usize), (usize, Destination))>,
}

impl PhotoCatalogue {
    /// One whose journal says this; `None` without a journal.
    #[must_use]
    pub fn new(
        endpoint: &Endpoint,
        policy: BatchPolicy,
        seed: Seed,
        observer: Arc<dyn Observer>,
        replay: Option<Replay>,
    ) -> Self {
        let mut core = Catalogue::new(endpoint.clone(), policy, seed, replay);
        core.set_observer(observer);
        Self { core, own: HashMap::new(), trouble: None }
    }

    /// The same, which keeps news.
    #[must_use]
    pub fn watched(self) -> Self {
        Self { core: self.core.watched(), ..self }
    }

    /// Takes the next input in.
    pub fn admit(&mut self, now: Instant, inspected: Inspected) {
        let Inspected { input, item, refused, there } = inspected;
        let BatchInput { origin, destination, .. } = input;
        let photo = match origin {
            Origin::Photo(photo) => Some(photo),
            Origin::Job(_) => None,
        };
        let (index, own) = match refused {
            Some(error) => (self.core.refuse(), Own { refused: Some(error), ..Own::default() }),
            None => (self.core.admit(now, item, there), Own { photo, destination, refused: None }),
        };
        self.own.insert(index, own);
    }

    /// What is to be done on disk before anything else.
    #[must_use]
    pub fn effects(&mut self, now: Instant) -> Effects {
        let mut effects = Effects::default();
        for effect in self.core.effects(now) {
            match &effect {
                Effect::DropPhoto(inputs) => {
                    for input in inputs {
                        self.own.entry(*input).and_modify(|own| own.photo = None);
                    }
                    continue;
                }
                Effect::Keep(keep) => {
                    let places =
                        keep.inputs().filter_map(|input| Some((input, self.destination(input)?)));
                    effects.destinations.extend(places);
                }
                Effect::Store(..) | Effect::Forget { .. } => {}
            }
            effects.all.push(effect);
        }
        effects
    }

    /// Takes in what became of effects.
    pub fn settle(&mut self, settled: Settled) {
        if settled.trouble.is_some() {
            self.trouble = settled.trouble;
        }
        self.core.carried_out(settled.outcomes);
    }

    /// What this attempt needs.
    #[must_use]
    pub fn supplies(&self, attempt: AttemptId) -> Supplies {
        let mut supplies = Supplies::default();
        match self.core.needed(attempt) {
            Needed::Nothing => {}
            Needed::Photo(input) => {
                supplies.photo = self.own.get(&input).and_then(|own| own.photo.clone());
            }
            Needed::Part { part, input } => {
                supplies.file = self.destination(input).map(|to| (part, (input, to)));
            }
        }
        supplies
    }

    /// The next input that is over.
    #[must_use]
    pub fn next_over(&mut self) -> Option<Processed> {
        let over = self.core.next_over()?;
        let own = self.own.remove(&over.index).unwrap_or_default();
        Some(Processed { index: over.index, job_id: over.job_id, end: ended(over.end, own) })
    }

    /// Why the journal could not be written, where that is so.
    #[must_use]
    pub const fn trouble(&self) -> Option<&JournalError> {
        self.trouble.as_ref()
    }

    fn destination(&self, input: usize) -> Option<Destination> {
        self.own.get(&input)?.destination.clone()
    }
}

fn ended(end: InputEnd<PathBuf, SaveError>, own: Own) -> Result<Done, Error> {
    Err(match end {
        InputEnd::Done(done) => {
            let (files, finished) = (done.files, done.finished);
            return Ok(Done { files, finished, unexpected: done.unexpected });
        }
        InputEnd::Incomplete { job_id, files, missing } => {
            let why = |missing| match missing {
                Missing::Fetch(error) => SaveError::Fetch(error),
                Missing::Keep(error) => error,
            };
            let failed = missing.into_iter().map(|(variation, missing)| (variation, why(missing)));
            Error::Incomplete { job_id, files, failed: failed.collect() }
        }
        InputEnd::NotAccepted(error) => Error::Upload(error),
        InputEnd::NotDone(error) => Error::Poll(error),
        InputEnd::FailedBefore { job_id, reason } => Error::FailedBefore { job_id, reason },
        InputEnd::Left { job_id } => Error::Left { job_id },
        InputEnd::Taken { key } => Error::Taken { key },
        InputEnd::Cancelled => Error::Cancelled,
        InputEnd::Stopped(stop) => Error::Stopped(stop),
        InputEnd::Refused => own.refused.unwrap_or(Error::Cancelled),
    })
}

impl fmt::Debug for PhotoCatalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhotoCatalogue").field("core", &self.core).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use removit_proto::{Action, ApiKey, Machine, Outcome};

    use super::super::disk::Disk;
    use super::*;

    #[test]
    fn a_catalogue_is_shown_without_the_key() {
        let endpoint = Endpoint::production(ApiKey::new("my-key").unwrap());
        let (policy, seed) = (BatchPolicy::default(), Seed::new(1));
        let catalogue = PhotoCatalogue::new(&endpoint, policy, seed, Arc::new(()), None);
        let shown = format!("{catalogue:?}");
        assert!(shown.starts_with("PhotoCatalogue { core: "), "{shown}");
        assert!(!shown.contains("my-key"), "{shown}");
    }

    /// A photo in memory would otherwise be held for as long as its job runs.
    #[test]
    fn a_photo_is_held_until_its_job_is_accepted() {
        let endpoint = Endpoint::production(ApiKey::new("my-key").unwrap());
        let (policy, seed, now) = (BatchPolicy::default(), Seed::new(1), Instant::ORIGIN);
        let mut catalogue = PhotoCatalogue::new(&endpoint, policy, seed, Arc::new(()), None);
        let mut disk = Disk::new(None);
        let photo = Photo::from_bytes("cup.png", &b"\x89PNG\r\n\x1a\n"[..]).unwrap();
        let keyed = disk.key(photo.into());
        catalogue.admit(now, disk.inspect(keyed, None));
        let Action::Send(attempt) = catalogue.core.next_action(now) else { panic!() };
        assert!(catalogue.supplies(attempt.id).photo.is_some());
        assert!(catalogue.effects(now).is_empty());
        assert!(catalogue.supplies(attempt.id).photo.is_some(), "it may be sent again");

        let answer = http::Response::builder().status(202).body(r#"{"job_id":"job-1"}"#.into());
        catalogue.core.handle(now, attempt.id, Outcome::Response(answer.unwrap()));
        assert!(catalogue.effects(now).is_empty(), "that is nothing for the disk");
        assert!(catalogue.own[&0].photo.is_none());
    }
}
