//! A journal beside its results still means them after the project's folder moved.

use std::fs;

use crate::bench::Bench;

/// A project with three photos of which two were processed, moved to another place.
fn moved() -> Bench {
    let bench = Bench::new();
    for name in ["a", "b", "c"] {
        bench.photo(&format!("old/shop/photos/{name}.png"), name);
    }
    let args = ["process", "old/shop/photos", "--out-dir", "old/shop/out", "--max-jobs", "2"];
    bench.run(&args).exits(0);
    fs::create_dir(bench.path("new")).unwrap();
    fs::rename(bench.path("old/shop"), bench.path("new/store")).unwrap();
    assert_eq!(bench.jobs(), 2);
    bench
}

#[test]
fn resume_finds_photos_and_results_where_they_are_by_now() {
    let bench = moved();
    let ran = bench.run(&["resume", "new/store/out/removit.journal"]).exits(0);
    assert!(ran.err.contains("2 of them by an earlier run"), "{ran:?}");
    assert_eq!((bench.jobs(), bench.names("new/store/out").len()), (3, 4));
    assert!(!bench.path("old/shop").exists());
    // Once more, with what was written in both places.
    fs::rename(bench.path("new/store"), bench.path("third")).unwrap();
    let ran = bench.run(&["resume", "third/out/removit.journal"]).exits(0);
    assert!(ran.err.contains("3 of them by an earlier run"), "{ran:?}");
    assert!(!bench.path("new/store").exists());
}

#[test]
fn process_finds_them_as_well() {
    let bench = moved();
    let args = ["process", "new/store/photos", "--out-dir", "new/store/out"];
    let ran = bench.run(&args).exits(0);
    assert!(ran.err.contains("2 of them by an earlier run"), "{ran:?}");
    assert_eq!((bench.jobs(), bench.names("new/store/out").len()), (3, 4));
    // Results are no photos, wherever they lie by now.
    let ran = bench.run(&["process", "new/store", "--recursive", "--dry-run"]).exits(0);
    assert!(ran.err.contains("left out         3  results of earlier runs"), "{ran:?}");
}

#[test]
fn report_names_the_photos_where_they_are_by_now() {
    let bench = Bench::scenario("lost-answer");
    bench.photo("old/photos/a.png", "a");
    bench.run(&["process", "old/photos", "--out-dir", "old/out"]).exits(6);
    fs::rename(bench.path("old"), bench.path("new")).unwrap();
    let ran = bench.run(&["report", "new/out/removit.journal"]).exits(3);
    let photo = bench.path("new/photos/a.png");
    assert!(ran.out.contains(photo.to_str().unwrap()), "{ran:?}");
}
