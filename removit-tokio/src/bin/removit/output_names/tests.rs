use super::*;

fn files(paths: &[&str]) -> Vec<InputName> {
    paths.iter().map(|path| InputName::File(path.into())).collect()
}

fn urls(urls: &[&str]) -> Vec<InputName> {
    urls.iter().map(|url| InputName::Url(url.parse().unwrap())).collect()
}

/// The names below `out`, as `folder/stem`.
#[track_caller]
fn named(pattern: &str, inputs: &[InputName]) -> Vec<String> {
    let names = name_all(inputs, Path::new("out"), &pattern.parse().unwrap()).unwrap();
    let below = |name: OutputName| {
        let path = name.folder.join(name.stem);
        path.strip_prefix("out").unwrap().to_string_lossy().replace('\\', "/")
    };
    names.into_iter().map(below).collect()
}

#[track_caller]
fn refused(pattern: &str, inputs: &[InputName]) -> String {
    let refused = name_all(inputs, Path::new("out"), &pattern.parse().unwrap()).unwrap_err();
    assert_eq!(refused.exit, crate::exit::Exit::Usage);
    refused.message
}

#[test]
fn results_are_called_after_their_inputs() {
    let inputs = files(&["shop/cup.jpg", "b.tar.png", "c"]);
    assert_eq!(named("{stem}", &inputs), ["cup", "b_tar", "c"]);
}

#[test]
fn the_words_of_a_pattern_stand_for_parts_of_the_input() {
    let inputs = files(&["shop/mugs/cup.jpg", "/x.PNG", "shop/../assets/y"]);
    assert_eq!(named("{folder}-{stem}", &inputs[..1]), ["mugs-cup"]);
    assert_eq!(named("{stem}.{ext}", &inputs), ["cup_jpg", "x_PNG", "y"]);
    assert_eq!(named("a{stem}b{index}", &inputs), ["acupb1", "axb2", "ayb3"]);
    // Tests run in the package's folder, whose name no input says.
    assert_eq!(named("{folder}", &files(&["x.png"])), ["removit-tokio"]);
    assert_eq!(named("{folder}", &files(&["assets/../x.png"])), ["removit-tokio"]);
}

#[test]
fn a_slash_in_a_pattern_makes_folders() {
    let inputs = files(&["mugs/cup.jpg", "caps/cup.jpg"]);
    assert_eq!(named("by/{folder}/{stem}", &inputs), ["by/mugs/cup", "by/caps/cup"]);
    let name = name_all(&inputs, Path::new("out"), &"{folder}/{stem}".parse().unwrap());
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
    let expected = ["shop/cup", "b_example/mug", "c_example/c_example", "d_example/d_example"];
    assert_eq!(named("{folder}/{stem}", &inputs), expected);
}

#[test]
fn no_input_leads_out_of_the_folder() {
    let hostile = ["../...jpg", "x/..\\..\\y.jpg", "nul.png", "a\nb.png", "-rf.png", "~.png"];
    let names = named("{stem}/{index}", &files(&hostile));
    assert_eq!(names, ["removit/1", "y/2", "nul_/3", "a_b/4", "rf/5", "removit/6"]);
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
fn two_inputs_of_one_name_are_refused_and_told_how_to_be_told_apart() {
    let inputs = files(&["mugs/cup.jpg", "mugs/hat.jpg", "caps/Cup.jpg"]);
    let saved = Path::new("out").join("Cup");
    let expected = format!(
        "mugs/cup.jpg and caps/Cup.jpg would both be saved as {}-…; nothing was sent\n\
         tell them apart with --name '{{folder}}/{{stem}}'",
        saved.display(),
    );
    assert_eq!(refused("{stem}", &inputs), expected);
    named("{folder}/{stem}", &inputs);
}

#[test]
fn the_pattern_that_is_proposed_tells_the_inputs_apart() {
    for (inputs, proposed) in [
        (files(&["cup.jpg", "cup.png"]), "{stem}-{ext}"),
        (files(&["a/cup.jpg", "b/cup.jpg"]), "{folder}/{stem}"),
        (files(&["a/cup.jpg", "a/cup.png", "b/cup.jpg"]), "{folder}/{stem}-{ext}"),
        (files(&["x/a/cup.jpg", "y/a/cup.jpg"]), "{index}-{stem}"),
        (files(&["чашка.jpg", "шапка.jpg"]), "{index}-{stem}"),
        (urls(&["https://a.example/x?id=1", "https://a.example/x?id=2"]), "{index}-{stem}"),
        // Longer than a name may be: only what comes first is left.
        (files(&[&format!("{}1.jpg", "a".repeat(70)), &format!("{}2.jpg", "a".repeat(70))]), LAST),
    ] {
        let message = refused("{stem}", &inputs);
        assert!(message.ends_with(&format!("--name '{proposed}'")), "{message}");
        named(proposed, &inputs);
    }
}

#[test]
fn many_inputs_of_one_name_are_counted() {
    let message = refused("same", &files(&["a.png", "b.png", "c.png", "d.png"]));
    assert!(message.contains("a.png and b.png would both"), "{message}");
    assert!(message.contains("(3 inputs have a name that is taken)"), "{message}");
}

#[test]
fn a_line_break_in_an_input_cannot_forge_a_line_of_the_message() {
    let message = refused("same", &files(&["a\nremovit: ok", "b"]));
    assert_eq!(message.lines().count(), 2, "{message}");
}
