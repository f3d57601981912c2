use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

fn args(words: &[&str]) -> ProcessArgs {
    match Cli::try_parse_from([&["removit", "process"], words].concat()).unwrap().command {
        Command::Process(args) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn folders_are_made_for_files_and_for_a_journal_in_them() {
    for (aim, journal, is_made) in [
        (Aim::Files, None, true),
        (Aim::Files, Some("elsewhere/removit.journal"), true),
        (Aim::Urls, Some("out/removit.journal"), true),
        (Aim::Urls, Some("elsewhere/removit.journal"), false),
        (Aim::Urls, None, false),
    ] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("out");
        let journal = journal.map(|journal| root.path().join(journal));
        make_folders(&folder, journal.as_deref(), aim).unwrap();
        assert_eq!(folder.is_dir(), is_made, "{aim:?} {journal:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = make_folders(&file.join("out"), None, Aim::Files).unwrap_err();
    assert_eq!(refused.exit, Exit::LocalIo);
    assert!(refused.message.starts_with(&format!("{}: ", file.join("out").display())));
}

#[test]
fn where_results_go_is_what_was_typed() {
    let place = |aim| {
        let name = OutputName { folder: "out".into(), stem: "cup".into() };
        move |output: &OutputArgs| destination(output, aim, name.clone())
    };
    let file = |overwrite| Some(Destination::file("a.png").overwrite(overwrite));
    let folder = Some(Destination::folder("out", "cup").overwrite(false));
    for (words, expected, destination, shown, stem_of) in [
        (&["x", "-o", "a.png"][..], Aim::OneFile, file(false), "", "a"),
        (&["x", "-o", "a.png", "--overwrite"], Aim::OneFile, file(true), "", "a"),
        (&["x", "-o", "d/a.png"], Aim::OneFile, None, "d", "a"),
        (&["x", "-o", "-"], Aim::StandardOutput, None, "", "cup"),
        (&["x", "--no-download"], Aim::Urls, None, "out", "cup"),
        (&["x"], Aim::Files, folder, "out", "cup"),
    ] {
        let output = args(words).output;
        let found = aim(&output);
        assert_eq!(found, expected, "{words:?}");
        if words.last() != Some(&"d/a.png") {
            assert_eq!(place(found)(&output), destination, "{words:?}");
        }
        assert_eq!(shown_folder(&output, Path::new("out")), Path::new(shown), "{words:?}");
        let name = OutputName { folder: "out".into(), stem: "cup".into() };
        assert_eq!(stem(&output, Some(&name)).as_deref(), Some(stem_of), "{words:?}");
    }
    assert_eq!(stem(&args(&["x"]).output, None), None);
}

#[test]
fn one_photo_is_one_that_was_named_itself() {
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("a.png");
    std::fs::write(&photo, "").unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, photo.to_str().unwrap()).unwrap();
    let (photo, list) = (photo.to_str().unwrap(), list.to_str().unwrap());
    for (words, expected) in [
        (&[photo][..], true),
        (&["none.png"], true),
        (&[photo, "none.png"], false),
        (&[folder.path().to_str().unwrap()], false),
        (&["--from", list], false),
    ] {
        let args = args(words);
        assert_eq!(is_one(&args, &expand(&args.inputs).unwrap()), expected, "{words:?}");
    }
}

#[test]
fn one_file_asks_for_one_result_in_the_format_of_its_ending() {
    use crate::photo_args::Format;
    let options = |words: &[&str]| {
        let args = args(&[&["x"], words].concat());
        for_output(&args.options, &args.output)
    };
    for (words, delivery, format) in [
        (&[][..], None, None),
        (&["--format", "psd"], None, Some(Format::Psd)),
        (&["-o", "a"], Some(Delivery::FinalUrl), None),
        (&["-o", "a.webp"], Some(Delivery::FinalUrl), Some(Format::Webp)),
        (&["-o", "a.jpg", "--format", "jpeg"], Some(Delivery::FinalUrl), Some(Format::Jpeg)),
        (&["-o", "-", "--format", "psd"], Some(Delivery::FinalUrl), Some(Format::Psd)),
        (&["-o", "-"], Some(Delivery::FinalUrl), None),
    ] {
        let found = options(words).unwrap();
        assert_eq!((found.delivery, found.format), (delivery, format), "{words:?}");
    }
    for (words, why) in [
        (&["-o", "a.png", "--delivery", "url"][..], "holds one result"),
        (&["-o", "a.gif"], "makes no .gif"),
        (&["-o", "a.png", "--format", "psd"], "--format psd contradict"),
    ] {
        let refused = options(words).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains(why), "{}", refused.message);
    }
}
