//! A job's life: what it is at any moment, and what the status endpoint says
//! of it. All of it follows from the time of its creation.

use core::fmt;
use core::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::config::Config;
use super::fate::Fate;
use super::key::Key;
use super::query;
use super::results::Picture;
use super::validate::Order;
use crate::Instant;

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Waiting for a worker.
    Queued,
    /// At work, with the percentage that is done: 0 to 99.
    Pending(u8),
    /// It has its result.
    Done,
    /// It failed for good.
    Failed,
}

/// A job as the vendor knows it. Credits were spent on it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Job {
    /// The id that the 202 told, if it arrived.
    pub id: String,
    /// Whose job it is.
    pub key: Key,
    /// When the upload had arrived whole.
    #[serde(serialize_with = "seconds")]
    pub created_at: Instant,
    /// What was asked for.
    pub order: Order,
    /// When status requests for it arrived, with whatever answer.
    #[serde(serialize_with = "all_seconds")]
    pub polls: Vec<Instant>,
    /// How often one of its results was served.
    pub downloads: u64,
    /// What the last good status answer told.
    pub last_told: Option<Stage>,
    #[serde(skip)]
    fate: Fate,
    #[serde(skip)]
    ends: Ends,
    #[serde(skip)]
    picture: Picture,
}

/// When things happen to a job.
#[derive(Clone, Copy, Debug)]
struct Ends {
    hidden: Instant,
    queued: Instant,
    pending_for: Duration,
    pending: Instant,
    results: Instant,
}

impl Job {
    pub(super) fn new(id: String, key: Key, now: Instant, order: Order, config: &Config) -> Self {
        let queued = now + config.queued_for;
        let pending = queued + config.pending_for;
        let ends = Ends {
            hidden: now + config.visible_after,
            queued,
            pending_for: config.pending_for,
            pending,
            results: pending + config.results_expire_after.unwrap_or(Duration::MAX),
        };
        Self {
            id,
            key,
            created_at: now,
            picture: Picture::of(&order),
            order,
            polls: Vec::new(),
            downloads: 0,
            last_told: None,
            fate: Fate::Done,
            ends,
        }
    }

    pub(super) fn with_fate(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }

    /// Where the job is at this time.
    #[must_use]
    pub fn stage(&self, now: Instant) -> Stage {
        if now < self.ends.queued {
            Stage::Queued
        } else if now < self.ends.pending {
            let worked = (now - self.ends.queued).as_nanos().saturating_mul(100);
            let percent = worked.checked_div(self.ends.pending_for.as_nanos());
            let percent = percent.and_then(|percent| u8::try_from(percent).ok());
            Stage::Pending(percent.unwrap_or_default().min(99))
        } else {
            match self.fate {
                Fate::NeverEnds => Stage::Pending(99),
                Fate::Failed { .. } => Stage::Failed,
                _ => Stage::Done,
            }
        }
    }

    /// The shortest time between two status requests; `None` with fewer than two.
    #[must_use]
    pub fn shortest_poll_gap(&self) -> Option<Duration> {
        let earlier = self.polls.iter();
        let later = self.polls.iter().skip(1);
        earlier.zip(later).map(|(a, b)| *b - *a).min()
    }

    /// The bytes that each of its results serves once it is done.
    #[must_use]
    pub fn result(&self) -> &Bytes {
        self.picture.bytes()
    }

    pub(super) fn is_visible(&self, now: Instant) -> bool {
        now >= self.ends.hidden
    }

    pub(super) fn has_expired(&self, now: Instant) -> bool {
        now >= self.ends.results
    }

    /// The picture, where a result has this file name.
    pub(super) fn picture(&self, file: &str) -> Option<&Picture> {
        let served = self.variations().into_iter().map(|(_, served)| served);
        served
            .chain([self.file_name(self.final_name())])
            .any(|name| name == file)
            .then_some(&self.picture)
    }

