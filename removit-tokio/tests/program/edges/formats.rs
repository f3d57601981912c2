//! The ending of a file is its format, and what the API does not take is not paid for.

use std::fs;

use crate::bench::Bench;

/// A TIFF whose first directory says that it is a DNG.
const DNG: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\xc6\x01\0\x04\0\0\0\x01\x04\0\0\0\0\0\0 and so on";
const CR2: &[u8] = b"II*\0\x10\0\0\0CR\x02\0 and so on";
const TIFF: &[u8] = b"II*\0\x08\0\0\0\0\0\0\0\0\0";
const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and so on";

#[test]
fn the_ending_of_the_file_is_the_format_that_is_asked_for() {
    for (file, format) in [
        ("x.webp", "webp"),
        ("x.JPG", "jpg"),
        ("x.jpeg", "jpeg"),
        ("x.tif", "tiff"),
        ("x.psd", "psd"),
        ("x.png", "png"),
        ("x", "png"),
    ] {
        let bench = Bench::new();
        bench.run(&["process", "cup.png", "-o", file]).exits(0);
        assert_eq!(bench.server.account().jobs[0].order.output_format, format, "{file}");
    }
}

#[test]
fn a_format_that_contradicts_the_ending_is_refused() {
    let bench = Bench::new();
    for (args, words) in [
        (&["-o", "x.png", "--format", "webp"][..], "contradict"),
        (&["-o", "x.tif", "--format", "jpg"], "contradict"),
        (&["-o", "x.gif"], "makes no .gif"),
    ] {
        let ran = bench.run(&[&["process", "cup.png"], args].concat()).exits(2);
        assert!(ran.err.contains(words), "{ran:?}");
    }
    assert_eq!(bench.uploads(), 0);
    bench.run(&["process", "cup.png", "-o", "x.jpeg", "--format", "jpg"]).exits(0);
}

#[test]
fn camera_raws_and_heic_are_named_and_never_paid_for() {
    let bench = Bench::new();
    for (name, bytes, kind) in [
        ("a.CR2", CR2, "camera raw (Canon)"),
        ("b.tif", CR2, "camera raw (Canon)"),
        ("c.tiff", DNG, "camera raw (DNG)"),
        ("d.dng", TIFF, "camera raw (DNG)"),
        ("e.nef", TIFF, "camera raw (Nikon)"),
        ("f.arw", TIFF, "camera raw (Sony)"),
        ("g.heic", HEIC, "HEIC"),
        ("h.jpg", HEIC, "HEIC"),
    ] {
        fs::write(bench.path(name), bytes).unwrap();
        let ran = bench.run(&["process", name, "--json"]).exits(2);
        let error = ran.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(kind) && error.contains(name), "{name}: {error}");
    }
    assert_eq!(bench.uploads(), 0);
}

#[test]
fn what_a_folder_holds_beside_photos_is_counted_by_kind() {
    let bench = Bench::new();
    for name in ["a.CR2", "b.cr2", "c.heic", "notes.txt"] {
        fs::write(bench.path(name), CR2).unwrap();
    }
    let dry = bench.run(&["process", ".", "--dry-run"]).exits(0);
    for line in ["1  HEIC", "2  camera raw (Canon)", "1  no image"] {
        assert!(dry.err.contains(&format!("left out         {line}")), "{line}: {dry:?}");
    }
    let ran = bench.run(&["process", ".", "--out-dir", "out", "--json"]).exits(0);
    let left_out = &ran.lines_of("summary")[0]["left_out"];
    assert_eq!(left_out["camera raw (Canon)"], 2);
    assert_eq!((ran.json_lines().len(), bench.jobs()), (1, 1));
}
