//! A JSON object in the writing in which it came.
//!
//! A map of parsed values would round a number of thirty digits. This keeps the
//! text, and says only that it is an object.

use core::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::loose_json::{WHITE_SPACE, first_value};

/// A JSON object as text; see [`Params::from_json`](crate::Params::from_json).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ParamsText(String);

/// The text is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidParams;

impl ParamsText {
    /// The object as it was written, without white space around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a map of parsed values would write each number as it stands here.
    pub(crate) fn has_plain_numbers(&self) -> bool {
        numbers(&self.0).into_iter().all(|number| {
            let written = serde_json::from_str(number).map(|value: Value| value.to_string());
            written.is_ok_and(|written| written == number)
        })
    }

    /// Puts the object into a JSON text as it is.
    pub(crate) fn serialize_as_object<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(to)
    }
}

impl TryFrom<String> for ParamsText {
    type Error = InvalidParams;

    fn try_from(text: String) -> Result<Self, InvalidParams> {
        let (value, rest) = first_value(&text).ok_or(InvalidParams)?;
        if !value.is_map() || !rest.trim_matches(WHITE_SPACE).is_empty() {
            return Err(InvalidParams);
        }
        Ok(Self(text.trim_matches(WHITE_SPACE).to_owned()))
    }
}

impl From<ParamsText> for String {
    fn from(text: ParamsText) -> Self {
        text.0
    }
}

impl fmt::Debug for ParamsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParamsText({})", self.0)
    }
}

impl fmt::Display for InvalidParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a JSON object")
    }
}

impl core::error::Error for InvalidParams {}

/// The numbers of a valid JSON text, as they are written.
fn numbers(json: &str) -> Vec<&str> {
    // Every other piece between quotes is a string, once escaped ones are out of the way.
    let mut in_string = false;
    let mut escaped = false;
    let is_outside = |c: char| {
        let was_inside = in_string;
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = c == '\\' && !escaped;
        was_inside || !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')
    };
    let pieces = json.split(is_outside);
    pieces.filter(|piece| piece.contains(|c: char| c.is_ascii_digit())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Result<ParamsText, InvalidParams> {
        json.to_owned().try_into()
    }

    #[test]
    fn an_object_keeps_its_writing() {
        let json = r#"{ "n": 123456789012345678901234567890, "x": 1.50, "s": "7e400" }"#;
        assert_eq!(text(&format!("\n{json} ")).unwrap().as_str(), json);
        for wrong in ["", "[1]", "7", "null", "{", "{}x", "{} {}", r#"{"a":}"#, r#"{"a":01}"#] {
            assert_eq!(text(wrong), Err(InvalidParams), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_found_outside_of_strings() {
        let json = r#"{"a1":[-1,2.50e3,true,false,null],"\"2":"3\\","b":{"c":4}}"#;
        assert_eq!(numbers(json), ["-1", "2.50e3", "4"]);
    }

    #[test]
    fn plain_numbers_are_those_that_come_back_as_they_were() {
        for (json, plain) in [
            ("{}", true),
            (r#"{"a":-7,"b":0.5,"c":18446744073709551615,"d":"1.50"}"#, true),
            (r#"{"a":18446744073709551616}"#, false),
            (r#"{"a":1.50}"#, false),
            (r#"{"a":1e3}"#, false),
            (r#"{"a":1e400}"#, false),
        ] {
            assert_eq!(text(json).unwrap().has_plain_numbers(), plain, "{json}");
        }
    }

    #[test]
    fn a_text_is_shown_as_it_is_written_and_its_error_says_what_is_missing() {
        assert_eq!(format!("{:?}", text(r#" {"a":1.50} "#).unwrap()), r#"ParamsText({"a":1.50})"#);
        assert_eq!(InvalidParams.to_string(), "not a JSON object");
    }
}
