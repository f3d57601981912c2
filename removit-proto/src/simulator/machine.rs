//! The machine: what it lets in, which faults get in a request's way, and what is left of
//! its answer then. What a request does is `endpoints`' business.

use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;

use bytes::Bytes;
use futures_core::Stream;
use http::header::RANGE;
use http::request::Parts;

use super::account::Account;
use super::admission::Admission;
use super::canned::{Canned, Scene};
use super::config::Config;
use super::distorted::{dress, odd};
use super::fault::{Fault, Rule};
use super::key::Key;
use super::kind::{Kind, Origin};
use super::query;
use super::received::{Interrupted, Received, Ticket};
use super::reply::Reply;
use crate::Instant;

/// The vendor: its configuration, its jobs, and its books.
///
/// A server calls [`admit`](Self::admit) with the head of each request, reads
/// the body with the ticket that it may get, and sends what
/// [`answer`](Self::answer) says. A test in virtual time calls
/// [`exchange`](Self::exchange).
#[derive(Debug)]
pub struct Simulator {
    pub(super) config: Config,
    pub(super) account: Account,
    pub(super) by_id: BTreeMap<String, usize>,
    hits: Vec<u64>,
}

impl Simulator {
    /// A vendor without any job.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let account = Account { credits_left: config.credits, ..Account::default() };
        let hits = vec![0; config.script.len()];
        Self { config, account, by_id: BTreeMap::new(), hits }
    }

    /// Everything that happened so far.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// How many requests each rule of the script has hit, in the script's order.
    #[must_use]
    pub fn hits(&self) -> &[u64] {
        &self.hits
    }

    /// Adds a rule at the end of the script.
    pub fn add_rule(&mut self, rule: Rule) {
        self.config.script.push(rule);
        self.hits.push(0);
    }

    /// Replaces the script from now on, and begins to count its hits anew. An
    /// empty script ends all faults; what they did to jobs stays.
    pub fn set_script(&mut self, script: Vec<Rule>) {
        self.hits = vec![0; script.len()];
        self.config.script = script;
    }

    /// Tops the account up. One without a limit stays so.
    pub fn add_credits(&mut self, credits: u64) {
        if let Some(left) = &mut self.account.credits_left {
            *left = left.saturating_add(credits);
        }
    }

    /// Says where the two hosts are, once a server knows its ports.
    pub fn set_bases(&mut self, api: impl Into<String>, results: impl Into<String>) {
        self.config.api_base = api.into();
        self.config.results_base = results.into();
    }

    pub(super) fn api_base(&self) -> &str {
        &self.config.api_base
    }

    /// Takes note of a request whose head has arrived, and decides whether its
    /// body is read.
    pub fn admit(&mut self, now: Instant, origin: Origin, head: &Parts) -> Admission {
        let kind = Kind::of(head);
        let count = self.account.requests.entry(kind).or_default();
        *count = count.saturating_add(1);
        let number = *count;
        if kind == Kind::Result && head.headers.contains_key(RANGE) {
            self.account.parts_asked = self.account.parts_asked.saturating_add(1);
        }
        if let Some(key) = Key::of(&head.headers) {
            self.account.keys_seen.entry(origin).or_default().insert(key);
        }
        if kind == Kind::Status {
            let id = query::value(head.uri.query().unwrap_or_default(), "job_id");
            if let Some(job) = id.and_then(|id| self.job_mut(&id)) {
                job.polls.push(now);
            }
        }
        let faults = self.faults(kind, number);
        let early = faults.iter().find_map(|fault| match fault {
            Fault::DropBeforeBody => Some(None),
            Fault::AnswerEarly(canned) => Some(Some(canned)),
            _ => None,
        });
        if early.is_some() && kind == Kind::Upload {
            self.interrupted(Interrupted { kind });
        }
        match early {
            None => {
                Admission::Read(Ticket { origin, kind, keep_limit: self.config.keep_limit, faults })
            }
            Some(None) => Admission::DropNow,
            Some(Some(canned)) => {
                let reply = self.canned(canned, now, origin, head.uri.path_and_query());
                Admission::AnswerNow(dress(reply, &faults, now))
            }
        }
    }

    /// Takes note of a request whose body never arrived whole.
    pub fn interrupted(&mut self, interrupted: Interrupted) {
        if interrupted.kind == Kind::Upload {
            let count = &mut self.account.incomplete_uploads;
            *count = count.saturating_add(1);
        }
    }

    /// Does what a request asks for, as far as the script lets it.
    pub fn answer(&mut self, now: Instant, mut received: Received) -> Reply {
        let faults = core::mem::take(&mut received.ticket.faults);
        let origin = received.ticket.origin;
        let uri = received.uri.clone();
        let outcome = faults.iter().find_map(|fault| match fault {
            Fault::DropBeforeWork => Some((false, None)),
            Fault::Answer(canned) => Some((false, Some(canned))),
            Fault::DropAfterWork => Some((true, None)),
            Fault::AnswerAfterWork(canned) => Some((true, Some(canned))),
            _ => None,
        });
        let worked = match outcome {
            Some((false, _)) => Reply::dropped(),
            Some((true, _)) | None => self.work(now, received, &faults),
        };
        let reply = match outcome {
            None => odd(worked, &faults),
            Some((_, None)) => Reply::dropped(),
            Some((_, Some(canned))) => self.canned(canned, now, origin, uri.path_and_query()),
        };
        dress(reply, &faults, now)
    }

    /// One whole request and its answer at one moment, without I/O.
    ///
    /// A connection that would close without an answer shows as
    /// [`Wire::DropBeforeAnswer`](super::Wire::DropBeforeAnswer); the response beside it is
    /// then meaningless.
    pub fn exchange(
        &mut self,
        now: Instant,
        origin: Origin,
        request: http::Request<Bytes>,
    ) -> Reply {
        let (head, body) = request.into_parts();
        let ticket = match self.admit(now, origin, &head) {
            Admission::Read(ticket) => ticket,
            Admission::DropNow => return Reply::dropped(),
            Admission::AnswerNow(reply) => return reply,
        };
        let mut reading = pin!(ticket.read(head, AtHand(Some(body))));
        let mut context = Context::from_waker(Waker::noop());
        // Ends: whatever is at hand is read, and then the stream ends.
        let received = loop {
            if let Poll::Ready(received) = reading.as_mut().poll(&mut context) {
                break received;
            }
        };
        match received {
            Ok(received) => self.answer(now, received),
            Err(interrupted) => {
                self.interrupted(interrupted);
                Reply::dropped()
            }
        }
    }

    fn faults(&mut self, kind: Kind, number: u64) -> Vec<Fault> {
        let seed = self.config.seed;
        let rules = (0_u64..).zip(&self.config.script).zip(&mut self.hits);
        rules
            .filter(|((at, rule), _)| rule.on == kind && rule.when.picks(number, *at, seed))
            .map(|((_, rule), hits)| {
                *hits = hits.saturating_add(1);
                rule.fault.clone()
            })
            .collect()
    }

    pub(super) fn canned(
        &self,
        canned: &Canned,
        now: Instant,
        origin: Origin,
        path: Option<&http::uri::PathAndQuery>,
    ) -> Reply {
        canned.reply(&Scene {
            now,
            path_and_query: path.map_or("/", http::uri::PathAndQuery::as_str),
            other_base: match origin {
                Origin::Api => &self.config.results_base,
                Origin::Results => &self.config.api_base,
            },
        })
    }
}

/// A body that is there already.
struct AtHand(Option<Bytes>);

impl Stream for AtHand {
    type Item = Result<Bytes, core::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
