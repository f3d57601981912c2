//! Names and messages of strangers are text, whatever they are made to look like.

use std::fs;

use serde_json::{Value, json};

use super::browser::Browser;
use super::shop::{Shop, accepted, done, intent, not_accepted};

const EVIL: [&str; 6] = [
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror=\"window.ran = 2\">",
    "<!--<script>",
    "\"><svg onload=window.ran=3>",
    "javascript:window.ran=4",
    "${window.ran = 5}\u{2028}window.ran = 6",
];

/// A shop in which every text that a stranger can write is such a one.
fn shop() -> Shop {
    let mut shop = Shop::new();
    for (at, evil) in EVIL.into_iter().enumerate() {
        shop.input(evil, &[intent(), not_accepted("ambiguous", evil)]);
        let failed = json!({"kind": "ended", "job_id": "?", "outcome": "failed",
                            "elapsed_ms": 1, "reason": evil});
        shop.input(&format!("{at}.jpg"), &[intent(), accepted(), failed]);
        let mut records = done(&[evil], 5);
        let path = format!("out/{evil}");
        records.push(json!({"kind": "saved", "variation": evil, "path": path, "len": 7}));
        for record in &mut records {
            if record["job_id"] == "?" {
                record["job_id"] = format!("{evil}{at}").into();
            }
        }
        shop.input(&format!("{at}-{evil}.jpg"), &records);
    }
    shop
}

#[test]
fn no_name_and_no_message_of_a_stranger_runs() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = shop();
    let (page, _) = shop.page();
    browser.open(&page, "");
    assert_eq!(browser.value("document.querySelectorAll('.card').length"), 18);
    browser.press_all("jjj");
    browser.press("Enter");
    browser.until("document.getElementById('large').open");
    assert_eq!(browser.value("window.ran === undefined"), true);
    assert_eq!(browser.value("document.scripts.length"), 2);
    let strange = "document.querySelectorAll('svg[onload], [onerror], iframe, object').length";
    assert_eq!(browser.value(strange), 0);
    let schemes = "[...document.links].every((link) => link.protocol === 'file:')";
    assert_eq!(browser.value(schemes), true);
    assert_eq!(browser.complaints(), [] as [&Value; 0]);
    assert_eq!(browser.asked_elsewhere(), [] as [&str; 0]);
}

#[test]
fn strange_names_are_shown_as_they_are() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = shop();
    let (page, _) = shop.page();
    browser.open(&page, "#state=ambiguous");
    let names =
        browser.value("[...document.querySelectorAll('.card .reason')].map((p) => p.textContent)");
    let mut names: Vec<_> = names.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    // The journal keeps a reason on one line.
    let mut evil: Vec<_> = EVIL.iter().map(|evil| evil.replace('\u{2028}', " ")).collect();
    names.sort_unstable();
    evil.sort_unstable();
    assert_eq!(names, evil);
}

#[test]
fn the_policy_lets_nothing_run_that_came_in_all_the_same() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, _) = shop.page();
    let text = fs::read_to_string(&page).unwrap();
    let inserted = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>\
                    <img src='http://127.0.0.1:9/x.png'></body>";
    fs::write(&page, text.replace("</body>", inserted)).unwrap();
    browser.open(&page, "");
    assert_eq!(browser.value("window.ran === undefined"), true);
    assert_eq!(browser.value("document.scripts.length"), 3, "it is there, and did not run");
    let as_html = "(() => { try { document.body.innerHTML = '<b>'; return 'taken'; } \
                   catch (error) { return error.name; } })()";
    assert_eq!(browser.value(as_html), "TypeError");
    let fetched = "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)";
    assert_eq!(browser.value(fetched), "TypeError");
}

#[test]
fn a_name_that_turns_its_writing_is_not_shown_as_another() {
    let mut shop = Shop::new();
    shop.input("photos/\u{202e}gnp.exe", &[]);
    let (page, _) = shop.page();
    let text = fs::read_to_string(page).unwrap();
    assert!(!text.contains('\u{202e}'));
    assert!(text.contains("\u{fffd}gnp.exe"));
}

#[test]
fn the_secret_of_a_signed_url_is_not_on_the_page_and_nothing_is_fetched_from_it() {
    let Some(mut browser) = Browser::start() else { return };
    let mut shop = Shop::new();
    shop.url("https://shop.example/cup.png?signature=s3cr3t");
    let (page, _) = shop.page();
    assert!(!fs::read_to_string(&page).unwrap().contains("s3cr3t"));
    browser.open(&page, "");
    assert_eq!(
        browser.value("document.querySelector('.name').textContent"),
        "https://shop.example/cup.png?…"
    );
    assert_eq!(browser.asked_elsewhere(), [] as [&str; 0]);
}
