//! How JSON that is not quite JSON is read.

use super::*;

fn read(text: &str) -> Loose<'_> {
    Loose::object(text).unwrap()
}

fn text(json: &str, key: &str) -> Option<String> {
    read(json).get(key).and_then(Loose::text).map(Cow::into_owned)
}

proptest::proptest! {
    #[test]
    fn fields_that_are_read_in_one_go_are_those_of_the_object(
        inner in "[ \\n{}\\[\\]\":,ab0\\\\u\\x01\u{e9}]{0,16}",
        tail in proptest::sample::select(vec!["", " \n", "x", "}", "\u{feff}"]),
        members in proptest::collection::vec(
            (proptest::sample::select(vec!["a", "b", "\\u0061", "\\ud800", "a\u{1}", "c"]), "[0-9]{1,3}|\"x*\"|null|[{]\"a\":1[}]|[\\[]1,2"),
            0..4,
        ),
    ) {
        let members: Vec<_> =
            members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        for text in [format!("{{{inner}}}{tail}"), format!("{{{}}}{tail}", members.join(","))] {
            let keys = ["a", "b"];
            let object = Loose::object(&text);
            let by_field = object.map(|object| {
                let fields = object.fields();
                keys.map(|key| {
                    fields.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
                })
            });
            proptest::prop_assert_eq!(object.map(|object| object.pick(keys)), by_field);
            if let Some(picked) = Loose::pick_from(&text, keys) {
                proptest::prop_assert_eq!(Some(picked), by_field);
            }
        }
    }
}

#[test]
fn the_documented_bodies_are_read_in_one_go_and_a_crowded_one_is_not() {
    let body = r#"{"a":"x","n":33,"a":"y","m":{"0":"https://a.example/x"}} "#;
    let [a, m, z] = Loose::pick_from(body, ["a", "m", "z"]).unwrap();
    assert_eq!(a.and_then(Loose::text).as_deref(), Some("y"));
    assert!(m.is_some_and(Loose::is_map) && z.is_none());
    let crowded = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(MAX_VALUES));
    assert_eq!((Loose::pick_from(&crowded, ["a"]), Loose::object(&crowded)), (None, None));
}

