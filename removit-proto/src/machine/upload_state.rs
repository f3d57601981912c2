//! What is stored of an upload, and moved to another clock. What it means is the machine's.

use serde::{Deserialize, Serialize};

use crate::api::accepted::Accepted;
use crate::api::seed::Seed;
use crate::api::upload_request::UploadRequest;
use crate::machine::stored::{Move, Version};
use crate::machine::upload_error::{Ambiguity, UploadError};
use crate::machine::upload_policy::UploadPolicy;
use crate::machine::{InFlight, Wakeup};
use crate::transport::time::Instant;

/// Everything about an [`Upload`](crate::Upload) but its endpoint and key: to be stored.
///
/// Wherever it is stored by serde it comes back the same: as JSON text, in a
/// `serde_json::Value` or a column of such, within tagged, flattened and untagged types,
/// as CBOR, and in formats that do not describe themselves (but for
/// [`Params::Object`](crate::Params) there, which is JSON of any shape). The photo is
/// not in it, and no answer's text twice.
///
/// It has a version. A release reads what any earlier one stored, with defaults for what
/// that one did not know, and refuses what a newer one stored in a form that it does not
/// understand. Its fields are nobody's business: store it, and read it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadState {
    #[serde(default)]
    pub(super) version: Version,
    pub(super) request: UploadRequest,
    pub(super) policy: UploadPolicy,
    pub(super) seed: Seed,
    pub(super) started: Instant,
    pub(super) attempts: u32,
    pub(super) ambiguity: Option<Ambiguity>,
    /// The attempts that ended ambiguous.
    #[serde(default)]
    pub(super) unresolved: Vec<u32>,
    /// The acceptance of an earlier attempt, while a further one is under way.
    #[serde(default)]
    pub(super) early: Option<Accepted>,
    /// The latest present that it was told.
    #[serde(default)]
    pub(super) seen: Option<Instant>,
    pub(super) phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    Ready,
    Sending(InFlight),
    Waiting { wakeup: Wakeup, last: Why },
    Done(Result<Accepted, Why>),
}

/// Why there is no job; `None` where that is the state's ambiguity.
pub(super) type Why = Option<UploadError>;

impl UploadState {
    /// Moves it to the clock of `now`, where that is another one.
    pub(super) fn move_to(&mut self, now: Instant) {
        let Some(by) = Move::between(self.seen.unwrap_or(self.started), now) else { return };
        by.instant(&mut self.started);
        match &mut self.phase {
            Phase::Sending(flight) => by.flight(flight),
            Phase::Waiting { wakeup, .. } => by.wakeup(wakeup),
            Phase::Ready | Phase::Done(_) => {}
        }
        self.seen = Some(now);
    }
}
