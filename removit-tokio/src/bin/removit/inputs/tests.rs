use std::fs;

use tempfile::TempDir;

use super::*;
use crate::exit::Exit;

/// A folder of empty files: no photo is opened.
fn folder(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    folder
}

/// The program's words, each path beginning at the folder.
fn args(folder: &TempDir, words: &[&str]) -> InputsArgs {
    let at = |word: &&str| folder.path().join(word).into_os_string();
    InputsArgs { inputs: words.iter().map(at).collect(), recursive: false, from: None }
}

/// The inputs, where nothing is wrong with any word.
#[track_caller]
fn expanded(args: &InputsArgs) -> Vec<InputName> {
    let found = expand(args).unwrap();
    assert!(found.wrong.is_empty(), "{:?}", found.wrong);
    found.inputs.into_iter().map(|input| input.name).collect()
}

/// The inputs' paths without the folder.
#[track_caller]
fn names(folder: &TempDir, args: &InputsArgs) -> Vec<String> {
    let name = |input: InputName| match input {
        InputName::File(path) => {
            let path = path.strip_prefix(folder.path()).unwrap_or(&path);
            path.to_string_lossy().replace('\\', "/")
        }
        InputName::Url(url) => url.as_str().to_owned(),
    };
    expanded(args).into_iter().map(name).collect()
}

/// What is said of the words that stand for nothing.
#[track_caller]
fn wrong(args: &InputsArgs, exit: Exit, words: &[&str]) {
    let wrong = expand(args).unwrap().wrong;
    assert!(!wrong.is_empty());
    let message: String =
        wrong.iter().map(|wrong| format!("{}\n", wrong.refused.message)).collect();
    assert!(wrong.iter().all(|wrong| wrong.refused.exit == exit), "{wrong:?}");
    for word in words {
        assert!(message.contains(word), "{word} is not in {message}");
    }
}

fn from(list: &[u8]) -> Found {
    let args = InputsArgs { inputs: Vec::new(), recursive: false, from: Some("-".into()) };
    expand_with(&args, list).unwrap()
}

fn named(found: Found) -> Vec<InputName> {
    found.inputs.into_iter().map(|input| input.name).collect()
}

fn url(text: &str) -> InputName {
    InputName::Url(text.parse().unwrap())
}

#[test]
fn a_folder_stands_for_its_photos_by_name_and_nothing_hidden() {
    let folder = folder(&[
        "b.PNG",
        "a.jpeg",
        "notes.txt",
        "c",
        ".hidden.jpg",
        ".removit-x1.part",
        "sub/d.tif",
        ".git/e.png",
    ]);
    let mut args = args(&folder, &[""]);
    assert_eq!(names(&folder, &args), ["a.jpeg", "b.PNG"]);
    args.recursive = true;
    assert_eq!(names(&folder, &args), ["a.jpeg", "b.PNG", "sub/d.tif"]);
}

#[test]
fn a_file_named_by_itself_is_taken_whatever_it_is_called() {
    let folder = folder(&["photo", ".hidden", "a[1].jpg", "a1.jpg"]);
    let args = args(&folder, &["photo", ".hidden", "a[1].jpg"]);
    assert_eq!(names(&folder, &args), ["photo", ".hidden", "a[1].jpg"]);
}

#[test]
fn a_pattern_stands_for_the_photos_that_it_matches() {
    let mut files = vec!["b.jpg", "a.jpg", "a.png", "x.txt", ".h.jpg", "s/c.jpg", "s/t/d.jpg"];
    files.extend([".k1/e.jpg", ".k1/.f.jpg"]);
    let folder = folder(&files);
    for (pattern, expected) in [
        ("*.jpg", &["a.jpg", "b.jpg"][..]),
        ("[ab].*", &["a.jpg", "a.png", "b.jpg"]),
        ("?.png", &["a.png"]),
        ("*", &["a.jpg", "a.png", "b.jpg"]),
        (".*", &[".h.jpg"]),
        ("*/*.jpg", &["s/c.jpg"]),
        ("**/*.jpg", &["a.jpg", "b.jpg", "s/c.jpg", "s/t/d.jpg"]),
        ("**/[s]/*.jpg", &["s/c.jpg"]),
        (".k?/*", &[".k1/e.jpg"]),
        ("s/**/d.jpg", &["s/t/d.jpg"]),
    ] {
        assert_eq!(names(&folder, &args(&folder, &[pattern])), expected, "{pattern}");
    }
}

#[test]
fn a_relative_pattern_gives_relative_paths() {
    // Tests run in the package's folder.
    let found = |pattern: &str| {
        let args = InputsArgs { inputs: vec![pattern.into()], recursive: false, from: None };
        expanded(&args)
    };
    for pattern in ["*/rocket.jpg", "assets/rock*", "**/rocket.jpg"] {
        assert_eq!(found(pattern), [InputName::File("assets/rocket.jpg".into())], "{pattern}");
    }
}

