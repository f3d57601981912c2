//! The machine: which endpoint a request means, what it does, and which faults
//! get in its way.

use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{ALLOW, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::account::Account;
use super::admission::Admission;
use super::canned::{Canned, Scene, error};
use super::config::Config;
use super::fate::Fate;
use super::fault::{Fault, Rule};
use super::job::Job;
use super::key::Key;
use super::kind::{Kind, Origin};
use super::query;
use super::received::{Interrupted, Received, Ticket};
use super::reply::{Reply, Wire};
use super::results::Picture;
use super::validate::{self, Details, Refusal};
use crate::Instant;

const UPLOAD: &str = "/api/v1/upload";
const STATUS: &str = "/api/v1/status";
const ACCOUNT: &str = "/simulator/account";
const RESULTS: &str = "/results/";
/// Where [`Target::OtherPath`](super::Target::OtherPath) points to.
const MOVED: &str = "/moved/results/";
/// What [`Target::RawPath`](super::Target::RawPath) becomes on its way here.
const MOVED_RAW: &str = "/mov%C3%A9d%20%5B1%5D";

/// The vendor: its configuration, its jobs, and its books.
///
/// A server calls [`admit`](Self::admit) with the head of each request, reads
/// the body with the ticket that it may get, and sends what
/// [`answer`](Self::answer) says. A test in virtual time calls
/// [`exchange`](Self::exchange).
#[derive(Debug)]
pub struct Simulator {
    config: Config,
    account: Account,
    by_id: BTreeMap<String, usize>,
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
        let kind = kind_of(head);
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
    /// [`Wire::DropBeforeAnswer`]; the response beside it is then meaningless.
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

    fn canned(
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

    fn work(&mut self, now: Instant, received: Received, faults: &[Fault]) -> Reply {
        let path = received.uri.path();
        match (received.ticket.kind, received.ticket.origin) {
            (Kind::Upload, Origin::Api) => self.upload(now, received, faults),
            (Kind::Status, Origin::Api) => self.status(now, &received),
            (Kind::Result, _) => self.result(now, path, &received.headers, faults),
            (Kind::Other, Origin::Api) if path == ACCOUNT => {
                Reply::json(StatusCode::OK, &json!(self.account))
            }
            (Kind::Other, Origin::Api) if path == UPLOAD => wrong_method("POST"),
            (Kind::Other, Origin::Api) if path == STATUS => wrong_method("GET"),
            _ => error(StatusCode::NOT_FOUND, "not_found"),
        }
    }

    fn upload(&mut self, now: Instant, received: Received, faults: &[Fault]) -> Reply {
        let key = match self.known_key(&received) {
            Ok(key) => key,
            Err(refusal) => return self.canned(&refusal, now, Origin::Api, None),
        };
        let order = match validate::order(received) {
            Ok(order) => order,
            Err(Refusal::Invalid(details)) => return invalid(&details),
            Err(Refusal::TooLong) => {
                return error(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
            }
            Err(Refusal::MalformedJson) => return error(StatusCode::BAD_REQUEST, "malformed_json"),
        };
        match self.account.credits_left {
            Some(0) => return error(StatusCode::PAYMENT_REQUIRED, "insufficient_credits"),
            Some(left) => self.account.credits_left = Some(left.saturating_sub(1)),
            None => {}
        }
        self.account.credits_spent = self.account.credits_spent.saturating_add(1);
        let fate = faults.iter().find_map(|fault| match fault {
            Fault::Fate(fate) => Some(fate.clone()),
            _ => None,
        });
        let place = self.account.jobs.len();
        let number = u64::try_from(place).unwrap_or(u64::MAX);
        let id = self.config.ids.of(self.config.seed, number);
        let body = json!({"job_id": id, "status": "queued", "mode": order.mode});
        let job = Job::new(id.clone(), key, now, order, &self.config);
        self.account.jobs.push(job.with_fate(fate.unwrap_or(Fate::Done)));
        self.by_id.insert(id, place);
        Reply::json(StatusCode::ACCEPTED, &body)
    }

    fn status(&mut self, now: Instant, received: &Received) -> Reply {
        let key = match self.known_key(received) {
            Ok(key) => key,
            Err(refusal) => return self.canned(&refusal, now, Origin::Api, None),
        };
        let id = query::value(received.uri.query().unwrap_or_default(), "job_id");
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return invalid(&Details::one("job_id", "job_id is required."));
        };
        let results_base = self.config.results_base.clone();
        match self.job_mut(&id) {
            Some(job) if job.key == key && job.is_visible(now) => {
                job.last_told = Some(job.stage(now));
                let body = job.status(now, &results_base);
                Reply::json(StatusCode::OK, &Value::Object(body))
            }
            _ => error(StatusCode::NOT_FOUND, "not_found"),
        }
    }

    fn result(&mut self, now: Instant, path: &str, headers: &HeaderMap, faults: &[Fault]) -> Reply {
        let named = path.strip_prefix(RESULTS).or(path.strip_prefix(MOVED));
        let named = named.or_else(|| Some(path.strip_prefix(MOVED_RAW)?.split_once(RESULTS)?.1));
        let named = named.and_then(|rest| rest.split_once('/'));
        let job = named.and_then(|(id, file)| {
            let job = self.job_mut(&query::segment(id))?;
            Some((job, query::segment(file)))
        });
        match job {
            // A CDN's own answers are no JSON.
            Some((job, _)) if job.has_expired(now) => {
                let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
                Reply::text(StatusCode::FORBIDDEN, "application/xml", body)
            }
            Some((job, file)) if job.stage(now) == super::Stage::Done => {
                match job.picture(&file).map(|picture| serve(picture, headers, faults)) {
                    Some(reply) => {
                        job.downloads = job.downloads.saturating_add(1);
                        reply
                    }
                    None => Reply::bare(StatusCode::NOT_FOUND),
                }
            }
            _ => Reply::bare(StatusCode::NOT_FOUND),
        }
    }

    fn known_key(&self, received: &Received) -> Result<Key, Canned> {
        match Key::of(&received.headers) {
            Some(key) if self.config.keys.accept(&key) => Ok(key),
            Some(key) if !key.is_empty() => Err(Canned::KeyInvalid),
            _ => Err(Canned::KeyMissing),
        }
    }

    fn job_mut(&mut self, id: &str) -> Option<&mut Job> {
        let place = self.by_id.get(id)?;
        self.account.jobs.get_mut(*place)
    }
}

fn kind_of(head: &Parts) -> Kind {
    match (&head.method, head.uri.path()) {
        (&Method::POST, UPLOAD) => Kind::Upload,
        (&Method::GET, STATUS) => Kind::Status,
        (&Method::GET, path)
            if [RESULTS, MOVED, MOVED_RAW].iter().any(|start| path.starts_with(start)) =>
        {
            Kind::Result
        }
        _ => Kind::Other,
    }
}

fn wrong_method(right: &'static str) -> Reply {
    error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        .with(ALLOW, HeaderValue::from_static(right))
}

fn invalid(details: &Details) -> Reply {
    Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &details.body())
}

/// A result as the script has it served.
fn serve(picture: &Picture, headers: &HeaderMap, faults: &[Fault]) -> Reply {
    let picture = faults.iter().fold(picture.clone(), |picture, fault| match fault {
        Fault::MadeAgain => picture.made_again(),
        Fault::OtherFormat(format) => picture.in_format(*format),
        _ => picture,
    });
    let otherwise = faults.iter().find_map(|fault| match fault {
        Fault::NoRanges => Some(picture.whole()),
        Fault::Part { first, last } => Some(picture.part(*first, *last)),
        _ => None,
    });
    otherwise.unwrap_or_else(|| picture.reply(headers))
}

/// Applies the oddities to the JSON of a good answer.
fn odd(mut reply: Reply, faults: &[Fault]) -> Reply {
    if !reply.response.status().is_success() {
        return reply;
    }
    let Ok(mut body) = serde_json::from_slice::<Map<String, Value>>(reply.response.body()) else {
        return reply;
    };
    let oddities = || {
        faults.iter().filter_map(|fault| match fault {
            Fault::Odd(odd) => Some(odd),
            _ => None,
        })
    };
    oddities().for_each(|odd| odd.change(&mut body));
    let text = json!(body).to_string();
    let text = oddities().fold(text, |text, odd| odd.write(&body, text));
    *reply.response.body_mut() = text.into();
    reply
}

/// Applies what happens to the bytes and on the wire, and the date.
fn dress(mut reply: Reply, faults: &[Fault], now: Instant) -> Reply {
    for fault in faults {
        match fault {
            Fault::Compressed(coding) => reply = reply.encoded(*coding),
            Fault::ShortBody { after } => reply.response.body_mut().truncate(*after),
            _ => {}
        }
        let whole = reply.wire == Wire::Whole;
        match fault {
            Fault::Delay(delay) => reply.delay = reply.delay.saturating_add(*delay),
            Fault::CutBody { after } if whole => reply.wire = Wire::CutBody { after: *after },
            Fault::Stall { after } if whole => reply.wire = Wire::Stall { after: *after },
            Fault::Drip { chunk, every } if whole => {
                let (chunk, every) = ((*chunk).max(1), *every);
                reply.wire = Wire::Drip { chunk, every };
            }
            _ => {}
        }
    }
    let sent_at = now + reply.delay;
    reply.dated(sent_at)
}

/// A body that is there already.
struct AtHand(Option<Bytes>);

impl Stream for AtHand {
    type Item = Result<Bytes, core::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
