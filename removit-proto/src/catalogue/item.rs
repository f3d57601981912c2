//! What goes into a catalogue, in the core's words: a photo's request or a job that
//! exists, what it is known by, and where its results go.
//!
//! How a photo is read and how a folder is made is the driver's; here a destination is a
//! value that is compared with the journal's.

use crate::api::job_id::JobId;
use crate::api::upload_request::UploadRequest;
use crate::journal::input_key::InputKey;
use crate::journal::{Destination, Entry, Input, Need, Place, Planned, Replay, Saved, WallTime};

/// One input, as the catalogue needs to know it.
///
/// ```
/// use removit_proto::catalogue::Item;
/// use removit_proto::journal::{Destination, Input, JournalPath};
/// use removit_proto::UploadRequest;
/// use std::path::Path;
///
/// let url: removit_proto::SourceUrl = "https://example.com/cup.jpg".parse()?;
/// let item = Item::photo(UploadRequest::from_url(url.clone()), Input::Url(url))
///     .to(Destination::File(JournalPath::new(Path::new("/results/cup.png"))));
/// assert!(item.may_be_sent(None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an item is for `Catalogue::admit`"]
pub struct Item {
    pub(super) origin: Origin,
    pub(super) key: Option<InputKey>,
    pub(super) destination: Option<Destination>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Sent, unless the journal knows a job of it.
    Photo(Box<UploadRequest>, Input),
    /// Never sent: the job exists.
    Job(JobId),
}

impl Item {
    /// A photo to be processed, under the name that the journal is to call it by. Its
    /// results are not fetched.
    pub fn photo(request: UploadRequest, name: Input) -> Self {
        Self { origin: Origin::Photo(Box::new(request), name), key: None, destination: None }
    }

    /// A job that exists: it is waited for, and never sent.
    pub const fn job(job_id: JobId) -> Self {
        Self { origin: Origin::Job(job_id), key: None, destination: None }
    }

    /// What it is known by: inputs of one key share a job. Without a key nothing of it is
    /// written into a journal.
    pub const fn with_key(mut self, key: InputKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Fetches the results to here.
    pub fn to(mut self, destination: Destination) -> Self {
        self.destination = Some(destination);
        self
    }

    /// The job, where it is one that exists.
    #[must_use]
    pub const fn job_id(&self) -> Option<&JobId> {
        match &self.origin {
            Origin::Photo(..) => None,
            Origin::Job(job_id) => Some(job_id),
        }
    }

    /// What it is known by.
    #[must_use]
    pub const fn key(&self) -> Option<&InputKey> {
        self.key.as_ref()
    }

    /// Where its results go; `None` where they are not fetched.
    #[must_use]
    pub const fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }

    /// What a journal is to be told of it before anything is sent: nothing where its
    /// entry names it already, where it has no key, and of a job that exists.
    #[must_use]
    pub fn planned(&self, at: WallTime, entry: Option<&Entry>) -> Option<Planned> {
        let (Origin::Photo(request, name), Some(key)) = (&self.origin, self.key) else {
            return None;
        };
        if entry.is_some_and(|entry| self.place_in(entry).is_some()) {
            return None;
        }
        let mut planned = Planned::new(at, key, name.clone(), request.options());
        planned.destination.clone_from(&self.destination);
        Some(planned)
    }

    /// Which of an entry's places is its own.
    #[must_use]
    pub fn place_in(&self, entry: &Entry) -> Option<u32> {
        let name = match &self.origin {
            Origin::Photo(_, name) => Some(name),
            Origin::Job(_) => None,
        };
        let same = |place: &Place| {
            place.destination() == self.destination.as_ref()
                && name.is_none_or(|name| place.input() == name)
        };
        entry.places().iter().position(same).and_then(|at| u32::try_from(at).ok())
    }

    /// The results that earlier runs saved in its place, each once, as far as `whole` finds
    /// their files: what [`Catalogue::admit`] is to be told.
    ///
    /// [`Catalogue::admit`]: crate::Catalogue::admit
    pub fn there<F>(
        &self,
        entry: Option<&Entry>,
        whole: impl Fn(&Saved) -> Option<F>,
    ) -> Vec<(Option<String>, F)> {
        let own = entry.and_then(|entry| self.place_in(entry));
        let mut there: Vec<(Option<String>, F)> = Vec::new();
        let saved = entry.into_iter().flat_map(Entry::saved);
        for saved in saved.filter(|saved| Some(saved.place) == own) {
            let Some(file) = whole(saved) else { continue };
            // Saved anew, after its file was gone.
            match there.iter_mut().find(|(variation, _)| *variation == saved.variation) {
                Some((_, earlier)) => *earlier = file,
                None => there.push((saved.variation.clone(), file)),
            }
        }
        there
    }

    /// Whether it may come to be paid for: time to try whether its results would have a
    /// place. For an accepted job it is too late for that.
    #[must_use]
    pub fn may_be_sent(&self, entry: Option<&Entry>) -> bool {
        matches!(self.origin, Origin::Photo(..)) && entry.is_none_or(|e| e.jobs().is_empty())
    }
}

/// What a journal says is paid for and not over: a job to be waited for and fetched, for
/// each place that its results go to.
pub fn resumable(replay: &Replay) -> impl Iterator<Item = Item> + '_ {
    replay.entries().iter().flat_map(unfinished)
}

fn unfinished(entry: &Entry) -> Vec<Item> {
    let (Need::Poll(job_id) | Need::Download(job_id)) = entry.need() else { return Vec::new() };
    let item = |destination: Option<&Destination>| {
        let item = Item::job(job_id.clone()).with_key(*entry.key());
        match destination {
            Some(destination) => item.to(destination.clone()),
            None => item,
        }
    };
    let items: Vec<_> = entry.places().iter().map(|place| item(place.destination())).collect();
    if items.is_empty() { vec![item(None)] } else { items }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::journal::JournalPath;
    use crate::journal::content_hash::ContentHash;

    #[test]
    fn an_item_is_a_photo_or_a_job_with_what_was_said_of_it() {
        let job_id: JobId = "j-1".parse().unwrap();
        let url = "https://a.example/cup.jpg".parse().unwrap();
        let name = Input::Memory("cup".to_owned());
        let photo = Item::photo(UploadRequest::from_url(url), name.clone());
        let job = Item::job(job_id.clone());
        assert_eq!((photo.job_id(), job.job_id()), (None, Some(&job_id)));
        assert!(photo.may_be_sent(None) && !job.may_be_sent(None));
        let key = InputKey::new(ContentHash::new([1; 32]));
        let destination = Destination::File(JournalPath::new(Path::new("out.png")));
        for item in [photo, job] {
            assert_eq!((item.key(), item.destination()), (None, None));
            assert_eq!(item.planned(WallTime::default(), None), None, "it has no key");
            let is_photo = item.job_id().is_none();
            let item = item.with_key(key).to(destination.clone());
            assert_eq!((item.key(), item.destination()), (Some(&key), Some(&destination)));
            let planned = item.planned(WallTime::default(), None);
            let planned = planned.map(|planned| (planned.input, planned.destination));
            let expected = (name.clone(), Some(destination.clone()));
            assert_eq!(planned, is_photo.then_some(expected));
        }
    }
}
