//! Everything can be done with a keyboard alone.

use super::browser::Browser;
use super::shop::Shop;

const FOCUSED: &str = "document.activeElement.closest('.card').querySelector('h3').textContent";

fn opened(browser: &mut Browser, fragment: &str) -> Shop {
    let mut shop = Shop::of_every_state();
    for number in 0..60 {
        shop.input(&format!("photos/more-{number:02}.jpg"), &[]);
    }
    let (page, _) = shop.page();
    browser.open(&page, fragment);
    shop
}

#[test]
fn j_and_k_go_from_photo_to_photo_and_over_the_page() {
    let Some(mut browser) = Browser::start() else { return };
    let _shop = opened(&mut browser, "#order=journal");
    browser.press("j");
    assert!(browser.value(FOCUSED).as_str().unwrap().contains("cup.jpg"));
    browser.press_all("jj");
    assert!(browser.value(FOCUSED).as_str().unwrap().contains("planned.jpg"));
    browser.press("k");
    assert!(browser.value(FOCUSED).as_str().unwrap().contains("hat.jpg"));
    browser.press("n");
    assert!(browser.value(FOCUSED).as_str().unwrap().contains("more-40.jpg"));
    browser.press("k");
    assert!(browser.value(FOCUSED).as_str().unwrap().contains("more-39.jpg"));
    assert_eq!(browser.value("document.getElementById('page').value"), "1");
}

#[test]
fn a_photo_is_looked_at_in_large_and_left_again() {
    let Some(mut browser) = Browser::start() else { return };
    let _shop = opened(&mut browser, "#order=journal");
    browser.press("j");
    browser.press("Enter");
    browser.until("document.getElementById('large').open");
    let shown =
        "[...document.querySelectorAll('#large img')].map((i) => i.getAttribute('src')).join()";
    assert_eq!(browser.value(shown), "./photos/cup.jpg,./out/cup-clipping.jpg");
    browser.press("ArrowRight");
    assert_eq!(browser.value(shown), "./photos/cup.jpg,./out/cup-compose.jpg");
    browser.press("ArrowDown");
    assert_eq!(browser.value(shown), "./photos/hat.jpg,./out/hat-clipping.jpg");
    browser.press("Escape");
    browser
        .until(&format!("!document.getElementById('large').open && {FOCUSED}.includes('hat.jpg')"));
}

#[test]
fn a_digit_shows_a_state_alone_and_0_shows_all() {
    let Some(mut browser) = Browser::start() else { return };
    let _shop = opened(&mut browser, "");
    browser.press("3");
    assert_eq!(browser.value("document.querySelectorAll('.card').length"), 1);
    assert_eq!(browser.value("document.querySelector('.card').dataset.state"), "failed");
    let pressed = "document.querySelector('[data-state=failed]').getAttribute('aria-pressed')";
    assert_eq!(browser.value(pressed), "true");
    assert_eq!(browser.value("location.hash"), "#state=failed");
    browser.press("0");
    assert_eq!(browser.value("document.querySelectorAll('.card').length"), 50);
}

#[test]
fn a_slash_begins_a_search_in_which_letters_are_letters_and_escape_ends_it() {
    let Some(mut browser) = Browser::start() else { return };
    let _shop = opened(&mut browser, "");
    browser.press("/");
    browser.press_all("jn-0");
    assert_eq!(browser.value("document.getElementById('search').value"), "jn-0");
    browser.until("document.querySelectorAll('.card').length === 0");
    browser.press("Escape");
    browser.until("document.querySelectorAll('.card').length === 50");
    assert_eq!(browser.value("document.activeElement === document.body"), true);
}

#[test]
fn whatever_can_be_clicked_can_be_reached_with_the_tab_key() {
    let Some(mut browser) = Browser::start() else { return };
    let _shop = opened(&mut browser, "#q=cup");
    let reached = "document.activeElement.id || document.activeElement.dataset.state || \
                   document.activeElement.tagName";
    let mut seen = Vec::new();
    for _ in 0..25 {
        browser.press("Tab");
        seen.push(browser.value(reached).as_str().unwrap().to_owned());
    }
    for wanted in ["all", "ambiguous", "saved", "search", "order", "ground", "A"] {
        assert!(seen.iter().any(|reached| reached == wanted), "{wanted}: {seen:?}");
    }
}