#[test]
fn the_folders_that_a_pattern_matches_are_entered_only_if_asked() {
    let folder = folder(&["x1/a.jpg", "x2/y/b.jpg", "z/c.jpg", "x.jpg"]);
    let mut args = args(&folder, &["x*"]);
    assert_eq!(names(&folder, &args), ["x.jpg"]);
    args.recursive = true;
    assert_eq!(names(&folder, &args), ["x.jpg", "x1/a.jpg", "x2/y/b.jpg"]);
}

#[test]
fn an_input_that_is_named_twice_is_taken_once_at_its_first_place() {
    let folder = folder(&["b.jpg", "a.jpg", "s/c.jpg"]);
    let mut args = args(&folder, &["b.jpg", "./b.jpg", "s/../b.jpg", "", "*.jpg"]);
    args.inputs.extend(["https://example.com/x.jpg".into(), "https://example.com/x.jpg".into()]);
    assert_eq!(names(&folder, &args), ["b.jpg", "a.jpg", "https://example.com/x.jpg"]);
}

#[test]
fn the_results_of_an_earlier_run_are_no_inputs_of_the_next() {
    let folder = folder(&["cup.jpg", "cup-clipping.png", "s/hat.jpg"]);
    let mut words = args(&folder, &["", "s"]);
    words.inputs.push("https://example.com/cup-clipping.png".into());
    let mut found = expand(&words).unwrap();
    let mut expected = found.inputs.clone();
    let results = ["s/../cup-clipping.png", "gone/x.png"].map(|name| folder.path().join(name));
    found.leave_out(results);
    assert_eq!(found.left_out.results, 1);
    expected.remove(0);
    assert_eq!(found.inputs, expected);
}

#[test]
fn what_names_no_photo_is_told_and_the_others_go_on() {
    let folder = folder(&["empty/notes.txt", "a.jpg"]);
    wrong(&args(&folder, &["absent.jpg"]), Exit::LocalIo, &["absent.jpg: No such file"]);
    wrong(&args(&folder, &["empty"]), Exit::LocalIo, &["no photo is in", "--recursive"]);
    wrong(&args(&folder, &["*.png"]), Exit::LocalIo, &["*.png: no photo has such a name"]);
    wrong(&args(&folder, &["[a.png"]), Exit::Usage, &["no pattern"]);
    wrong(&args(&folder, &["absent/*.png"]), Exit::LocalIo, &["absent"]);
    let some = args(&folder, &["a.jpg", "x.jpg", "y.jpg"]);
    wrong(&some, Exit::LocalIo, &["x.jpg", "y.jpg"]);
    assert_eq!(expand(&some).unwrap().inputs.len(), 1);
    let mut ftp = args(&folder, &["a.jpg"]);
    ftp.inputs.push("ftp://example.com/x.png".into());
    wrong(&ftp, Exit::Usage, &["ftp://example.com/x.png", "neither http nor https"]);
}

#[test]
fn what_a_folder_holds_beside_photos_is_counted_by_kind() {
    let folder = folder(&["a.jpg", "b.CR2", "c.cr2", "d.heic", "e.nef", "notes.txt"]);
    let left_out = expand(&args(&folder, &[""])).unwrap().left_out.by_kind;
    let expected =
        [("HEIC", 1), ("camera raw (Canon)", 2), ("camera raw (Nikon)", 1), ("no image", 1)];
    assert_eq!(left_out.into_iter().collect::<Vec<_>>(), expected);
    fs::remove_file(folder.path().join("a.jpg")).unwrap();
    wrong(&args(&folder, &[""]), Exit::LocalIo, &["does not take its 1 HEIC, 2 camera raw"]);
}

#[test]
fn an_input_knows_the_folders_it_was_found_in() {
    let folder = folder(&["a.jpg", "s/t/b.jpg"]);
    let trees = |word: &str| -> Vec<_> {
        let args = InputsArgs { recursive: true, ..args(&folder, &[word]) };
        expand(&args).unwrap().inputs.into_iter().map(|input| input.tree).collect()
    };
    assert_eq!(trees(""), [Path::new(""), Path::new("s/t")]);
    assert_eq!(trees("s"), [Path::new("t")]);
    assert_eq!(trees("s/t/b.jpg"), [Path::new("")]);
    assert_eq!(trees("*/*/*.jpg"), [Path::new("s/t")]);
}

#[test]
fn a_list_has_one_name_a_line_with_comments_and_any_line_ends() {
    let list =
        b"\xef\xbb\xbfhttps://a.example/1.jpg\r\n\n# a comment\r\n  \nhttps://a.example/2.jpg";
    assert_eq!(named(from(list)), [url("https://a.example/1.jpg"), url("https://a.example/2.jpg")]);
}

