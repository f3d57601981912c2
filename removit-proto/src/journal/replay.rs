//! All records of a journal, folded into what is known of each input.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::Serialize;

use super::entry::Entry;
use super::need::{Need, Stage};
use super::path::{JournalPath, PathOf};
use super::record::{Header, Opened, Record};
use crate::api::upload_options::UploadOptions;
use crate::journal::input_key::InputKey;

/// The state that a journal's records add up to.
///
/// It can be kept up to date while a journal is written, with the same records.
///
/// ```
/// use removit_proto::journal::{Intent, Need, Question, Record, Replay, Stage, WallTime};
/// use removit_proto::{Accepted, ContentHash, InputKey};
/// use std::time::Duration;
///
/// let now = WallTime::from_unix(Duration::from_secs(1_796_000_000));
/// let key = InputKey::new(ContentHash::new([1; 32]));
/// let mut replay = Replay::default();
/// assert_eq!(replay.need(&key), Need::Send);
///
/// // A process that dies here may have sent the photo.
/// let intent = Intent::new(now, key, 1);
/// replay.apply(Record::Intent(intent.clone()));
/// assert_eq!(replay.need(&key), Need::Operator(Question::Ambiguous));
///
/// let answer = http::Response::builder().status(202).body(r#"{"job_id":"j-1"}"#)?;
/// let accepted = Accepted::decode(&answer).expect("a job id");
/// replay.apply(Record::Accepted(intent.accepted(now, &accepted)));
/// assert_eq!(replay.need(&key), Need::Poll(accepted.job_id()));
/// assert_eq!(replay.counts().at(Stage::Accepted), 1);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    header: Option<Header>,
    openings: Vec<Opened>,
    entries: Vec<Entry>,
    index: BTreeMap<InputKey, usize>,
}

/// Of no more inputs than this it is told how long they took.
const LESSONS: usize = 512;

/// How many inputs are at each stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    stages: BTreeMap<Stage, u64>,
    possible_jobs: u64,
}

impl Replay {
    /// What the journal is, once its first line was read.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The processes that wrote to it, in order.
    #[must_use]
    pub fn openings(&self) -> &[Opened] {
        &self.openings
    }

    /// Each input, in the order in which the journal first names them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is known of an input.
    #[must_use]
    pub fn entry(&self, key: &InputKey) -> Option<&Entry> {
        self.index.get(key).and_then(|at| self.entries.get(*at))
    }

    /// What an input needs now; one that the journal does not know is to be sent.
    #[must_use]
    pub fn need(&self, key: &InputKey) -> Need<'_> {
        self.entry(key).map_or(Need::Send, Entry::need)
    }

    /// The number of an input's next intent.
    #[must_use]
    pub fn next_attempt(&self, key: &InputKey) -> u32 {
        self.entry(key).map_or(1, Entry::next_attempt)
    }

    /// How many inputs are at each stage.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in &self.entries {
            let count = counts.stages.entry(entry.stage()).or_default();
            *count = count.saturating_add(1);
            counts.possible_jobs = counts.possible_jobs.saturating_add(entry.possible_jobs());
        }
        counts
    }

    /// How long jobs took until they were seen to be over, each with what was asked of
    /// it: of the last 512 inputs, in the journal's order. A wait that went on in another
    /// process says nothing of that, and is left out.
    ///
    /// ```
    /// use removit_proto::journal::{Replay, decode};
    ///
    /// let key = "8e38e36aa3208ad35157628438c16f82fcae14e20debb8f2c6066d19588c27e1";
    /// let lines = [
    ///     r#"{"kind":"planned","input":{"file":"cup.png"},"options":{"mode":"background"},"#,
    ///     r#"{"kind":"accepted","job_id":"j-1","attempt":1,"#,
    ///     r#"{"kind":"ended","job_id":"j-1","outcome":"done","elapsed_ms":9000,"#,
    /// ];
    /// let mut replay = Replay::default();
    /// for line in lines {
    ///     let line = format!(r#"{line}"at":"2026-11-24T11:07:03.000Z","key":"{key}"}}"#);
    ///     decode(line.as_bytes())?.into_iter().for_each(|record| replay.apply(record));
    /// }
    /// let took: Vec<_> = replay.durations().map(|(_, took)| took.as_secs()).collect();
    /// assert_eq!(took, [9]);
    /// # Ok::<(), removit_proto::journal::DecodeError>(())
    /// ```
    pub fn durations(&self) -> impl Iterator<Item = (&UploadOptions, Duration)> {
        let from = self.entries.len().saturating_sub(LESSONS);
        self.entries.iter().skip(from).filter_map(|entry| {
            let took = entry.job()?.took(&self.openings)?;
            Some((entry.options()?, took))
        })
    }

    /// Says of each path where it is by now, where a journal was moved together with
    /// the files that it names; `None` leaves a path as it is. The journal itself is
    /// never changed: it is told anew each time that it is read.
    ///
    /// ```
    /// use removit_proto::journal::{Input, JournalPath, PathOf, Planned, Record, Replay, WallTime};
    /// use removit_proto::{ContentHash, InputKey, UploadOptions};
    /// use std::path::Path;
    ///
    /// let key = InputKey::new(ContentHash::new([1; 32]));
    /// let input = Input::File(JournalPath::new(Path::new("/old/cup.jpg")));
    /// let planned = Planned::new(WallTime::default(), key, input, UploadOptions::default());
    /// let mut replay = Replay::default();
    /// replay.apply(Record::Planned(planned));
    ///
    /// let moved = JournalPath::new(Path::new("/new/cup.jpg"));
    /// replay.map_paths(|of, _| (of == PathOf::Input).then(|| moved.clone()));
    /// let places = replay.entry(&key).map(|entry| entry.places().to_vec());
    /// assert_eq!(places.unwrap_or_default()[0].input(), &Input::File(moved));
    /// ```
    pub fn map_paths(&mut self, mut map: impl FnMut(PathOf, &JournalPath) -> Option<JournalPath>) {
        for entry in &mut self.entries {
            entry.map_paths(&mut map);
        }
    }

    /// Takes the next record in.
    pub fn apply(&mut self, record: Record) {
        match (record.key().copied(), record) {
            (Some(key), record) => self.apply_to(key, record),
            (None, Record::Header(header)) => {
                self.header.get_or_insert(header);
            }
            (None, Record::Opened(opened)) => self.openings.push(opened),
            (None, _) => {}
        }
    }

    fn apply_to(&mut self, key: InputKey, record: Record) {
        let next = self.entries.len();
        let at = *self.index.entry(key).or_insert(next);
        if at == next {
            self.entries.push(Entry::new(key));
        }
        if let Some(entry) = self.entries.get_mut(at) {
            entry.apply(record);
        }
    }
}

