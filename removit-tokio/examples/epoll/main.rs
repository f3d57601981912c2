//! A driver that is neither adapter: one thread, one epoll loop (mio) and the core.
//!
//! A catalogue with a journal: each photo is paid for once, whatever stops the process.
//! With `removit simulate` beside it, whose URL is `REMOVIT_BASE_URL` then,
//! `cargo run -p removit-tokio --example epoll -- FOLDER PHOTO...` processes photos into a
//! folder; once more, it finds all of it done. What speaks HTTP is in `wire.rs`.

mod wire;

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mio::{Events, Poll, Token};
use removit_tokio::proto::catalogue::{Effect, InputEnd, Item, Needed, Outcomes};
use removit_tokio::proto::journal::{
    self, Destination, Input, JournalPath, Reader, Record, Saved, WallTime, encode,
};
use removit_tokio::proto::*;
use sha2::{Digest, Sha256};
use wire::Wire;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = paths.next().ok_or("which folder?")?;
    let mut shop = Shop::open(Endpoint::from_env()?, &folder)?;
    paths.try_for_each(|photo| shop.add(photo))?;
    println!("{} done", shop.run()?);
    Ok(())
}

fn now() -> Instant {
    Instant::from_origin(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}

pub(crate) struct Shop {
    catalogue: Catalogue<PathBuf, io::Error>,
    folder: PathBuf,
    journal: File,
    /// By the number of the input: its photo, and the names of its results.
    own: Vec<(PathBuf, OutputNames)>,
}

impl Shop {
    pub(crate) fn open(endpoint: Endpoint, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let path = folder.join("journal");
        let mut journal = OpenOptions::new().create(true).append(true).open(&path)?;
        if journal.metadata()?.len() == 0 {
            let header = journal::Header::new(WallTime::from_unix(now().since_origin()), "epoll");
            writeln!(journal, "{}", encode(&Record::Header(header)))?;
        }
        let mut reader = Reader::new();
        reader.feed(&fs::read(path)?);
        let found = reader.finish().map_err(|_| "this is no journal")?;
        journal.write_all(found.tail.repair())?;
        let mut seed = [0; 16];
        getrandom::fill(&mut seed)?;
        let (policy, seed) = (BatchPolicy::default(), Seed::from_bytes(seed));
        let catalogue = Catalogue::new(endpoint, policy, seed, Some(found.replay));
        Ok(Self { catalogue, folder: folder.to_owned(), journal, own: Vec::new() })
    }

    pub(crate) fn add(&mut self, photo: PathBuf) -> Result<(), Box<dyn Error>> {
        let bytes = fs::read(&photo)?;
        let name = photo.file_name().unwrap_or_default().to_string_lossy();
        let kind = ImageType::detect(&name, &bytes)?;
        let source = SourceFile::new(FileName::new(&name), kind, bytes.len() as u64)?;
        let request = UploadRequest::from_file(source);
        let hash = |bytes: &[u8]| ContentHash::new(Sha256::digest(bytes).into());
        let key = InputKey::new(hash(&InputKey::preimage(&request, &hash(&bytes))));
        let stem = photo.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = JournalPath::new(&self.folder);
        let item = Item::photo(request, Input::File(JournalPath::new(&photo)))
            .with_key(key)
            .to(Destination::Folder { path, stem: stem.clone() });
        let whole = |saved: &Saved| saved.path.to_path().filter(|path| path.exists());
        let there = item.there(self.catalogue.entry(&key), whole);
        self.catalogue.admit(now(), item, there);
        self.own.push((photo, OutputNames::new(&stem)));
        Ok(())
    }

    pub(crate) fn run(&mut self) -> Result<usize, Box<dyn Error>> {
        let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
        let (mut wires, mut next, mut done) = (HashMap::<Token, Wire>::new(), 0, 0);
        loop {
            let present = now();
            let effects = self.catalogue.effects(present);
            if !effects.is_empty() {
                self.carry_out(effects)?;
                continue;
            }
            while let Some(over) = self.catalogue.next_over() {
                match over.end {
                    InputEnd::Done(_) => done += 1,
                    end => println!("{}: {end:?}", self.own[over.index].0.display()),
                }
            }
            match self.catalogue.next_action(present) {
                Action::Done(_) => return Ok(done),
                Action::Send(attempt) => {
                    let (id, mut photo, mut file) = (attempt.id, Vec::new(), None);
                    match self.catalogue.needed(id) {
                        Needed::Photo(input) => photo = fs::read(&self.own[input].0)?,
                        Needed::Part { part, .. } => {
                            // An attempt goes on with what an earlier one left in it.
                            let mut options = OpenOptions::new();
                            options.create(true).truncate(false).write(true);
                            file = Some(options.open(self.half(part))?);
                        }
                        Needed::Nothing => {}
                    }
                    match Wire::open(attempt, photo.into(), file) {
                        Ok(mut wire) => {
                            next += 1;
                            wire.register(poll.registry(), Token(next))?;
                            wires.insert(Token(next), wire);
                        }
                        Err(error) => {
                            let failure = TransportFailure::connect(error.to_string());
                            self.catalogue.handle(now(), id, Outcome::Failed(failure));
                        }
                    }
                }
                Action::SleepUntil(wakeup) => {
                    let first = wires.values().map(|wire| wire.ends_at).min().unwrap_or(wakeup.at);
                    poll.poll(&mut events, Some(first.min(wakeup.at) - now()))?;
                    let ready: Vec<_> = events.iter().map(mio::event::Event::token).collect();
                    wires.retain(|token, wire| {
                        let outcome = wire.go_on(ready.contains(token), now() >= wire.ends_at);
                        let is_over = outcome.is_some();
                        if let Some(outcome) = outcome {
                            self.catalogue.handle(now(), wire.id, outcome);
                        }
                        !is_over
                    });
                }
            }
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        let mut outcomes = Outcomes::new();
        for effect in effects {
            match effect {
                Effect::Store(record, receipt) => outcomes.store(*record, receipt),
                Effect::Keep(keep) => {
                    let half = self.half(keep.part());
                    File::open(&half)?.sync_all()?;
                    for input in keep.inputs() {
                        let (names, ending) = (&mut self.own[input].1, keep.fetched().extension());
                        let place = self.folder.join(names.next(keep.variation(), ending));
                        let path = JournalPath::new(&place);
                        // One name more for the same file: copies of a photo get one each.
                        match fs::hard_link(&half, &place) {
                            Ok(()) => outcomes.kept(now(), &keep, input, path, place),
                            Err(error) => outcomes.not_kept(&keep, input, error),
                        }
                    }
                    fs::remove_file(half)?;
                }
                Effect::DropPhoto(_) | Effect::Forget { .. } => {}
            }
        }
        for record in outcomes.records() {
            writeln!(self.journal, "{}", encode(record))?;
        }
        self.journal.sync_data()?;
        outcomes.stored(&[]);
        self.catalogue.carried_out(outcomes);
        Ok(())
    }

    fn half(&self, (job, result): (JobNumber, usize)) -> PathBuf {
        self.folder.join(format!(".{}-{result}.part", job.index()))
    }
}
