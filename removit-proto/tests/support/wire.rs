//! The way between a driver and the simulated vendor, in virtual time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use removit_proto::simulator::{Origin, Reply, Simulator, Wire};
use removit_proto::{Attempt, Instant, Outcome, Reach, Segment, Sink, TransportFailure};

pub const API: &str = "http://127.0.0.1:1";
pub const RESULTS: &str = "http://127.0.0.1:2";
pub const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

pub fn vendor(config: removit_proto::simulator::Config) -> Simulator {
    let mut vendor = Simulator::new(config);
    vendor.set_bases(API, RESULTS);
    vendor
}

/// What comes of an attempt that arrives at `now`, and when that is known.
pub fn exchange(vendor: &mut Simulator, mut now: Instant, attempt: Attempt) -> (Instant, Outcome) {
    let origin = match attempt.request.uri().port_u16() {
        Some(1) => Origin::Api,
        _ => Origin::Results,
    };
    let (head, body) = attempt.request.into_parts();
    let mut bytes = Vec::new();
    for segment in body.segments() {
        match segment {
            Segment::Bytes(part) => bytes.extend_from_slice(part),
            _ => bytes.extend_from_slice(PHOTO),
        }
    }
    let request = Request::from_parts(head, Bytes::from(bytes));
    let Reply { delay, response, wire } = vendor.exchange(now, origin, request);
    now = now + delay;
    if let Wire::Drip { chunk, every } = wire {
        let pieces = response.body().len().div_ceil(chunk);
        now = now + every.saturating_mul(u32::try_from(pieces).unwrap());
    }
    if now >= attempt.deadline {
        let silence = TransportFailure::timed_out(Reach::MaybeSent, "silence");
        return (attempt.deadline, Outcome::Failed(silence));
    }
    let to_file = matches!(attempt.sink, Sink::File { .. }) && response.status().is_success();
    let broken = |what: &str| Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, what));
    let outcome = match wire {
        Wire::DropBeforeAnswer => broken("closed"),
        Wire::CutBody { after } if after < response.body().len() => {
            if to_file {
                return (now, broken("cut"));
            }
            Outcome::Partial(response.map(|body| body.slice(..after)))
        }
        _ if to_file => {
            let len = response.body().len() as u64;
            Outcome::Stored { head: response.map(|_| ()), len }
        }
        _ if response.body().len() > 1024 * 1024 => {
            Outcome::Partial(response.map(|body| body.slice(..1024 * 1024)))
        }
        _ => Outcome::Response(response),
    };
    (now, outcome)
}

pub const fn start() -> Instant {
    Instant::from_origin(Duration::from_secs(1_790_000_000))
}
