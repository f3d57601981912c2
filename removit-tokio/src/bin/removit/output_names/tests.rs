use super::*;
use crate::inputs::name::InputName;

fn files(paths: &[&str]) -> Vec<FoundInput> {
    paths.iter().map(|path| FoundInput::named(InputName::File(path.into()))).collect()
}

fn urls(urls: &[&str]) -> Vec<FoundInput> {
    urls.iter().map(|url| FoundInput::named(InputName::Url(url.parse().unwrap()))).collect()
}

fn all(pattern: &str, inputs: &[FoundInput]) -> Result<Vec<OutputName>, Refused> {
    name_all(inputs, Path::new("out"), &pattern.parse().unwrap(), &KnownNames::default())
}

/// The names below `out`, as `folder/stem`.
#[track_caller]
fn named(pattern: &str, inputs: &[FoundInput]) -> Vec<String> {
    let names = all(pattern, inputs).unwrap();
    let below = |name: OutputName| {
        let path = name.folder.join(name.stem);
        path.strip_prefix("out").unwrap().to_string_lossy().replace('\\', "/")
    };
    names.into_iter().map(below).collect()
}

#[track_caller]
fn refused(pattern: &str, inputs: &[FoundInput]) -> String {
    let refused = all(pattern, inputs).unwrap_err();
    assert_eq!(refused.exit, crate::exit::Exit::Usage);
    refused.message
}

#[test]
fn results_are_called_after_their_inputs() {
    let inputs = files(&["shop/cup.jpg", "b.tar.png", "c"]);
    assert_eq!(named("{stem}", &inputs), ["cup", "b.tar", "c"]);
}

#[test]
fn the_words_of_a_pattern_stand_for_parts_of_the_input() {
    let inputs = files(&["shop/mugs/cup.jpg", "/x.PNG", "shop/../assets/y"]);
    assert_eq!(named("{folder}-{stem}", &inputs[..1]), ["mugs-cup"]);
    assert_eq!(named("{stem}.{ext}", &inputs), ["cup.jpg", "x.PNG", "y"]);
    assert_eq!(named("a{stem}b{index}", &inputs), ["acupb1", "axb2", "ayb3"]);
    // Tests run in the package's folder, whose name no input says.
    assert_eq!(named("{folder}", &files(&["x.png"])), ["removit-tokio"]);
    assert_eq!(named("{folder}", &files(&["assets/../x.png"])), ["removit-tokio"]);
}

#[test]
fn a_slash_in_a_pattern_makes_folders() {
    let inputs = files(&["mugs/cup.jpg", "caps/cup.jpg"]);
    assert_eq!(named("by/{folder}/{stem}", &inputs), ["by/mugs/cup", "by/caps/cup"]);
    let name = all("{folder}/{stem}", &inputs);
    let expected = OutputName { folder: Path::new("out").join("mugs"), stem: "cup".to_owned() };
    assert_eq!(name.unwrap()[0], expected);
}

#[test]
fn numbers_have_as_many_digits_as_the_last_so_that_names_sort() {
    let inputs = files(&["x.png"; 120]);
    let names = named("{index}", &inputs);
    assert_eq!((names[0].as_str(), names[119].as_str()), ("001", "120"));
    assert!(names.is_sorted());
}

#[test]
fn a_url_is_called_after_its_path_or_its_host() {
    let inputs = urls(&[
        "https://a.example/shop/cup.jpg?sig=x/y.png",
        "https://b.example/mug.jpg",
        "https://c.example/",
        "https://d.example",
    ]);
    let expected = ["shop/cup", "b.example/mug", "c.example/c.example", "d.example/d.example"];
    assert_eq!(named("{folder}/{stem}", &inputs), expected);
}

#[test]
fn no_input_leads_out_of_the_folder() {
    let hostile = ["../...jpg", "x/..\\..\\y.jpg", "nul.png", "a\nb.png", "-rf.png", "~.png"];
    let names = named("{stem}/{index}", &files(&hostile));
    assert_eq!(names, ["removit/1", ".._.._y/2", "nul_/3", "a_b/4", "-rf/5", "~/6"]);
    assert_eq!(named("{folder}/{stem}", &files(&["/x.png"])), ["removit/x"]);
}