impl Counts {
    /// The inputs at this stage.
    #[must_use]
    pub fn at(&self, stage: Stage) -> u64 {
        self.stages.get(&stage).copied().unwrap_or_default()
    }

    /// All inputs.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.stages.values().copied().fold(0, u64::saturating_add)
    }

    /// How many jobs may exist, and be charged, beside those that are known.
    #[must_use]
    pub const fn possible_jobs(&self) -> u64 {
        self.possible_jobs
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::journal::content_hash::ContentHash;
    use crate::journal::{Destination, Input, Planned, Saved, WallTime};

    fn path(text: &str) -> JournalPath {
        JournalPath::new(Path::new(text))
    }

    #[test]
    fn every_path_can_be_another_by_now() {
        let (at, key) = (WallTime::default(), InputKey::new(ContentHash::new([1; 32])));
        let mut replay = Replay::default();
        let stem = "cup".to_owned();
        for destination in
            [Destination::File(path("file")), Destination::Folder { path: path("folder"), stem }]
        {
            let planned =
                Planned::new(at, key, Input::File(path("input")), UploadOptions::default());
            replay.apply(Record::Planned(planned.with_destination(destination)));
        }
        let memory = Input::Memory("memory".to_owned());
        replay.apply(Record::Planned(Planned::new(at, key, memory, UploadOptions::default())));
        replay.apply(Record::Saved(Saved::new(at, key, path("saved"), 7)));

        let mut met = Vec::new();
        replay.map_paths(|of, path| {
            met.push((of, path.to_string()));
            (of != PathOf::File).then(|| JournalPath::new(Path::new(&format!("new-{path}"))))
        });
        let expected = [
            (PathOf::Input, "input"),
            (PathOf::File, "file"),
            (PathOf::Input, "input"),
            (PathOf::Folder, "folder"),
            (PathOf::Saved, "saved"),
        ];
        assert_eq!(met, expected.map(|(of, path)| (of, path.to_owned())));
        let shown = format!("{:?}", replay.entry(&key).unwrap());
        for path in ["(new-input)", "(file)", "(new-folder)", "(new-saved)"] {
            assert!(shown.contains(path), "{shown}");
        }
    }

    #[test]
    fn inputs_are_counted_by_their_stages() {
        let mut replay = Replay::default();
        for n in 1..=3 {
            let key = InputKey::new(ContentHash::new([n; 32]));
            let input = Input::Memory("cup".to_owned());
            let planned = Planned::new(WallTime::default(), key, input, UploadOptions::default());
            replay.apply(Record::Planned(planned));
        }
        let counts = replay.counts();
        assert_eq!((counts.at(Stage::Planned), counts.at(Stage::Open)), (3, 0));
        assert_eq!((counts.total(), counts.possible_jobs()), (3, 0));
    }
}
