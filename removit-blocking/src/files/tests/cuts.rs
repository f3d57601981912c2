//! The laws of a power cut: what reached the vendor has its intent, what was acted on its
//! acceptance, what has a final name is whole, and whoever goes on pays for nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use removit_proto::journal::{Header, Journal, Need, Reader, Replay, WallTime};
use removit_proto::{ApiKey, BatchPolicy, Endpoint, Instant, Seed, UploadError};

use super::recorder::{Recorder, Step};
use super::surviving::{Contents, FATES, Names, State};
use super::vendor::{API, Vendor, photo, result};
use crate::{BatchInput, Client, Clock, Destination, Error, JournalError, JournalFile, Processed};

const PHOTOS: usize = 3;

/// A folder that stands for a disk: the journal in it, the results below it.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("work")
    }

    fn journal(&self) -> PathBuf {
        self.folder().join("the.removit")
    }

    fn results(&self) -> PathBuf {
        self.folder().join("out").join("results")
    }

    /// Makes these the only files there are.
    fn set(&self, files: &BTreeMap<PathBuf, Vec<u8>>) {
        let _ = fs::remove_dir_all(self.folder());
        fs::create_dir_all(self.folder()).unwrap();
        for (path, content) in files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    fn state(&self) -> State {
        State::with(&self.folder())
    }

    fn open(&self, recorder: &Arc<Recorder>) -> Result<(JournalFile, Replay), JournalError> {
        let header = Header::new(WallTime::default(), "a test");
        JournalFile::open_on(self.journal(), header, Arc::clone(recorder) as _)
    }

    /// One process that does what there is to do. Two inputs share a photo.
    fn run(&self, recorder: &Arc<Recorder>) -> Vec<Processed> {
        let (journal, replay) = self.open(recorder).expect("a journal that can be opened");
        let endpoint = Endpoint::new(API, ApiKey::new("sk-power-cut").unwrap()).unwrap();
        let client = Client::with_transport(endpoint, Vendor(Arc::clone(recorder)))
            .clock(Clock::simulated(Instant::ORIGIN))
            .seed(Seed::new(5));
        let mut policy = BatchPolicy::default();
        policy.uploads_at_once = 1;
        policy.requests_per_second = 1000;
        let input = |(place, number): (usize, usize)| {
            BatchInput::from(photo(number))
                .to(Destination::folder(self.results(), place.to_string()))
        };
        let inputs: Vec<_> = NUMBERS.into_iter().enumerate().map(input).collect();
        let batch = client.batch(inputs).policy(policy).journal(journal, replay);
        let mut all = Vec::new();
        for processed in batch.on(Arc::clone(recorder) as _) {
            if let Ok(done) = &processed.end {
                recorder.note(Step::Told(processed.index, done.files.clone()));
            }
            all.push(processed);
        }
        all
    }
}

/// Which photo each input is.
const NUMBERS: [usize; 4] = [0, 1, 0, 2];

fn read(files: &BTreeMap<PathBuf, Vec<u8>>, journal: &Path) -> Option<Journal> {
    let mut reader = Reader::new();
    reader.feed(files.get(journal)?);
    // One that was cut before its first line was whole is begun anew.
    reader.finish().ok()
}

/// What is wrong with the files that a cut left after these steps.
fn judge(disk: &Disk, steps: &[Step], files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let mut wrong = Vec::new();
    let journal = read(files, &disk.journal());
    let replay = journal.as_ref().map(|journal| journal.replay.clone()).unwrap_or_default();
    if let Some(Err(broken)) = journal.as_ref().map(Journal::check) {
        wrong.push(format!("the journal is damaged: {broken}"));
    }
    let is_whole = |path: &Path, number: usize| files.get(path) == Some(&result(number));
    for step in steps {
        match step {
            Step::Sent(number) => {
                let need = replay.need(&photo(*number).key().unwrap());
                if need == Need::Send {
                    wrong.push(format!("photo {number} was sent, and no intent tells of it"));
                }
            }
            Step::Polled(number) => {
                let key = photo(*number).key().unwrap();
                if replay.entry(&key).is_none_or(|entry| entry.jobs().is_empty()) {
                    wrong.push(format!("photo {number} was asked for, and its id is lost"));
                }
            }
            Step::Told(index, paths)
                if paths.is_empty()
                    || !paths.iter().all(|path| is_whole(path, NUMBERS[*index])) =>
            {
                wrong.push(format!("input {index} was told as done and its result is not there"));
            }
            _ => {}
        }
    }
    for number in 0..PHOTOS {
        let Some(entry) = replay.entry(&photo(number).key().unwrap()).cloned() else { continue };
        for saved in entry.saved() {
            if !is_whole(&saved.path.to_path().unwrap(), number) {
                wrong.push(format!("photo {number} is recorded as saved and is not there, whole"));
            }
        }
    }
    let results: BTreeSet<_> = (0..PHOTOS).map(result).collect();
    for (path, content) in files {
        let is_half = path.extension().is_some_and(|ending| ending == "part");
        if path.starts_with(disk.results()) && !is_half && !results.contains(content) {
            wrong.push(format!("{} has a final name and is not whole", path.display()));
        }
    }
    wrong
}

