//! Many inputs, each paid for once and told its end: which input a job is of, what is
//! written down before what, and which results are kept under which names.
//!
//! A [`Catalogue`] stands on a [`Batch`](crate::Batch), which decides what is sent and
//! when, and on the [`journal`](crate::journal), which says what earlier runs came to. It
//! is without I/O, and the same for any driver: both adapters are such.
//!
//! # Driving it
//! An input is an [`Item`], known by its number from then on. What is the driver's own
//! (how its photo is read, where its folder is) the driver keeps by that number, until
//! the input is told as [over](Catalogue::next_over). Then, round by round, with one
//! present for all of a round:
//!
//! 1. Carry out what [`effects`](Catalogue::effects) says: an [`Effect`] is a value. The
//!    records of a round go to the journal in one write, results get their names, and
//!    what became of it goes back as [`Outcomes`]. Begin again, until there are none.
//! 2. Tell the inputs that are over.
//! 3. Ask for the [next action](crate::Machine::next_action). Of an attempt,
//!    [`needed`](Catalogue::needed) says whose photo is sent and which half file is
//!    filled; its outcome is [handed over](crate::Machine::handle) when it comes.
//!
//! ```text
//!  admit ──► planned ─► Store(intent) ══► upload ─► Store(accepted) ══► polls
//!    │                                                                    │
//!    │ known from the journal: polls, or over at once                     ▼
//!    └──────────────────────────► over ◄── Keep ◄── download ◄── Store(ended)
//!
//!  ══►  goes on once the driver has reported the record as stored
//! ```
//!
//! # What holds
//! 1. With a journal no upload is sent before its intent is stored, and no job polled
//!    before its acceptance is. Where a record cannot be stored no photo is sent from then
//!    on; what is accepted goes on, and its records wait to be written with the next.
//! 2. Inputs of one [key](crate::InputKey) share a job, and each gets its results.
//! 3. What the journal knows is not paid for again: a job is waited for, a result that is
//!    there is not fetched, and what may have been paid for is ambiguous.
//! 4. Every input that was taken in is told one [end](InputEnd), also one that is
//!    [left](Catalogue::leave).
//!
//! # Two copies of one photo, and a second run
//! ```
//! use bytes::Bytes;
//! use http::Response;
//! use removit_proto::catalogue::{Effect, InputEnd, Item, Needed, Outcomes};
//! use removit_proto::journal::{Destination, Input, JournalPath, Record, Replay};
//! use removit_proto::{
//!     Action, ApiKey, BatchPolicy, Catalogue, ContentHash, Endpoint, InputKey, Instant,
//!     Machine, Outcome, Seed, UploadRequest,
//! };
//! use std::path::Path;
//!
//! /// Runs two copies of a photo, and says how many were uploaded.
//! fn run(journal: &mut Vec<Record>) -> Result<usize, Box<dyn std::error::Error>> {
//!     let endpoint = Endpoint::production(ApiKey::new("my-key")?);
//!     let mut replay = Replay::default();
//!     journal.iter().for_each(|record| replay.apply(record.clone()));
//!     let mut catalogue: Catalogue<String, String> =
//!         Catalogue::new(endpoint, BatchPolicy::default(), Seed::new(1), Some(replay));
//!     let mut now = Instant::ORIGIN;
//!
//!     let names = ["cup", "cup again"];
//!     for name in names {
//!         let url: removit_proto::SourceUrl = "https://example.com/cup.jpg".parse()?;
//!         let path = JournalPath::new(Path::new(name));
//!         let item = Item::photo(UploadRequest::from_url(url), Input::Memory(name.into()))
//!             .with_key(InputKey::new(ContentHash::new([7; 32]))) // of its content and options
//!             .to(Destination::File(path));
//!         // Look here whether what an earlier run saved is still there.
//!         let entry = catalogue.entry(item.key().unwrap());
//!         let there = item.there(entry, |saved| Some(saved.path.to_string()));
//!         catalogue.admit(now, item, there);
//!     }
//!
//!     let (mut uploads, mut ends) = (0, 0);
//!     loop {
//!         let (effects, mut outcomes) = (catalogue.effects(now), Outcomes::new());
//!         if !effects.is_empty() {
//!             for effect in effects {
//!                 match effect {
//!                     Effect::Store(record, receipt) => outcomes.store(*record, receipt),
//!                     Effect::Keep(keep) => {
//!                         for input in keep.inputs() {
//!                             // Sync the half file here, and rename or copy it.
//!                             let path = JournalPath::new(Path::new(names[input]));
//!                             outcomes.kept(now, &keep, input, path, names[input].into());
//!                         }
//!                     }
//!                     Effect::DropPhoto(_) | Effect::Forget { .. } => {}
//!                 }
//!             }
//!             journal.extend_from_slice(outcomes.records()); // Write and sync here.
//!             outcomes.stored(&[]);
//!             catalogue.carried_out(outcomes);
//!             continue;
//!         }
//!         while let Some(over) = catalogue.next_over() {
//!             let InputEnd::Done(done) = over.end else { panic!("{over:?}") };
//!             assert_eq!(done.files, [names[over.index]]);
//!             ends += 1;
//!         }
//!         match catalogue.next_action(now) {
//!             Action::Send(attempt) => {
//!                 let outcome = match catalogue.needed(attempt.id) {
//!                     Needed::Photo(_) => {
//!                         uploads += 1;
//!                         let body = Bytes::from(r#"{"job_id":"j-1"}"#);
//!                         Outcome::Response(Response::builder().status(202).body(body)?)
//!                     }
//!                     Needed::Nothing => {
//!                         let body = r#"{"state":"done","final_url":"https://cdn.example.com/x.png"}"#;
//!                         Outcome::Response(Response::new(Bytes::from(body)))
//!                     }
//!                     Needed::Part { .. } => {
//!                         Outcome::stored(Response::new(()), 8568, b"\x89PNG\r\n\x1a\n".as_slice())
//!                     }
//!                 };
//!                 catalogue.handle(now, attempt.id, outcome);
//!             }
//!             Action::SleepUntil(wakeup) => now = wakeup.at,
//!             Action::Done(_) => break,
//!         }
//!     }
//!     assert_eq!(ends, 2);
//!     Ok(uploads)
//! }
//!
//! let mut journal = Vec::new();
//! assert_eq!(run(&mut journal)?, 1);
//! assert_eq!(run(&mut journal)?, 0); // All of it is done.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod book;
mod effect;
mod end;
mod ending;
mod events;
mod intents;
mod item;
mod machine;
mod outcomes;
pub(crate) mod output_name;
mod settling;
mod watching;

pub use effect::{Effect, Keep, Needed, News};
pub use end::{Done, InputEnd, Missing, Processed};
pub use item::{Item, resumable};
pub use machine::Catalogue;
pub use outcomes::Outcomes;
