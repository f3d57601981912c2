//! Whose an error of the compiler is.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::list::{Genre, Mutant};
use crate::rewrite::Mark;

/// Why a mutant is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    DoesNotCompile,
    CannotBeSwitched,
}

/// The name of a function that was constant, where the compiler evaluates a call of it.
pub fn called_in_constant(error: &Value) -> Option<String> {
    let words = error["message"].as_str().filter(|_| error["code"]["code"] == "E0015")?;
    let path = words.split('`').nth(1)?;
    (path != "mutant_switch::on").then(|| path.rsplit("::").next().unwrap_or(path).to_owned())
}

/// A place that an error names: the main one or another.
struct Place {
    is_main: bool,
    file: String,
    range: Range<usize>,
}

fn spans(error: &Value) -> Vec<Place> {
    let spans = error["spans"].as_array().into_iter().flatten();
    let place = |span: &Value| {
        let is_main = span["is_primary"] == true;
        let mut span = span;
        while !span["expansion"]["span"].is_null() {
            span = &span["expansion"]["span"];
        }
        let byte = |name: &str| usize::try_from(span[name].as_u64()?).ok();
        let range = byte("byte_start")?..byte("byte_end")?;
        Some(Place { is_main, file: span["file_name"].as_str()?.to_owned(), range })
    };
    spans.filter_map(place).collect()
}

/// The smallest part that is a mutant's own and contains a place that the error names; or else the smallest
/// with mutants in it.
pub fn blame(error: &Value, marks: &BTreeMap<String, Vec<Mark>>) -> Option<Mark> {
    let spans = spans(error);
    for (is_own, is_main) in [(true, true), (true, false), (false, true), (false, false)] {
        let around = |place: &Place| {
            let marks = marks.get(&place.file).into_iter().flatten();
            let contains = |mark: &&Mark| {
                mark.range.start <= place.range.start && place.range.end <= mark.range.end
            };
            let around = marks.filter(|mark| mark.is_own == is_own).filter(contains);
            let mut found = around.clone().min_by_key(|mark| mark.range.len())?.clone();
            // The arms of one match are around the same text.
            let same = around.filter(|mark| mark.range == found.range);
            found.mutants = same.flat_map(|mark| mark.mutants.clone()).collect();
            Some(found)
        };
        let mut found = spans.iter().filter(|place| place.is_main == is_main).filter_map(around);
        if let Some(mark) = found.next() {
            return Some(mark);
        }
    }
    None
}

/// What is wrong where the mutant is the only one there would be wrong with it alone, too; the rest is for
/// cargo-mutants to find out.
pub fn reason(mutant: &Mutant, is_own: bool, error: &Value) -> LeftOut {
    let is_in_constant = error["code"]["code"] == "E0015";
    let is_rewritten = matches!(mutant.genre, Genre::StructField | Genre::MatchArm);
    if is_own && !is_in_constant && !is_rewritten {
        LeftOut::DoesNotCompile
    } else {
        LeftOut::CannotBeSwitched
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mark(range: Range<usize>, mutant: usize, is_own: bool) -> Mark {
        Mark { range, mutants: vec![mutant], is_own }
    }

    fn blamed(spans: &[(Range<usize>, bool)], marks: Vec<Mark>) -> Option<Vec<usize>> {
        let span = |(range, is_main): &(Range<usize>, bool)| {
            let (start, end) = (range.start, range.end);
            json!({"file_name": "a", "byte_start": start, "byte_end": end, "is_primary": is_main})
        };
        let error = json!({"spans": spans.iter().map(span).collect::<Vec<_>>()});
        blame(&error, &BTreeMap::from([("a".to_owned(), marks)])).map(|mark| mark.mutants)
    }

    #[test]
    fn an_error_is_that_of_the_innermost_mutant() {
        let marks = vec![mark(0..90, 1, true), mark(10..20, 2, true), mark(30..40, 3, true)];
        assert_eq!(blamed(&[(12..14, true)], marks), Some(vec![2]));
    }

    #[test]
    fn an_error_is_rather_a_mutants_own_than_of_what_it_is_put_around() {
        let marks = vec![mark(10..90, 1, false), mark(50..60, 2, true)];
        assert_eq!(blamed(&[(20..30, true), (50..55, false)], marks), Some(vec![2]));
    }

    #[test]
    fn an_error_around_the_same_text_is_all_its_mutants() {
        let marks = vec![mark(10..20, 1, false), mark(10..20, 2, false), mark(0..50, 3, false)];
        assert_eq!(blamed(&[(12..14, true)], marks), Some(vec![1, 2]));
    }

    #[test]
    fn an_error_elsewhere_is_no_mutants() {
        assert_eq!(blamed(&[(12..14, true)], vec![mark(13..20, 1, true)]), None);
    }

    #[test]
    fn a_call_where_the_compiler_evaluates_it_names_the_function() {
        let error = |words: &str| json!({"message": words, "code": {"code": "E0015"}});
        let called = error("cannot call non-const associated function `a::B::<C>::new` in statics");
        assert_eq!(called_in_constant(&called).as_deref(), Some("new"));
        let switch = error("cannot call non-const function `mutant_switch::on` in constants");
        assert_eq!(called_in_constant(&switch), None);
    }
}
