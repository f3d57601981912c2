//! The bodies of the fuzz targets in plain `cargo test`: every seed of
//! `fuzz/seeds` is replayed, and random bytes and damaged seeds are tried.

mod edits;
mod made_seeds;
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use edits::{Edit, edits};

/// Each target is its seeds replayed and a property.
macro_rules! targets {
    ($($target:ident),+ $(,)?) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),+];
        $(mod $target {
            use super::*;

            #[test]
            fn keeps_its_promises_for_every_seed() {
                let seeds = seeds(stringify!($target));
                assert!(!seeds.is_empty(), "no seeds for {}", stringify!($target));
                for (name, seed) in seeds {
                    eprintln!("replaying {name}");
                    targets::$target::body(&seed);
                }
            }

            proptest! {
                #![proptest_config(config())]

                #[test]
                fn keeps_its_promises_for_any_bytes(bytes in any_bytes()) {
                    targets::$target::body(&bytes);
                }

                #[test]
                fn keeps_its_promises_for_damaged_seeds(
                    nth in any::<prop::sample::Index>(),
                    edits in edits(),
                ) {
                    let seeds = seeds(stringify!($target));
                    let pool: Vec<_> = seeds.iter().map(|(_, seed)| seed.as_slice()).collect();
                    targets::$target::body(&Edit::all(&edits, pool[nth.index(pool.len())], &pool));
                }
            }
        })+
    };
}

targets! {
    accepted, api_error, download, multipart, output_names, poller, poller_state, retry_after,
    status, upload, upload_state, urls,
}

fn config() -> ProptestConfig {
    // A finding becomes a seed, where the fuzzers see it too.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) }
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// The seeds of a target by their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = made_seeds::folder().join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut seeds: Vec<_> = files
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|f| f.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_a_fuzzer_and_seeds_and_is_tested_here() {
    let tested: BTreeSet<_> = TARGETS.iter().map(|target| (*target).to_owned()).collect();
    assert_eq!(names(&made_seeds::folder().join("../fuzz_targets")), tested);
    assert_eq!(names(&made_seeds::folder()), tested);
}

#[test]
fn the_made_seeds_are_up_to_date() {
    for (place, bytes) in made_seeds::made() {
        let seed = fs::read(made_seeds::folder().join(&place)).unwrap_or_default();
        assert!(seed == bytes, "{}: run the example fuzz_seeds", place.display());
    }
}