#[test]
fn a_list_in_utf_16_is_read_with_its_mark_and_without() {
    let text = "https://a.example/1.jpg\r\nhttps://a.example/2.jpg\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let expected = [url("https://a.example/1.jpg"), url("https://a.example/2.jpg")];
    for list in [
        [&b"\xff\xfe"[..], &little].concat(),
        [&b"\xfe\xff"[..], &big].concat(),
        little.clone(),
        big.clone(),
    ] {
        assert_eq!(named(from(&list)), expected, "{list:?}");
    }
}

#[test]
fn a_list_with_nul_after_each_name_takes_every_character_as_meant() {
    let folder = folder(&["a\nb.jpg", "#c.jpg"]);
    let path = |name: &str| folder.path().join(name);
    let list = format!("{}\0{}\0", path("a\nb.jpg").display(), path("#c.jpg").display());
    let expected = ["a\nb.jpg", "#c.jpg"].map(|name| InputName::File(path(name)));
    assert_eq!(named(from(list.as_bytes())), expected);
}

#[test]
fn what_is_wrong_in_a_list_is_told_by_the_number_of_its_line() {
    let found = from(b"# first\n\nabsent.jpg\r\nftp://a.example/\nhttps://a.example/1.jpg\n");
    let lines: Vec<_> = found.wrong.iter().map(|wrong| &wrong.refused.message).collect();
    assert!(lines[0].starts_with("line 3: absent.jpg: No such file"), "{lines:?}");
    assert!(lines[1].starts_with("line 4: ftp://a.example/: the scheme"), "{lines:?}");
    assert_eq!(named(found), [url("https://a.example/1.jpg")]);
}

#[test]
fn a_blank_at_the_end_of_a_name_is_shown() {
    let message = from(b"absent.jpg \n").wrong.remove(0).refused.message;
    assert!(
        message.starts_with("line 1: 'absent.jpg ' (it begins or ends with a blank)"),
        "{message}"
    );
}

#[test]
fn a_list_is_a_file_and_one_that_names_nothing_is_refused() {
    let folder = folder(&["a.jpg", "list", "empty"]);
    let list = folder.path().join("a.jpg").into_os_string().into_string().unwrap();
    fs::write(folder.path().join("list"), list).unwrap();
    let mut args = args(&folder, &[]);
    args.from = Some(folder.path().join("list"));
    assert_eq!(names(&folder, &args), ["a.jpg"]);
    args.from = Some(folder.path().join("empty"));
    let refused = expand(&args).err().unwrap();
    assert!(refused.message.ends_with("empty names no input"), "{refused:?}");
    args.from = Some(folder.path().join("absent"));
    let refused = expand(&args).err().unwrap();
    assert!(refused.exit == Exit::LocalIo && refused.message.contains("absent: No such file"));
}

#[test]
fn a_line_break_in_a_name_cannot_forge_a_line_of_an_error() {
    let folder = folder(&[]);
    let found = expand(&args(&folder, &["a\nb\u{1b}[2J.jpg"])).unwrap();
    let message = &found.wrong[0].refused.message;
    assert_eq!(message.lines().count(), 1, "{message:?}");
    assert!(!message.contains('\u{1b}'), "{message:?}");
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_inputs_like_all_others() {
    use std::os::unix::ffi::OsStrExt;

    let folder = folder(&["s/a.jpg"]);
    let name = OsStr::from_bytes(b"caf\xe9\n.jpg");
    fs::write(folder.path().join("s").join(name), "").unwrap();
    let path = folder.path().join("s").join(name);
    for word in ["s", "s/*.jpg"] {
        let inputs = expanded(&args(&folder, &[word]));
        assert_eq!(inputs.len(), 2, "{word}");
        assert_eq!(inputs[1], InputName::File(path.clone()), "{word}");
    }
    let mut args = args(&folder, &[]);
    args.inputs.push(path.clone().into_os_string());
    assert_eq!(expanded(&args), [InputName::File(path.clone())]);

    let latin = folder.path().join(OsStr::from_bytes(b"caf\xe9.jpg"));
    fs::write(&latin, "").unwrap();
    assert_eq!(named(from(latin.as_os_str().as_bytes())), [InputName::File(latin)]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_a_circle_of_them_ends() {
    use std::os::unix::fs::symlink;

    let folder = folder(&["in/a.jpg", "out/b.jpg"]);
    let link = |to: &str, at: &str| symlink(folder.path().join(to), folder.path().join(at));
    link("in", "in/round").unwrap();
    link("out", "in/z").unwrap();
    link("nothing", "in/.#lock").unwrap();
    link("nothing", "in/latest").unwrap();
    let mut inputs = args(&folder, &["in"]);
    inputs.recursive = true;
    assert_eq!(names(&folder, &inputs), ["in/a.jpg", "in/z/b.jpg"]);

    link("nothing", "in/gone.jpg").unwrap();
    wrong(&inputs, Exit::LocalIo, &["gone.jpg: No such file"]);
    assert_eq!(expand(&inputs).unwrap().inputs.len(), 2, "the others go on");
}
