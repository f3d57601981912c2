//! Where results go in the end, and what is done with what lies there.

use super::*;

const JPG: &[u8] = b"\xff\xd8\xff\xe0 and so on: a photograph";

/// A folder with a result of another run in it.
fn with_result(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, JPG).unwrap();
    (folder, path)
}

#[test]
fn results_go_into_the_folder_of_the_file_that_was_chosen() {
    let placing = Placing::open(&Destination::file("out/cup.png")).unwrap();
    assert_eq!(placing.folder(), Path::new("out"));
}

#[test]
fn a_copy_is_whole_and_told_with_its_length() {
    let (folder, from) = with_result("cup.jpg");
    let mut placing = Placing::open(&Destination::folder(folder.path(), "hat")).unwrap();
    let (path, len) = placing.copy(&from, true, None).unwrap();
    assert_eq!(fs::read(&path).unwrap(), JPG);
    assert_eq!(len, JPG.len() as u64);
}

#[test]
fn a_copy_keeps_the_ending_that_says_the_same_and_no_other() {
    for (name, ending) in [("cup.jpeg", "jpeg"), ("cup.png", "jpg"), ("cup", "jpg")] {
        let (folder, from) = with_result(name);
        let mut placing = Placing::open(&Destination::folder(folder.path(), "hat")).unwrap();
        let (path, _) = placing.copy(&from, true, None).unwrap();
        assert_eq!(path.extension().unwrap(), ending, "of {name}");
    }
}

#[test]
fn a_file_with_the_same_content_is_taken_for_the_result_and_no_other_one() {
    let other = [JPG, b"!"].concat();
    let as_long = [&JPG[1..], b"!"].concat();
    for (there, expected) in
        [(JPG, "hat-result.jpg"), (&other, "hat-result-2.jpg"), (&as_long, "hat-result-2.jpg")]
    {
        let (folder, from) = with_result("cup.jpg");
        fs::write(folder.path().join("hat-result.jpg"), there).unwrap();
        let mut placing = Placing::open(&Destination::folder(folder.path(), "hat")).unwrap();
        let (path, _) = placing.copy(&from, true, None).unwrap();
        assert_eq!(path.file_name().unwrap(), expected);
        assert_eq!(fs::read(folder.path().join("hat-result.jpg")).unwrap(), there);
    }
}

#[test]
fn half_files_of_the_same_mark_are_swept_where_that_is_asked_for_and_nothing_else() {
    for (mark, sweep, left) in [
        ("one-", true, &[".removit-two-a.part", "cup.png", "one-a.part"][..]),
        ("one-", false, &[".removit-one-a.part", ".removit-two-a.part", "cup.png", "one-a.part"]),
        ("", true, &[".removit-one-a.part", ".removit-two-a.part", "cup.png", "one-a.part"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in [".removit-one-a.part", ".removit-two-a.part", "cup.png", "one-a.part"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let placing = Placing::open(&Destination::folder(folder.path(), "hat")).unwrap();
        let _ = placing.marked(mark, |_| sweep);
        let there = fs::read_dir(folder.path()).unwrap();
        let mut there: Vec<_> = there.map(|entry| entry.unwrap().file_name()).collect();
        there.sort();
        assert_eq!(there, left, "{mark:?} {sweep}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_found_out_before_anything_is_paid_for() {
    assert!(Placing::prepare(&Destination::file("/proc/cup.png")).is_err());
}

#[test]
fn the_only_result_has_the_name_that_was_chosen_as_it_is_spelled() {
    let (folder, from) = with_result("cup.jpg");
    let chosen = folder.path().join("hat.JPEG");
    let mut placing = Placing::open(&Destination::file(&chosen)).unwrap();
    assert_eq!(placing.copy(&from, true, None).unwrap().0, chosen);
}
