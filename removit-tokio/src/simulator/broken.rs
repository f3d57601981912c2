//! A break of the script: it ends a connection before its answer, or in the midst of it.

use std::fmt;

/// Ends a connection without a word.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script breaks this connection")
    }
}

impl std::error::Error for Broken {}
