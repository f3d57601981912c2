use std::fs;

use tempfile::TempDir;

use super::*;

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

fn expanded(args: &InputsArgs) -> Result<Vec<InputName>, Refused> {
    expand(args)
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
    expanded(args).unwrap().into_iter().map(name).collect()
}

#[track_caller]
fn refused(args: &InputsArgs, exit: Exit, words: &[&str]) {
    let refused = expanded(args).unwrap_err();
    assert_eq!(refused.exit, exit, "{refused:?}");
    for word in words.iter().chain(&["nothing was sent"]) {
        assert!(refused.message.contains(word), "{word} is not in {refused:?}");
    }
}

fn from(list: &[u8]) -> Result<Vec<InputName>, Refused> {
    let args = InputsArgs { inputs: Vec::new(), recursive: false, from: Some("-".into()) };
    expand_with(&args, list)
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
        expanded(&args).unwrap()
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
    let mut inputs = expanded(&args(&folder, &["", "s"])).unwrap();
    inputs.push(InputName::Url("https://example.com/cup-clipping.png".parse().unwrap()));
    let results = ["s/../cup-clipping.png", "gone/x.png"].map(|name| folder.path().join(name));
    let (left, left_out) = without_results(inputs.clone(), results);
    assert_eq!(left_out, 1);
    inputs.remove(0);
    assert_eq!(left, inputs);
}

#[test]
fn what_names_no_photo_is_refused_and_all_of_it_is_told() {
    let folder = folder(&["empty/notes.txt", "a.jpg"]);
    refused(&args(&folder, &["absent.jpg"]), Exit::LocalIo, &["absent.jpg: No such file"]);
    refused(&args(&folder, &["empty"]), Exit::LocalIo, &["no photo is in", "--recursive"]);
    refused(&args(&folder, &["*.png"]), Exit::LocalIo, &["*.png: no photo has such a name"]);
    refused(&args(&folder, &["[a.png"]), Exit::Usage, &["no pattern"]);
    refused(&args(&folder, &["absent/*.png"]), Exit::LocalIo, &["absent"]);
    refused(&args(&folder, &["a.jpg", "x.jpg", "y.jpg"]), Exit::LocalIo, &["x.jpg", "y.jpg"]);
    let mut ftp = args(&folder, &["a.jpg"]);
    ftp.inputs.push("ftp://example.com/x.png".into());
    refused(&ftp, Exit::Usage, &["ftp://example.com/x.png", "neither http nor https"]);
}

#[test]
fn a_thousand_wrong_names_are_counted_and_not_all_told() {
    let list: String = (0..1000).map(|n| format!("absent-{n}.jpg\n")).collect();
    let refused = from(list.as_bytes()).unwrap_err();
    assert!(refused.message.contains("line 1: absent-0.jpg: "), "{refused:?}");
    assert!(refused.message.contains("and 980 more"), "{refused:?}");
    assert_eq!(refused.message.lines().count(), TOLD + 2);
}

#[test]
fn a_list_has_one_name_a_line_with_comments_and_any_line_ends() {
    let list =
        b"\xef\xbb\xbfhttps://a.example/1.jpg\r\n\n# a comment\r\n  \nhttps://a.example/2.jpg";
    let inputs = from(list).unwrap();
    let url = |text: &str| InputName::Url(text.parse().unwrap());
    assert_eq!(inputs, [url("https://a.example/1.jpg"), url("https://a.example/2.jpg")]);
}

#[test]
fn what_is_wrong_in_a_list_is_told_by_the_number_of_its_line() {
    let refused = from(b"# first\n\nabsent.jpg\r\nftp://a.example/\nx\0y\n").unwrap_err();
    let lines: Vec<_> = refused.message.lines().collect();
    assert!(lines[0].starts_with("line 3: absent.jpg: No such file"), "{lines:?}");
    assert!(lines[1].starts_with("line 4: ftp://a.example/: the scheme"), "{lines:?}");
    assert!(lines[2].starts_with("line 5: it holds a NUL byte"), "{lines:?}");
    assert_eq!(refused.exit, Exit::LocalIo);
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
    let refused = expanded(&args).unwrap_err();
    assert!(refused.message.ends_with("empty names no input"), "{refused:?}");
    args.from = Some(folder.path().join("absent"));
    let refused = expanded(&args).unwrap_err();
    assert!(refused.exit == Exit::LocalIo && refused.message.contains("absent: No such file"));
}

#[test]
fn a_line_break_in_a_name_cannot_forge_a_line_of_an_error() {
    let folder = folder(&[]);
    let refused = expanded(&args(&folder, &["a\nb\u{1b}[2J.jpg"])).unwrap_err();
    assert_eq!(refused.message.lines().count(), 2, "{refused:?}");
    assert!(!refused.message.contains('\u{1b}'), "{refused:?}");
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
        let inputs = expanded(&args(&folder, &[word])).unwrap();
        assert_eq!(inputs.len(), 2, "{word}");
        assert_eq!(inputs[1], InputName::File(path.clone()), "{word}");
    }
    let mut args = args(&folder, &[]);
    args.inputs.push(path.clone().into_os_string());
    assert_eq!(expanded(&args).unwrap(), [InputName::File(path.clone())]);

    let latin = folder.path().join(OsStr::from_bytes(b"caf\xe9.jpg"));
    fs::write(&latin, "").unwrap();
    assert_eq!(from(latin.as_os_str().as_bytes()).unwrap(), [InputName::File(latin)]);
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
    refused(&inputs, Exit::LocalIo, &["gone.jpg: No such file"]);
}
