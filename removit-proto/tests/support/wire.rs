//! The way between a driver and the simulated vendor, in virtual time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::time::Duration;

use removit_proto::Instant;
use removit_proto::simulator::Simulator;

pub const API: &str = "http://127.0.0.1:1";
pub const RESULTS: &str = "http://127.0.0.1:2";
pub const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

pub fn vendor(config: removit_proto::simulator::Config) -> Simulator {
    let mut vendor = Simulator::new(config);
    vendor.set_bases(API, RESULTS);
    vendor
}

pub const fn start() -> Instant {
    Instant::from_origin(Duration::from_secs(1_790_000_000))
}
