//! The journal of a batch: what was sent, paid for and saved, one line each.
//!
//! Written before each upload and after each answer, it lets any later process
//! go on where this one stopped: skip what is done, fetch what is paid for, and
//! never pay twice. Records, [`encode`], [`decode`] and [`Replay`] are values and
//! pure functions; no file is touched and no clock is read here.
//!
//! # The file
//! JSON Lines in UTF-8, appended to and never changed. The first line is the
//! header. Times are RFC 3339 in UTC and for people: nothing is decided by them.
//!
//! | `kind` | when | on disk before work goes on |
//! |---|---|---|
//! | `header` | once, first: format, version, who, which API | yes |
//! | `opened` | a process begins to write | |
//! | `planned` | an input is named: its key, options, destination | |
//! | `intent` | before an upload is sent | yes: before it is sent |
//! | `accepted` | a job exists: its id; also late, after a `not_accepted` of the same attempt | yes: before it is polled |
//! | `not_accepted` | an upload ended without an id: rejected, not sent, ambiguous | |
//! | `status` | how a job is | |
//! | `ended` | the wait for a job is over: done, failed, timed out, … | |
//! | `saved` | a result is whole on disk | |
//!
//! An input is known by its [`InputKey`](crate::InputKey), the hash of its content
//! with its options. Copies of a photo share key and job, and have a
//! [place](Entry::places) each. No API key and no result's URL is ever in it.
//!
//! ```text
//!             ┌──── not_accepted: rejected, not sent ───┐
//!             ▼                                         │
//!  planned: Send ──────────── intent ──────────► Operator(Ambiguous)
//!                                                       │ accepted
//!              ended: timed out, refused ┌────────────► ▼
//!                                        └─────────── Poll ── ended: failed ──► Operator
//!                                                       │ ended: done
//!                                                       ▼
//!                                                   Download ── saved, each ──► Nothing
//! ```
//!
//! # What holds for each prefix of it
//! A journal may be cut at any byte. An input whose intent is in what is left
//! needs [`Need::Send`] only if each of its intents has an outcome which proves
//! that nothing was processed.
//!
//! # Versions
//! A reader takes version 1 and no other. Within it new kinds and new fields may
//! come, with a new `minor`, as long as a reader that ignores them decides the
//! same; the values that a field of today may have stay as they are.
//!
//! # A crash in the middle of a line
//! The torn bytes stay: what comes after them is the mark ` <torn>` and a line
//! feed ([`Tail::repair`]). A [`Reader`] skips such a line knowingly, but for an
//! accepted job's id, which counts if it is whole. A line that is neither a
//! record nor marked is [damage](Journal::check).

mod codec;
pub(crate) mod content_hash;
mod entry;
mod facts;
mod input;
pub(crate) mod input_key;
mod job;
mod need;
mod path;
mod reader;
mod reason;
mod record;
mod replay;
mod wall_time;

pub use codec::{DecodeError, LINE_LIMIT, decode, encode};
pub use entry::{Entry, Unsaved};
pub use input::{Destination, Input, Place};
pub use job::Job;
pub use need::{Need, Question, Stage};
pub use path::{JournalPath, PathOf};
pub use reader::{BrokenLine, Journal, ReadError, Reader, Tail, TornLine};
pub use reason::Reason;
pub use record::{
    Accepted, Ended, Header, Intent, JobOutcome, NotAccepted, Opened, Planned, Record, Saved,
    Status, UploadOutcome,
};
pub use replay::{Counts, Replay};
pub use wall_time::{InvalidTime, WallTime};
