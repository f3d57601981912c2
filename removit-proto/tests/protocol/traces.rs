//! The same seeds make the same requests at the same moments, on every target.
//!
//! `traces.txt` holds a hash of each trace. After a change that is meant to show
//! on the wire, `REMOVIT_WRITE_TRACES=1 cargo test -p removit-proto --features
//! simulator --test protocol traces::` writes it anew.

#[path = "../adapters/traces/mod.rs"]
mod shared;

use removit_proto as proto;

const KNOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces.txt");

#[test]
fn every_trace_is_the_known_one() {
    let mut text = String::new();
    for case in shared::cases::all() {
        text.push_str(&format!("{:016x} {}\n", hash(&shared::predict(&case).lines), case.name));
    }
    if std::env::var_os("REMOVIT_WRITE_TRACES").is_some() {
        std::fs::write(KNOWN, &text).unwrap();
    }
    let known = std::fs::read_to_string(KNOWN).unwrap();
    for (now, then) in text.lines().zip(known.lines()) {
        assert_eq!(now, then, "another trace than before");
    }
    assert_eq!(text.lines().count(), known.lines().count());
    println!("{} traces, each the known one", known.lines().count());
}

/// FNV-1a.
fn hash(lines: &[String]) -> u64 {
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
