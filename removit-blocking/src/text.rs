//! Errors of other crates as one line of text, for the core's `detail`.

use std::error::Error;
use std::fmt::Write;

/// An error with all of its sources.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        // Many errors already repeat their source.
        if !line.ends_with(&text) {
            // Writing to a `String` never fails.
            let _ = write!(line, ": {text}");
        }
        source = error.source();
    }
    line.replace(['\r', '\n'], " ")
}
