//! A driver that is neither adapter: one thread, one epoll loop (mio) and the core.
//!
//! A catalogue with a journal: each photo is paid for once, whatever stops the process.
//! `cargo run -p removit-tokio --features simulator --example epoll` plays it against the
//! simulator, twice: the second run finds all of it done. What speaks HTTP is in `wire.rs`.

mod wire;

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mio::{Events, Poll, Token};
use removit_tokio::proto::journal::{
    Ended, Header, Input, Intent, JournalPath, Need, Planned, Reader, Record, Replay, Saved,
    WallTime, encode,
};
use removit_tokio::proto::simulator::{Config, Simulator};
use removit_tokio::proto::{
    Action, ApiKey, Batch, BatchCounts, BatchEvent, BatchPolicy, ContentHash, Endpoint, FileName,
    ImageType, InputKey, Instant, JobNumber, Machine, Outcome, OutputNames, Seed, SourceFile,
    UploadRequest, Work,
};
use removit_tokio::simulator::SimulatorServer;
use sha2::{Digest, Sha256};
use wire::Wire;

const PHOTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../removit-proto/tests/photos");

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let vendor = SimulatorServer::start(Simulator::new(Config::instant()))?;
    let folder = tempfile::tempdir()?;
    for run in ["first", "second"] {
        let endpoint = Endpoint::new(&vendor.base_url(), ApiKey::new("any")?)?;
        let mut shop = Shop::open(endpoint, folder.path())?;
        for photo in ["coffee-small.jpg", "rocket.jpg", "coffee.png"] {
            shop.add(&Path::new(PHOTOS).join(photo))?;
        }
        let done = shop.run()?.done;
        println!("{run} run: {done} done, {} paid for", vendor.account().credits_spent);
    }
    let account = vendor.stop();
    assert_eq!(account.credits_spent, 3, "each photo is paid for once");
    assert_eq!(account.jobs.iter().map(|job| job.downloads).sum::<u64>(), 3);
    Ok(())
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_origin(since)
}

fn wall() -> WallTime {
    WallTime::from_unix(now().since_origin())
}

/// What the driver keeps of a job beside the batch.
struct Job {
    key: InputKey,
    photo: PathBuf,
    names: OutputNames,
    intent: Option<Intent>,
}

struct Shop {
    batch: Batch,
    folder: PathBuf,
    journal: File,
    replay: Replay,
    jobs: HashMap<JobNumber, Job>,
}

impl Shop {
    fn open(endpoint: Endpoint, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let path = folder.join("journal");
        let written = fs::read(&path).unwrap_or_default();
        let journal = OpenOptions::new().create(true).append(true).open(path)?;
        let mut seed = [0; 16];
        getrandom::fill(&mut seed)?;
        let seed = Seed::new(u128::from_ne_bytes(seed));
        let batch = Batch::new(endpoint, BatchPolicy::default(), seed);
        let (folder, jobs) = (folder.to_owned(), HashMap::new());
        let mut shop = Self { batch, folder, journal, replay: Replay::default(), jobs };
        if written.is_empty() {
            shop.store(vec![Record::Header(Header::new(wall(), "epoll 1.0"))])?;
        } else {
            let mut reader = Reader::new();
            reader.feed(&written);
            let found = reader.finish().map_err(|_| "this is no journal")?;
            shop.journal.write_all(found.tail.repair())?;
            shop.replay = found.replay;
        }
        Ok(shop)
    }

    /// Takes a photo in, as far as an earlier run has not seen to it.
    fn add(&mut self, photo: &Path) -> Result<(), Box<dyn Error>> {
        let bytes = fs::read(photo)?;
        let name = photo.file_name().unwrap_or_default().to_string_lossy();
        let kind = ImageType::detect(&name, &bytes)?;
        let source = SourceFile::new(FileName::new(&name), kind, bytes.len() as u64)?;
        let request = UploadRequest::from_file(source);
        let hash = |bytes: &[u8]| ContentHash::new(Sha256::digest(bytes).into());
        let key = InputKey::new(hash(&InputKey::preimage(&request, &hash(&bytes))));
        let job = match self.replay.need(&key) {
            Need::Send => {
                let input = Input::File(JournalPath::new(photo));
                let options = request.options();
                self.store(vec![Record::Planned(Planned::new(wall(), key, input, options))])?;
                self.batch.add(request)
            }
            Need::Poll(id) | Need::Download(id) => self.batch.add_accepted(id.clone(), now()),
            need => {
                println!("{name}: {need:?}");
                return Ok(());
            }
        };
        let (photo, names) = (photo.to_owned(), OutputNames::new(&name));
        self.jobs.insert(job, Job { key, photo, names, intent: None });
        Ok(())
    }

