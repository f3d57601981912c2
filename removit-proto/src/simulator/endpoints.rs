//! What a request does at its endpoint, once all of it came.
//!
//! Faults before and after are the machine's; those that a script has for the work itself
//! come with the call.

use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::canned::{Canned, error};
use super::fate::Fate;
use super::fault::Fault;
use super::job::Job;
use super::key::Key;
use super::kind::{ACCOUNT, Kind, MOVED, MOVED_RAW, Origin, RESULTS, STATUS, UPLOAD};
use super::machine::Simulator;
use super::query;
use super::received::Received;
use super::reply::Reply;
use super::results::Picture;
use super::validate::{self, Details, Refusal};
use crate::Instant;

impl Simulator {
    pub(super) fn work(&mut self, now: Instant, received: Received, faults: &[Fault]) -> Reply {
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

    pub(super) fn job_mut(&mut self, id: &str) -> Option<&mut Job> {
        let place = self.by_id.get(id)?;
        self.account.jobs.get_mut(*place)
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
