//! A page of fifty thousand photos is used like one of ten.

use serde_json::json;

use super::browser::Browser;
use super::counts::agree;
use super::shop::{Shop, done, intent, not_accepted};

const MANY: u64 = 50_000;

#[test]
fn fifty_thousand_photos_are_counted_searched_and_paged() {
    let Some(mut browser) = Browser::start() else { return };
    let mut shop = Shop::new();
    for number in 0..MANY {
        let name = format!("photos/shoot-{}/{number:05}.jpg", number % 40);
        match number % 1000 {
            0 => shop.input(&name, &[intent(), not_accepted("ambiguous", "no answer came")]),
            1 => shop.input(&name, &[intent()]),
            _ => {
                let mut records = done(&["clipping"], 4_000 + number % 9_000);
                let path = format!("out/{number:05}-clipping.png");
                let saved =
                    json!({"kind": "saved", "variation": "clipping", "path": path, "len": 7});
                records.push(saved);
                shop.input(&name, &records);
            }
        }
    }
    let (page, json) = shop.page();
    browser.open(&page, "");
    agree(&mut browser, &json);
    let cards = "document.querySelectorAll('.card').length";
    assert_eq!(browser.value(cards), 50, "no more are in the page at a time");
    assert_eq!(browser.value("document.getElementById('pages').textContent"), "1,000");
    browser.value(
        "{ const field = document.getElementById('search'); field.value = '49998'; \
                   field.dispatchEvent(new Event('input')); true }",
    );
    browser.until(&format!("{cards} === 1"));
    browser.press("Escape");
    browser.open(&page, "#order=slow&page=1000");
    assert_eq!(browser.value("document.getElementById('page').value"), "1000");
    assert_eq!(browser.value(cards), 50);
}