#[test]
fn an_empty_php_map_is_an_empty_map() {
    let body = read(r#"{"warnings":[]}"#);
    assert!(body.get("warnings").unwrap().entries(|v| Some(v.texts())).is_empty());
}

#[test]
fn numbers_keep_the_digits_that_came() {
    let long = "123456789012345678901234567890";
    for number in ["33", "33.0", "-7", "1e3", "1E400", "0.10", "-0", "18446744073709551616", long] {
        assert_eq!(text(&format!(r#"{{"a":{number}}}"#), "a").as_deref(), Some(number));
        assert_eq!(text(&format!(r#"{{"a":"{number}"}}"#), "a").as_deref(), Some(number));
    }
}

#[test]
fn a_field_of_another_type_reads_as_absent() {
    let body = r#"{"a":true,"b":null,"c":[1],"d":{"x":1},"e":""}"#;
    for key in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(text(body, key), None, "{key}");
    }
}

#[test]
fn the_last_of_two_equal_keys_counts_and_order_is_kept() {
    let json = r#"{"m":{"a":"0","z":"1","a":"2"},"x":"1","x":"2"}"#;
    assert_eq!(text(json, "x").as_deref(), Some("2"));
    let entries = read(json).get("m").unwrap().entries(Loose::text);
    assert_eq!(entries, [("z".to_owned(), "1".into()), ("a".to_owned(), "2".into())]);
}

#[test]
fn a_list_is_a_map_of_its_places_and_a_map_a_list_of_its_values() {
    let body = read(r#"{"list":["x",null,7],"map":{"5":"x","9":7},"one":"x"}"#);
    let entries = body.get("list").unwrap().entries(Loose::text);
    assert_eq!(entries, [("0".to_owned(), "x".into()), ("2".to_owned(), "7".into())]);
    assert_eq!(body.get("map").unwrap().texts(), ["x", "7"]);
    assert_eq!(body.get("one").unwrap().texts(), ["x"]);
}

#[test]
fn what_is_no_object_is_nothing() {
    for text in ["", "[]", "null", "\"x\"", "{", "{}x", "<html>", "{\"a\":\u{1}}", "{\"a\":01}"] {
        assert_eq!(Loose::object(text), None, "{text}");
    }
    assert!(Loose::object(" {}\r\n\t").is_some());
}

#[test]
fn half_a_character_spoils_neither_its_text_nor_the_rest() {
    let body = r#"{"\udc00":1,"a":"x\ud800y\uDFFFz","b":"\ud83d\ude00","c":"\\ud800","d":"ok"}"#;
    assert_eq!(text(body, "a").as_deref(), Some("x\\ud800y\\udfffz"));
    assert_eq!(text(body, "b").as_deref(), Some("\u{1f600}"));
    assert_eq!(text(body, "c").as_deref(), Some("\\ud800"));
    assert_eq!(text(body, "d").as_deref(), Some("ok"));
    assert_eq!(text(body, "\\udc00").as_deref(), Some("1"));
}

#[test]
fn a_text_is_salvaged_from_around_broken_json() {
    let salvage = |text: &str| salvage(text, "job_id", |text| Some(text.to_owned()));
    for (text, found) in [
        (r#"<b>Notice</b>{"job_id" : "a\u002db", "stat"#, "a-b"),
        (r#"{"data":{"job_id":"x"}}"#, "x"),
        (r#"{"job_id":null,"job_id":"y"}"#, "y"),
        (r#"{"job_id"job_id":"y"}"#, "y"),
        (r#"{"job_id":"\ud800!","stat"#, "\\ud800!"),
        (r#"{"job_id": 123456789012345678901234567890 ,"stat"#, "123456789012345678901234567890"),
        (r#"{"job_id":1e3,"#, "1e3"),
        (r#"{"a":{"job_id":-7}"#, "-7"),
    ] {
        assert_eq!(salvage(text).as_deref(), Some(found), "{text}");
    }
    // More digits may have been cut off.
    for text in
        [r#"{"job_id":"cut-of"#, r#"{"job_id":12"#, r#"{"job_id":12."#, r#""job_id""#, "", "job_id"]
    {
        assert_eq!(salvage(text), None, "{text}");
    }
}

#[test]
fn deep_or_crowded_bodies_are_read_without_harm() {
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert_eq!(Loose::object(&deep), None);
    let closed = format!("{{\"a\":{}{},\"b\":1}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(text(&closed, "b").as_deref(), Some("1"));
    let crowded = format!("{{\"a\":[{}0]}}", "0,".repeat(500_000));
    assert_eq!(Loose::object(&crowded), None);
    let commas = format!("{{\"a\":\"\\\"{}\",\"b\":1}}", ",".repeat(500_000));
    assert_eq!(text(&commas, "b").as_deref(), Some("1"));
}

#[test]
fn a_text_is_crowded_by_commas_outside_of_its_strings() {
    let commas = ",".repeat(MAX_VALUES);
    for (text, expected) in [
        (commas.clone(), true),
        (commas[1..].to_owned(), false),
        (format!("\"{commas}\""), false),
        (format!("\"\"{commas}"), true),
        (format!("\"\\\"{commas}\""), false),
        (format!("\"\\\\\"{commas}"), true),
    ] {
        assert_eq!(is_crowded(&text), expected, "{text:.9}");
    }
}

#[test]
fn what_was_expected_is_told_where_it_is_missing() {
    let number = || serde_json::Deserializer::from_str("1");
    let picked = number().deserialize_map(Picked(["a"])).map(|_| ());
    let place = Place(&Picked(["a"])).deserialize(&mut number()).map(|_| ());
    let fields = Level::deserialize(&mut number()).map(|_| ());
    let name = Name::deserialize(&mut number()).map(|_| ());
    for (read, expected) in [
        (picked, "expected a JSON object"),
        (place, "expected a JSON string"),
        (fields, "expected a JSON object"),
        (name, "expected a JSON string"),
    ] {
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
