//! The contract as data: the table that is shipped, and what it names.

use std::collections::BTreeSet;
use std::path::Path;

use removit_proto::contract::{Means, Origin, Rule};

/// `REMOVIT_WRITE_RULES=1 cargo test … rules` writes the page anew.
#[test]
fn the_table_that_is_shipped_is_the_one_that_is_generated() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("RULES.md");
    let head = "# The rules of the contract\n\n\
        What the vendor's pages say and what they leave open, rule by rule, with what would notice that \
        one does not\nhold. Generated from `removit_proto::contract::Rule`; a test holds it equal.\n\n";
    let text = format!("{head}{}", Rule::table());
    if std::env::var_os("REMOVIT_WRITE_RULES").is_some() {
        std::fs::write(&page, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&page).unwrap() == text, "run it with REMOVIT_WRITE_RULES=1");
}

#[test]
fn ids_are_unique_and_plain() {
    let ids: BTreeSet<_> = Rule::all().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), Rule::all().count());
    for id in ids {
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
}

#[test]
fn each_open_point_is_settled_under_its_number() {
    let numbers: BTreeSet<_> = Rule::all()
        .filter_map(|rule| match rule.origin {
            Origin::Settled { number } => number,
            _ => None,
        })
        .collect();
    assert!(numbers.into_iter().eq(1..=19));
}

#[test]
fn the_tests_that_rules_name_are_there() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol");
    for means in Rule::all().flat_map(|rule| rule.checked) {
        if let Means::Tests(file) = means {
            assert!(tests.join(file).exists(), "{file}");
        }
    }
}