#[test]
fn a_pattern_that_is_no_name_is_refused() {
    for (pattern, words) in [
        ("", "empty"),
        ("a//b", "empty"),
        ("{stem}/", "empty"),
        ("/etc/{stem}", "--out-dir"),
        ("../{stem}", "--out-dir"),
        ("{stem}/./x", "--out-dir"),
        ("{name}", "{name} is none of {stem}"),
        ("{stem", "has no }"),
    ] {
        let error = pattern.parse::<NamePattern>().unwrap_err();
        assert!(error.contains(words), "{pattern}: {error}");
    }
}

#[test]
fn letters_of_all_scripts_stay_and_are_written_in_one_way() {
    let inputs = files(&["стул.png", "椅子.png", "cafe\u{301}.png", "a b.png"]);
    assert_eq!(named("{stem}", &inputs), ["стул", "椅子", "caf\u{e9}", "a b"]);
}

#[test]
fn of_inputs_with_one_name_the_later_ones_get_a_number() {
    let inputs = files(&["mugs/cup.jpg", "caps/Cup.jpg", "hats/cup.png", "mugs/cup-2.jpg", "hat"]);
    assert_eq!(named("{stem}", &inputs), ["cup", "Cup-3", "cup-4", "cup-2", "hat"]);
    // A letter with its accent, and a letter and an accent.
    assert_eq!(named("{stem}", &files(&["\u{e9}", "e\u{301}"])), ["\u{e9}", "\u{e9}-2"]);
    let long = [format!("{}1.jpg", "a".repeat(300)), format!("{}2.jpg", "a".repeat(300))];
    let names = named("{stem}", &files(&[&long[0], &long[1]]));
    assert_eq!(names[1], format!("{}-2", names[0]));
}

#[test]
fn thousands_of_inputs_with_one_name_are_numbered_in_no_time() {
    let paths: Vec<_> = (0..20_000).map(|n| format!("{n}/cup.jpg")).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    assert_eq!(named("{stem}", &files(&paths)).last().unwrap(), "cup-20000");
}

#[test]
fn the_tree_of_folders_is_kept() {
    let mut inputs = files(&["photos/a/b/cup.jpg", "photos/hat.jpg"]);
    inputs[0].tree = "a/b".into();
    assert_eq!(named("{tree}/{stem}", &inputs), ["a/b/cup", "hat"]);
    assert_eq!(named("all/{tree}", &inputs), ["all/a/b/cup", "all/hat"]);
    for pattern in ["x{tree}/{stem}", "{tree}{stem}"] {
        let error = pattern.parse::<NamePattern>().unwrap_err();
        assert!(error.contains("stands alone"), "{error}");
    }
}

#[test]
fn an_input_keeps_the_name_that_an_earlier_run_gave_it() {
    use removit_tokio::proto::journal::{
        Destination, JournalPath, Planned, Record, Replay, WallTime,
    };
    use removit_tokio::proto::{ContentHash, InputKey, UploadOptions};

    let inputs = files(&["new/cup.jpg", "old/cup.jpg"]);
    let key = InputKey::new(ContentHash::new([1; 32]));
    let at = |folder: &str, stem: &str| {
        let path = std::path::absolute(folder).unwrap();
        let planned = Planned::new(
            WallTime::default(),
            key,
            inputs[1].name.journaled(),
            UploadOptions::default(),
        );
        let path = JournalPath::new(&path);
        let destination = Destination::Folder { path, stem: stem.to_owned() };
        let mut replay = Replay::default();
        replay.apply(Record::Planned(planned.with_destination(destination)));
        let known = KnownNames::of(&replay);
        let names = name_all(&inputs, Path::new("out"), &NamePattern::default(), &known).unwrap();
        names.into_iter().map(|name| name.stem).collect::<Vec<_>>()
    };
    assert_eq!(at("out", "cup"), ["cup-2", "cup"]);
    assert_eq!(at("out", "cup-7"), ["cup", "cup-7"]);
    for (folder, stem) in [("elsewhere", "cup"), ("out", "mug"), ("out", "cup-x"), ("out", "cup-")]
    {
        assert_eq!(at(folder, stem), ["cup", "cup-2"], "{folder} {stem}");
    }
}

#[test]
fn a_pattern_that_names_all_alike_is_refused() {
    let message = refused("x/same", &files(&["a.png", "b.png"]));
    let expected = Path::new("out").join("x").join("same");
    assert!(message.contains(&format!("saved as {}-…", expected.display())), "{message}");
    assert!(message.ends_with("{stem} or {index} in --name"), "{message}");
    assert_eq!(named("same", &files(&["a.png"])), ["same"]);
}