/// Cuts a run after each of its steps from `first` on, in every way.
fn cut_everywhere(disk: &Disk, steps: &[Step], first: usize) -> Result<usize, String> {
    let (mut state, mut cuts) = (disk.state(), 0);
    for count in 0..=steps.len() {
        if count >= first {
            for fate in FATES {
                let wrong = judge(disk, &steps[..count], &state.after(fate));
                if !wrong.is_empty() {
                    let last = count.checked_sub(1).map(|last| &steps[last]);
                    return Err(format!("cut after {count}, {last:?}, {fate:?}: {wrong:#?}"));
                }
                cuts += 1;
            }
        }
        if let Some(step) = steps.get(count) {
            state.take(step);
        }
    }
    Ok(cuts)
}

fn recorded(disk: &Disk, recorder: &Arc<Recorder>) -> Vec<Step> {
    disk.set(&BTreeMap::new());
    let all = disk.run(recorder);
    assert!(all.iter().all(|processed| processed.end.is_ok()), "{all:?}");
    recorder.taken()
}

#[test]
fn whatever_step_the_power_is_cut_at_nothing_that_was_acted_on_is_lost() {
    let disk = Disk::new();
    let steps = recorded(&disk, &Recorder::after(Vec::new()));
    let count = |of: fn(&Step) -> bool| steps.iter().filter(|step| of(step)).count();
    assert_eq!(count(|step| matches!(step, Step::Sent(_))), PHOTOS);
    assert_eq!(count(|step| matches!(step, Step::Told(..))), NUMBERS.len());
    let cuts = cut_everywhere(&disk, &steps, 0).unwrap();
    assert!(cuts > 300, "{cuts}");
}

#[test]
fn what_a_killed_process_had_not_synced_is_synced_before_it_is_acted_on() {
    let disk = Disk::new();
    let steps = recorded(&disk, &Recorder::after(Vec::new()));
    let mut state = disk.state();
    for killed in 0..=steps.len() {
        disk.set(&state.after((Names::There, Contents::There)));
        let mut before = steps[..killed].to_vec();
        before.push(Step::Killed);
        let recorder = Recorder::after(before);
        disk.run(&recorder);
        cut_everywhere(&disk, &recorder.taken(), killed + 1)
            .unwrap_or_else(|wrong| panic!("killed after {killed}, then {wrong}"));
        if let Some(step) = steps.get(killed) {
            state.take(step);
        }
    }
}

#[test]
fn whoever_goes_on_after_a_power_cut_pays_for_nothing_twice_and_brings_the_rest() {
    let disk = Disk::new();
    let steps = recorded(&disk, &Recorder::after(Vec::new()));
    let mut state = disk.state();
    for count in 0..=steps.len() {
        for fate in FATES {
            disk.set(&state.after(fate));
            let recorder = Recorder::after(Vec::new());
            let case = format!("cut after {count}, {fate:?}");
            if let Err(JournalError::Unreadable { .. }) = disk.open(&recorder) {
                // Zeros in place of a header are no journal, and are left alone: it is
                // the first thing that is synced.
                let is_act = |step: &Step| matches!(step, Step::Sync(..) | Step::Sent(_));
                assert!(!steps[..count].iter().any(is_act) && fate.1 == Contents::Zeros, "{case}");
                continue;
            }
            let all = disk.run(&recorder);
            let sent = |steps: &[Step]| -> BTreeSet<usize> {
                let number = |step: &Step| match step {
                    Step::Sent(number) => Some(*number),
                    _ => None,
                };
                steps.iter().filter_map(number).collect()
            };
            let (before, later) = (sent(&steps[..count]), sent(&recorder.taken()));
            assert!(before.is_disjoint(&later), "{case}: sent twice: {before:?} {later:?}");
            assert_eq!(all.len(), NUMBERS.len(), "{case}");
            for processed in all {
                let number = NUMBERS[processed.index];
                match processed.end {
                    Ok(done) => {
                        let whole = fs::read(&done.files[0]).unwrap() == result(number);
                        assert!(whole && done.files.len() == 1, "{case}: {done:?}");
                    }
                    // The answer was under way, or the intent was and nothing else.
                    Err(Error::Upload(UploadError::Ambiguous(_))) => {
                        let is_open = steps[..count]
                            .iter()
                            .any(|step| matches!(step, Step::Polled(polled) if *polled == number));
                        assert!(!is_open, "{case}: photo {number} was accepted");
                    }
                    Err(error) => panic!("{case}: {error}"),
                }
            }
        }
        if let Some(step) = steps.get(count) {
            state.take(step);
        }
    }
}

/// The tests above must be able to fail.
#[test]
fn a_name_that_comes_before_the_sync_is_noticed() {
    let disk = Disk::new();
    let recorder = Recorder { forgets_file_syncs: true, ..Recorder::default() };
    let steps = recorded(&disk, &Arc::new(recorder));
    let wrong = cut_everywhere(&disk, &steps, 0).unwrap_err();
    assert!(wrong.contains("has a final name and is not whole"), "{wrong}");
}

#[test]
fn syncs_that_are_left_out_are_noticed_one_by_one() {
    let disk = Disk::new();
    let steps = recorded(&disk, &Recorder::after(Vec::new()));
    let is_sync = |step: &Step| matches!(step, Step::Sync(..) | Step::SyncFolder(_));
    let mut unnoticed = Vec::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| is_sync(step)) {
        let mut without = steps.clone();
        without.remove(at);
        if cut_everywhere(&disk, &without, 0).is_ok() {
            unnoticed.push((at, format!("{step:?}").chars().take(120).collect::<String>()));
        }
    }
    let syncs = steps.iter().filter(|step| is_sync(step)).count();
    assert!(unnoticed.len() * 4 <= syncs, "{} of {syncs}: {unnoticed:#?}", unnoticed.len());
}
