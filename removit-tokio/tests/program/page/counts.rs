//! What the page counts is what `report --json` says.

use serde_json::Value;

use super::browser::Browser;
use super::shop::Shop;

/// The number that is written in an element, without its commas.
fn number(browser: &mut Browser, selector: &str) -> Value {
    let text = format!("document.querySelector('{selector}').firstChild.textContent");
    let text = browser.value(&text).as_str().unwrap().replace(',', "");
    text.parse::<u64>().unwrap().into()
}

/// Holds every count of the page against the JSON object.
#[track_caller]
pub(crate) fn agree(browser: &mut Browser, json: &Value) {
    for (state, count) in json["stages"].as_object().unwrap() {
        assert_eq!(number(browser, &format!("[data-count={state}]")), *count, "{state}");
    }
    for total in ["inputs", "jobs", "possible_jobs", "results_saved", "results_missing"] {
        assert_eq!(number(browser, &format!("[data-total={total}]")), json[total], "{total}");
    }
    assert_eq!(number(browser, "[data-count=all]"), json["inputs"]);
    let bars =
        "[...document.querySelectorAll('#plot rect')].map((bar) => Number(bar.dataset.jobs))";
    let plotted = browser.value(&format!("{bars}.reduce((a, b) => a + b, 0)"));
    assert_eq!(plotted.as_f64(), json["durations"]["jobs"].as_f64().or(Some(0.0)));
}

#[test]
fn the_counts_on_the_page_are_those_of_the_json_object() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, json) = shop.page();
    for state in ["saved", "done", "accepted", "planned", "not_accepted", "open", "ambiguous"] {
        assert!(json["stages"][state].as_u64() > Some(0), "{state}: {json}");
    }
    browser.open(&page, "");
    agree(&mut browser, &json);
    assert_eq!(browser.complaints(), [] as [&Value; 0]);
    assert_eq!(browser.asked_elsewhere(), [] as [&str; 0]);
}

#[test]
fn each_state_shows_as_many_photos_as_it_counts() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, json) = shop.page();
    for (state, count) in json["stages"].as_object().unwrap() {
        browser.open(&page, &format!("#state={state}"));
        let cards = format!("document.querySelectorAll('.card[data-state={state}]').length");
        assert_eq!(browser.value(&cards), *count, "{state}");
        let all = browser.value("document.querySelectorAll('.card').length");
        assert_eq!(all, *count, "{state}");
    }
}

#[test]
fn what_asks_for_somebody_comes_first_and_says_what_to_do() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, json) = shop.page();
    browser.open(&page, "");
    let states =
        browser.value("[...document.querySelectorAll('.card')].map((c) => c.dataset.state)");
    let expected = [
        "ambiguous",
        "open",
        "failed",
        "not_accepted",
        "done",
        "accepted",
        "accepted",
        "planned",
        "saved",
        "saved",
    ];
    assert_eq!(states, Value::from(expected.as_slice()));
    let to_do = "[...document.querySelectorAll('.todo')].map((t) => t.lastChild.textContent)";
    let given = |list: &str| json[list][0]["to_do"].clone();
    let (ambiguous, failed) = (given("ambiguous"), given("failed"));
    let expected = [&ambiguous, &ambiguous, &failed, &given("not_accepted"), &given("given_up")]
        .map(Clone::clone);
    assert_eq!(browser.value(to_do), Value::from(expected.as_slice()));
}

#[test]
fn a_search_finds_names_jobs_and_reasons_and_holds_every_word() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, _) = shop.page();
    browser.open(&page, "");
    for (words, found) in [
        ("cup", 1),
        ("credits", 1),
        ("SERVER broken", 1),
        ("cup-shadowTop", 1),
        ("019cdc54-00000001", 1),
        ("hat cup", 0),
        ("photos", 10),
    ] {
        let type_it = format!(
            "{{ const field = document.getElementById('search'); field.value = '{words}'; \
             field.dispatchEvent(new Event('input')); true }}"
        );
        browser.value(&type_it);
        browser.until(&format!("document.querySelectorAll('.card').length === {found}"));
    }
}

#[test]
fn a_photo_and_its_results_are_shown_side_by_side_from_their_files() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, _) = shop.page();
    browser.open(&page, "#q=cup");
    let image = "[...document.querySelectorAll('.card img')]";
    browser.until(&format!("{image}.every((image) => image.complete && image.naturalWidth > 0)"));
    let sources = browser.value(&format!("{image}.map((image) => image.getAttribute('src'))"));
    let expected = [
        "./photos/cup.jpg",
        "./out/cup-clipping.jpg",
        "./out/cup-compose.jpg",
        "./out/cup-shadowTop.jpg",
    ];
    assert_eq!(sources, Value::from(expected.as_slice()));
    let tops = format!("new Set({image}.map((image) => image.getBoundingClientRect().top)).size");
    assert_eq!(browser.value(&tops), 1, "side by side");
}

#[test]
fn what_a_browser_does_not_show_is_said_in_its_place() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    std::fs::write(shop.path("out/hat-clipping.jpg"), "8BPS, and no picture").unwrap();
    let (page, _) = shop.page();
    browser.open(&page, "#q=hat");
    browser.until("document.querySelector('.card .none') !== null");
    let links = "document.querySelectorAll('.card a[href]').length";
    assert_eq!(browser.value(links), 2, "the file can be opened with what shows it");
}
