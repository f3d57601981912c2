//! Errors of other crates as one line of text, for the core's `detail`.

use std::error::Error;
use std::fmt::Write;
use std::io;
use std::iter::successors;

/// An error and, one after the other, what it came of.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        // What was put into an error of the operating system's is not its source.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

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