    /// The body of a good status answer.
    pub(super) fn status(&self, now: Instant, results_base: &str) -> Map<String, Value> {
        let stage = self.stage(now);
        let (status, state) = match (stage, &self.fate) {
            (Stage::Queued, _) => ("queued", "pending"),
            (Stage::Pending(percent), _) if percent < 33 => ("pending_clipping", "pending"),
            (Stage::Pending(_), _) => ("pending_compose", "pending"),
            (Stage::Failed, Fate::Failed { state, status }) => (status.as_str(), state.as_str()),
            (Stage::Failed | Stage::Done, _) => ("done", "done"),
        };
        let progress = match stage {
            Stage::Queued => 0,
            Stage::Pending(percent) => percent,
            Stage::Failed | Stage::Done => 100,
        };
        let mut body = Map::new();
        for (name, value) in [
            ("job_id", json!(self.id)),
            ("status", json!(status)),
            ("state", json!(state)),
            ("mode", json!(self.order.mode)),
            ("progress", json!(progress)),
        ] {
            body.insert(name.to_owned(), value);
        }
        if stage == Stage::Done {
            self.add_results(&mut body, results_base);
        } else {
            body.insert("final_url".to_owned(), Value::Null);
        }
        body
    }

    fn add_results(&self, body: &mut Map<String, Value>, results_base: &str) {
        let one_asked = self.order.delivery_mode == "final_url";
        let (one, map) = match self.fate {
            Fate::NoResult => (false, false),
            Fate::BothDeliveries => (true, true),
            Fate::OtherDelivery => (!one_asked, one_asked),
            _ => (one_asked, !one_asked),
        };
        let id = query::escaped(&self.id);
        let address = |file: String| format!("{results_base}/results/{id}/{file}");
        if one {
            let url = match &self.fate {
                Fate::Addresses(urls) => urls.first().cloned().unwrap_or_default(),
                _ => address(self.file_name(self.final_name())),
            };
            body.insert("final_url".to_owned(), json!(url));
        }
        if map {
            let urls: Map<_, _> = match &self.fate {
                Fate::Addresses(urls) => (1..)
                    .zip(urls)
                    .map(|(n, url): (u64, _)| (format!("result{n}"), json!(url)))
                    .collect(),
                _ => self
                    .variations()
                    .into_iter()
                    .map(|(name, file)| (name, json!(address(file))))
                    .collect(),
            };
            body.insert("final_urls".to_owned(), Value::Object(urls));
            if self.order.mode == "params" {
                let warnings = json!({"shadow_wall": ["params not provided"]});
                body.insert("warnings".to_owned(), warnings);
                body.insert("ignored_variations".to_owned(), json!(["shadow_wall"]));
            }
        }
    }

    /// Each variation's name, and the file name under which it is served.
    fn variations(&self) -> Vec<(String, String)> {
        match (&self.fate, self.order.mode.as_str()) {
            // The name may be of any kind; the address is a good one.
            (Fate::Names(names), _) => (1..)
                .zip(names)
                .map(|(n, name): (u64, _)| (name.clone(), self.file_name(&format!("result{n}"))))
                .collect(),
            (Fate::Files(stems), _) => (1..)
                .zip(stems)
                .map(|(n, stem): (u64, _)| (format!("result{n}"), self.file_name(stem)))
                .collect(),
            (_, "params") => ["background", "compose", "shadowTop", "clipping"]
                .map(|name| (name.to_owned(), self.file_name(name)))
                .to_vec(),
            (_, mode) => vec![(mode.to_owned(), self.file_name(mode))],
        }
    }

    fn final_name(&self) -> &str {
        if let Fate::Files(stems) = &self.fate {
            return stems.first().map_or("", String::as_str);
        }
        match self.order.mode.as_str() {
            "params" => "clipping",
            mode => mode,
        }
    }

    fn file_name(&self, stem: &str) -> String {
        format!("{stem}.{}", self.picture.extension())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queued => f.write_str("queued"),
            Self::Pending(percent) => write!(f, "pending {percent} %"),
            Self::Done => f.write_str("done"),
            Self::Failed => f.write_str("failed"),
        }
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn seconds<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.since_origin().as_secs_f64())
}

fn all_seconds<S: Serializer>(all: &[Instant], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|at| at.since_origin().as_secs_f64()))
}
