//! Results are called after their photos, in every script.

use crate::bench::Bench;

#[test]
fn a_photos_name_stays_what_it_is() {
    let bench = Bench::new();
    for name in ["стул", "椅子", "a b", "cafe\u{301}", ".dot", "v1.2"] {
        bench.photo(&format!("{name}.png"), name);
    }
    let photos = ["стул.png", "椅子.png", "a b.png", "cafe\u{301}.png", ".dot.png", "v1.2.png"];
    bench.run(&[&["process"], &photos[..], &["--out-dir", "out"]].concat()).exits(0);
    let mut expected = ["стул", "椅子", "a b", "caf\u{e9}", ".dot", "v1.2"]
        .map(|stem| format!("{stem}-clipping.png"))
        .to_vec();
    expected.push("removit.journal".to_owned());
    expected.sort();
    assert_eq!(bench.names("out"), expected);
}

#[cfg(unix)]
#[test]
fn what_no_system_takes_is_replaced_and_a_long_name_is_cut() {
    let bench = Bench::new();
    let long = "椅".repeat(80);
    for name in ["a\nb\\c:d", &long] {
        bench.photo(&format!("{name}.png"), name);
        bench.run(&["process", &format!("{name}.png"), "--out-dir", "out"]).exits(0);
    }
    let names = bench.names("out");
    assert_eq!(names[0], "a_b_c_d-clipping.png");
    let stem = names[1].strip_suffix("-clipping.png").unwrap();
    assert!(long.starts_with(stem) && stem.len() > 120 && stem.len() < long.len(), "{names:?}");
}

#[test]
fn two_photos_of_one_name_are_told_apart() {
    let bench = Bench::new();
    for folder in ["a", "b"] {
        bench.photo(&format!("{folder}/cup.png"), folder);
    }
    bench.run(&["process", "a/cup.png", "b/cup.png", "--out-dir", "out"]).exits(0);
    let names = ["cup-2-clipping.png", "cup-clipping.png", "removit.journal"];
    assert_eq!(bench.names("out"), names);
}

#[test]
fn the_servers_names_stay_strictly_cleaned() {
    let bench = Bench::scenario("hostile-names");
    bench.run(&["process", "cup.png", "--params", "x", "--out-dir", "out"]).exits(0);
    for name in bench.names("out") {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(name.starts_with("cup-") && name.bytes().all(plain), "{name}");
    }
    assert_eq!(bench.names("."), ["cup.png", "out"]);
}

#[test]
fn the_command_that_goes_on_works_for_an_id_that_looks_like_an_option() {
    let bench = Bench::new();
    let ran = bench.run(&["wait", "--timeout", "1s", "--", "-rf"]).exits(8);
    let command = format!("removit wait --base-url {} -- -rf", bench.server.base_url());
    assert!(ran.err.contains(&command), "{ran:?}");
}
