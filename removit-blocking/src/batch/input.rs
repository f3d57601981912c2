//! What goes into a batch: a photo, or a job that exists, and where its results go.
//!
//! Opens nothing and sends nothing.

use removit_proto::catalogue::{self, Item};
use removit_proto::journal::{Entry, Input, Planned, Replay, WallTime};
use removit_proto::{InputKey, JobId, Source};

use crate::files::Content;
use crate::{Destination, Photo, SaveError};

/// One input of a batch.
///
/// ```
/// use removit_blocking::{BatchInput, Destination, Photo};
///
/// let photo = Photo::from_url("https://example.com/cup.jpg")?;
/// let input = BatchInput::from(photo).to(Destination::folder("results", "cup"));
/// # drop(input);
/// # Ok::<(), removit_blocking::PhotoError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an input is for `Client::batch`"]
pub struct BatchInput {
    pub(super) origin: Origin,
    pub(super) key: Option<InputKey>,
    pub(super) destination: Option<Destination>,
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// Sent, unless the journal knows a job of it.
    Photo(Photo),
    /// Never sent: the job exists.
    Job(JobId),
}

impl From<Photo> for BatchInput {
    /// A photo to process, whose results are not fetched.
    fn from(photo: Photo) -> Self {
        Self { origin: Origin::Photo(photo), key: None, destination: None }
    }
}

impl From<JobId> for BatchInput {
    /// A job that exists: it is waited for, and never sent.
    fn from(job_id: JobId) -> Self {
        Self { origin: Origin::Job(job_id), key: None, destination: None }
    }
}

impl BatchInput {
    /// Fetches the results to here.
    pub fn to(mut self, destination: Destination) -> Self {
        self.destination = Some(destination);
        self
    }

    /// Where its results go; `None` where they are not fetched.
    #[must_use]
    pub const fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }

    /// The job, where it is one that exists.
    pub(crate) const fn job_id(&self) -> Option<&JobId> {
        match &self.origin {
            Origin::Photo(_) => None,
            Origin::Job(job_id) => Some(job_id),
        }
    }

    /// Whether its results could be saved, as far as that can be known without making
    /// or writing anything. A batch tries it for certain before it sends the photo.
    ///
    /// # Errors
    /// [`SaveError`] where something is in the way.
    ///
    /// ```
    /// # use removit_blocking::{BatchInput, Destination, Photo};
    /// let photo = Photo::from_url("https://example.com/cup.jpg")?;
    /// let input = BatchInput::from(photo).to(Destination::file("no such folder/cup.png"));
    /// assert!(input.try_place().is_err());
    /// # Ok::<(), removit_blocking::PhotoError>(())
    /// ```
    pub fn try_place(&self) -> Result<(), SaveError> {
        self.destination.as_ref().map_or(Ok(()), Destination::look)
    }

    /// The key of the photo, where it is known: a batch with a journal then need
    /// not read the file for it. It must be what [`Photo::key`] says.
    pub fn with_key(mut self, key: InputKey) -> Self {
        self.key = Some(key);
        self
    }

    /// What a journal is to be told of it before anything is sent: nothing where
    /// its entry names it already, where it has no key, and of a job that exists.
    #[must_use]
    pub fn planned(&self, at: WallTime, entry: Option<&Entry>) -> Option<Planned> {
        self.item().planned(at, entry)
    }

    /// As the core's catalogue knows it.
    pub(super) fn item(&self) -> Item {
        let mut item = match &self.origin {
            Origin::Photo(photo) => Item::photo(photo.request().clone(), photo.journal_input()),
            Origin::Job(job_id) => Item::job(job_id.clone()),
        };
        if let Some(key) = self.key {
            item = item.with_key(key);
        }
        match &self.destination {
            Some(destination) => item.to(destination.journaled()),
            None => item,
        }
    }
}

/// The jobs that a journal says are paid for and not over, for each place that their
/// results go to.
pub(crate) fn resumable(replay: &Replay) -> impl Iterator<Item = BatchInput> + '_ {
    catalogue::resumable(replay).filter_map(|item| {
        let mut input = BatchInput::from(item.job_id()?.clone());
        input.key = item.key().copied();
        input.destination = item.destination().and_then(Destination::from_journal);
        Some(input)
    })
}

impl Photo {
    /// What a journal calls it: its absolute path, its URL, or its name.
    #[must_use]
    pub fn journal_input(&self) -> Input {
        match (self.content(), self.request().source()) {
            (Content::File { path, .. }, _) => Input::File(crate::files::absolute(path)),
            (_, Source::Url(url)) => Input::Url(url.clone()),
            (_, Source::File(file)) => Input::Memory(file.name().as_str().to_owned()),
            // `Source` may grow: whatever it is, it is in memory.
            (_, _) => Input::Memory(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use removit_proto::ContentHash;

    use super::*;

    fn input() -> BatchInput {
        BatchInput::from(Photo::from_url("https://example.com/cup.jpg").unwrap())
    }

    #[test]
    fn an_input_says_where_its_results_go() {
        assert_eq!(input().destination(), None);
        let destination = Destination::folder("out", "cup");
        assert_eq!(input().to(destination.clone()).destination(), Some(&destination));
    }

    #[test]
    fn a_place_in_a_folder_that_is_not_there_is_none() {
        assert!(input().try_place().is_ok(), "its results are not fetched");
        assert!(input().to(Destination::file("no such folder/cup.png")).try_place().is_err());
    }

    #[test]
    fn a_journal_is_told_of_a_photo_with_a_key_and_where_its_results_go() {
        let at = WallTime::from_unix(Duration::from_secs(7));
        assert_eq!(input().planned(at, None), None, "it has no key");
        let key = InputKey::new(ContentHash::new([1; 32]));
        let destination = Destination::folder("out", "cup");
        let planned = input().to(destination.clone()).with_key(key).planned(at, None).unwrap();
        assert_eq!((planned.key, planned.at), (key, at));
        assert_eq!(planned.destination, Some(destination.journaled()));
    }
}
