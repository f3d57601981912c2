//! The page in light and dark, on a wide window and on a phone.

use std::env;
use std::path::Path;

use super::browser::Browser;
use super::shop::Shop;

#[test]
fn nothing_is_wider_than_the_window_in_any_of_its_looks() {
    let Some(mut browser) = Browser::start() else { return };
    let mut shop = Shop::of_every_state();
    let long =
        "a-name-without-any-blank-that-goes-on-and-on-and-on-for-longer-than-a-phone-is-wide";
    shop.saved(long, &["clipping"], 7_000);
    for number in 0..80 {
        let ms = 3_000 + (number * 7_919) % 6_000 + if number % 9 == 0 { 9_000 } else { 0 };
        shop.saved(&format!("chair-{number:02}"), &["clipping", "shadowTop"], ms);
    }
    let (page, _) = shop.page();
    browser.open(&page, "");
    for (name, width, dark) in [
        ("light", 1200, false),
        ("dark", 1200, true),
        ("phone", 390, false),
        ("phone-dark", 390, true),
    ] {
        browser.look(width, dark);
        for (part, go) in [
            ("top", "window.scrollTo(0, 0)"),
            ("saved", "document.querySelector('.card[data-state=saved]').scrollIntoView()"),
        ] {
            browser.value(&format!("{go}, true"));
            let wide =
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
            browser.until(wide);
            // Drawn for this width, so that its letters keep their shape.
            browser.until(
                "Math.abs(document.querySelector('#plot svg').viewBox.baseVal.width - \
                 document.querySelector('#plot svg').clientWidth) < 4",
            );
            browser.until(
                "[...document.images].every((i) => i.complete || \
                 i.getBoundingClientRect().top > innerHeight)",
            );
            keep(&mut browser, &format!("{name}-{part}"));
        }
        browser.press_all("j");
        browser.value("document.querySelector('.card[data-state=saved]').focus(), true");
        browser.press("Enter");
        browser.until("document.getElementById('large').open");
        browser.until("[...document.querySelectorAll('#large img')].every((i) => i.complete)");
        keep(&mut browser, &format!("{name}-large"));
        browser.press("Escape");
        browser.until("!document.getElementById('large').open");
    }
}

#[test]
fn light_and_dark_are_what_the_reader_asked_for() {
    let Some(mut browser) = Browser::start() else { return };
    let shop = Shop::of_every_state();
    let (page, _) = shop.page();
    browser.open(&page, "");
    let ground = "getComputedStyle(document.body).backgroundColor";
    browser.look(1200, false);
    assert_eq!(browser.value(ground), "rgb(246, 247, 248)");
    browser.look(1200, true);
    assert_eq!(browser.value(ground), "rgb(20, 23, 26)");
}

fn keep(browser: &mut Browser, name: &str) {
    if let Some(folder) = env::var_os("REMOVIT_SCREENSHOTS") {
        browser.screenshot(&Path::new(&folder).join(format!("{name}.png")));
    }
}