    fn run(&mut self) -> Result<BatchCounts, Box<dyn Error>> {
        let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
        let mut wires: HashMap<Token, Wire> = HashMap::new();
        for next in 0.. {
            self.take_events()?;
            match self.batch.next_action(now()) {
                Action::Done(counts) => return Ok(counts),
                Action::Send(attempt) => {
                    let (id, work) = (attempt.id, self.batch.work(attempt.id));
                    let (photo, file) = match work {
                        Some(Work::Upload(job)) => (fs::read(&self.jobs[&job].photo)?, None),
                        Some(Work::Download { job, result }) => {
                            (Vec::new(), Some(self.half_file(job, result)?))
                        }
                        _ => (Vec::new(), None),
                    };
                    match Wire::open(attempt, &photo, file) {
                        Ok(mut wire) => {
                            wire.register(poll.registry(), Token(next))?;
                            wires.insert(Token(next), wire);
                        }
                        Err(failure) => self.batch.handle(now(), id, Outcome::Failed(failure)),
                    }
                }
                Action::SleepUntil(wakeup) => {
                    let first = wires.values().map(Wire::ends_at).min().unwrap_or(wakeup.at);
                    poll.poll(&mut events, Some(first.min(wakeup.at) - now()))?;
                    let ready: Vec<_> = events.iter().map(mio::event::Event::token).collect();
                    for (token, wire) in &mut wires {
                        let over = now() >= wire.ends_at();
                        if let Some(outcome) = wire.go_on(ready.contains(token), over) {
                            self.batch.handle(now(), wire.id(), outcome);
                        }
                    }
                    wires.retain(|_, wire| !wire.is_over());
                }
            }
        }
        Err("there are no more tokens".into())
    }

    /// Writes down what happened, and lets go on what waits for that.
    fn take_events(&mut self) -> Result<(), Box<dyn Error>> {
        let (mut records, mut receipts) = (Vec::new(), Vec::new());
        while let Some(event) = self.batch.next_event(now()) {
            receipts.extend(event.receipt());
            let Some(job) = event.job().and_then(|job| self.jobs.get_mut(&job)) else { continue };
            records.extend(match &event {
                BatchEvent::Intent { .. } => {
                    let intent = Intent::new(wall(), job.key, self.replay.next_attempt(&job.key));
                    job.intent = Some(intent.clone());
                    Some(Record::Intent(intent))
                }
                BatchEvent::Accepted { accepted, .. } => {
                    job.intent.as_ref().map(|i| Record::Accepted(i.accepted(wall(), accepted)))
                }
                BatchEvent::NotAccepted { error, .. } => {
                    job.intent.take().map(|i| Record::NotAccepted(i.not_accepted(wall(), error)))
                }
                BatchEvent::Finished { finished, .. } => {
                    Some(Record::Ended(Ended::done(wall(), job.key, finished, Duration::ZERO)))
                }
                BatchEvent::Result { job: number, result, end: Ok(fetched) } => {
                    let half = half(&self.folder, *number, *result);
                    File::open(&half)?.sync_all()?;
                    let place = self.folder.join(job.names.next(None, fetched.extension()));
                    fs::rename(half, &place)?;
                    let path = JournalPath::new(&place);
                    Some(Record::Saved(Saved::new(wall(), job.key, path, fetched.len)))
                }
                _ => None,
            });
        }
        self.store(records)?;
        receipts.into_iter().for_each(|receipt| self.batch.stored(receipt));
        Ok(())
    }

    fn store(&mut self, records: Vec<Record>) -> io::Result<()> {
        let is_vital = records.iter().any(Record::is_vital);
        let lines: String = records.iter().map(|record| encode(record) + "\n").collect();
        self.journal.write_all(lines.as_bytes())?;
        records.into_iter().for_each(|record| self.replay.apply(record));
        if is_vital { self.journal.sync_data() } else { Ok(()) }
    }

    fn half_file(&self, job: JobNumber, result: usize) -> io::Result<File> {
        let path = half(&self.folder, job, result);
        OpenOptions::new().create(true).truncate(false).write(true).open(path)
    }
}

fn half(folder: &Path, job: JobNumber, result: usize) -> PathBuf {
    folder.join(format!(".{}-{result}.part", job.index()))
}
