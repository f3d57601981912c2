//! What the page of `report --html` shows, without a browser.

use super::*;

/// What the page shows of the first input of these records.
fn shown(records: &[Value]) -> Value {
    let journal = read(&lines(records));
    let links = links::Links::from(Path::new("/shop/page.html")).unwrap();
    serde_json::to_value(shown::Shown::of(&journal.replay.entries()[0], &links)).unwrap()
}

fn saved_as(place: u32, variation: &str, path: &str) -> Value {
    json!({"kind": "saved", "key": "1", "path": path, "len": 7, "place": place,
           "variation": variation})
}

#[test]
fn the_page_shows_an_input_with_its_photo_its_results_and_what_is_missing() {
    let mut done = ended("1", "j-1", "done", 4250);
    done["results"] = json!(["white", "black", "red"]);
    let records = [
        planned("1", "/shop/in/one.jpg"),
        planned("1", "/shop/copy.jpg"),
        intent("1"),
        accepted("1", "j-1"),
        done,
        saved_as(0, "white", "/shop/out/first.png"),
        saved_as(0, "white", "/shop/out/anew.png"),
        saved_as(1, "white", "/shop/out/copy.png"),
        saved_as(1, "black", "/shop/out/black.png"),
    ];
    let found = shown(&records);
    let expected = json!({
        "name": "/shop/in/one.jpg", "copies": ["/shop/copy.jpg"], "state": "done",
        "job_id": "j-1", "key": "1".repeat(64), "ms": 4250, "photo": "./in/one.jpg",
        "results": [
            {"variation": "black", "file": "black.png", "url": "./out/black.png", "len": 7},
            {"variation": "white", "file": "anew.png", "url": "./out/anew.png", "len": 7},
        ],
        "missing": ["black", "red"],
    });
    assert_eq!(found, expected);
}

#[test]
fn the_page_shows_no_query_of_a_url_and_no_photo_of_it() {
    let mut signed = planned("1", "x");
    for (url, name) in [
        ("https://a.example/x.jpg?sig=secret", "https://a.example/x.jpg?…"),
        ("https://a.example/x.jpg", "https://a.example/x.jpg"),
    ] {
        signed["input"] = json!({"url": url});
        let found = shown(&[signed.clone()]);
        assert_eq!((&found["name"], &found["photo"]), (&json!(name), &Value::Null));
    }
    assert_eq!(shown(&[planned("1", "/shop/a?b.jpg")])["name"], "/shop/a?b.jpg");
}

#[test]
fn the_page_says_why_an_input_is_listed() {
    let begun = [planned("1", "one.jpg"), intent("1")];
    let job = [&begun[..], &[accepted("1", "j-1")]].concat();
    let then = |before: &[Value], last: Value| [before, &[last]].concat();
    for (records, state, why, jobs) in [
        (begun.to_vec(), "open", json!("ambiguous"), json!(1)),
        (
            then(&begun, not_accepted("1", "ambiguous", 2, "x")),
            "ambiguous",
            json!("ambiguous"),
            json!(2),
        ),
        (
            then(&begun, not_accepted("1", "rejected", 0, "x")),
            "not_accepted",
            json!("not_accepted"),
            Value::Null,
        ),
        (then(&job, ended("1", "j-1", "failed", 5)), "failed", json!("failed"), Value::Null),
        (then(&job, ended("1", "j-1", "timed_out", 5)), "accepted", json!("given_up"), Value::Null),
        (job.clone(), "accepted", Value::Null, Value::Null),
        (vec![planned("1", "one.jpg")], "planned", Value::Null, Value::Null),
    ] {
        let found = shown(&records);
        assert_eq!((&found["state"], &found["why"]), (&json!(state), &why), "{found}");
        assert_eq!((&found["possible_jobs"], &found["ms"]), (&jobs, &Value::Null), "{found}");
    }
    let status = json!({"kind": "status", "key": "1", "job_id": "j-1", "progress": 33});
    assert_eq!(shown(&then(&job, status))["progress"], 33);
    assert_eq!(shown(&[intent("1")])["name"], format!("the input with key {}", "1".repeat(64)));
}

#[test]
fn only_an_earlier_page_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let journal = read(&lines(&whole("1", "j-1", 1000)));
    let write =
        |name: &str| html::write(&folder.path().join(name), &journal, &summary_of(&journal));
    write("page.html").unwrap();
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.starts_with("<!") && page.contains("j-1") && !page.contains("@@"), "{page}");
    write("page.html").unwrap();
    std::fs::write(folder.path().join("precious.html"), "precious").unwrap();
    assert_eq!(write("precious.html").unwrap_err().exit, Exit::LocalIo);
    let kept = std::fs::read_to_string(folder.path().join("precious.html")).unwrap();
    assert_eq!(kept, "precious");
    assert!(write(".").is_err());
    let refused = html::write(Path::new("-"), &journal, &summary_of(&journal)).unwrap_err();
    assert_eq!(refused.exit, Exit::Usage);
}

#[test]
fn nothing_in_the_data_of_a_page_ends_its_element() {
    let name = "</script><!--&\u{2028}.jpg";
    let journal = read(&lines(&[planned("1", name)]));
    let links = links::Links::from(Path::new("/page.html")).unwrap();
    let page = html::page(&journal, &summary_of(&journal), &links).unwrap();
    assert!(page.contains(r"\u003c/script\u003e\u003c!--\u0026\u2028.jpg"));
    assert!(!page.contains(name));
}
