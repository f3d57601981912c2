//! The page as a file: written like a result, and never in another file's place.

use std::fs;
use std::os::unix::fs::symlink;

use super::shop::Shop;

#[test]
fn an_earlier_page_is_replaced_and_the_summary_is_printed_as_without_it() {
    let shop = Shop::of_every_state();
    let (page, json) = shop.page();
    fs::write(&page, fs::read_to_string(&page).unwrap().replace("Totals", "Old")).unwrap();
    let (page, again) = shop.page();
    assert!(!fs::read_to_string(&page).unwrap().contains("Old"));
    assert_eq!(json, again);
    let plain = shop.report(&["--json"]).output().unwrap().stdout;
    assert_eq!(json, serde_json::from_slice::<serde_json::Value>(&plain).unwrap());
}

#[test]
fn any_other_file_stays_as_it_is() {
    let shop = Shop::of_every_state();
    shop.page();
    for (name, content) in [("notes.txt", "milk"), ("shop.html", "<!doctype html><p>milk")] {
        fs::write(shop.path(name), content).unwrap();
        let output = shop.report(&["--html", name]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()), "{said}");
        assert!(said.contains(name), "{said}");
        assert_eq!(fs::read_to_string(shop.path(name)).unwrap(), content);
    }
    let journal = fs::read(shop.path("shop.removit")).unwrap();
    assert_eq!(shop.report(&["--html", "shop.removit"]).output().unwrap().status.code(), Some(1));
    assert_eq!(fs::read(shop.path("shop.removit")).unwrap(), journal);
}

#[test]
fn what_is_no_file_takes_no_page() {
    let shop = Shop::of_every_state();
    shop.page();
    for (path, code) in [("out", 1), ("absent/page.html", 1), ("/dev/null", 1), ("-", 2)] {
        let output = shop.report(&["--html", path]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{path}: {output:?}");
    }
    // Nothing half is left behind.
    let names = |folder| fs::read_dir(folder).unwrap().count();
    assert_eq!((names(shop.folder().to_path_buf()), names(shop.path("out"))), (4, 4));
}

#[test]
fn a_link_to_a_page_is_followed() {
    let shop = Shop::of_every_state();
    let (page, _) = shop.page();
    symlink(&page, shop.path("link.html")).unwrap();
    assert_eq!(shop.report(&["--html", "link.html"]).output().unwrap().status.code(), Some(3));
    assert!(shop.path("link.html").is_symlink());
}
