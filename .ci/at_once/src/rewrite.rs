//! Writes a file with all its mutants in it: what is not a mutant's stays as it is, byte for byte.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::edits::{self, Edit, Piece};
use crate::list::Mutant;
use crate::places::Places;

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;

/// An expression is written at most so often: chains would grow without bound.
const MOST_COPIES: usize = 32;

/// A file as it is compiled.
#[derive(Debug, Default)]
pub struct Rewritten {
    pub text: String,
    pub marks: Vec<Mark>,
    /// The numbers of the mutants that cannot be switched.
    pub rest: Vec<usize>,
}

/// Whose a part of the text is.
#[derive(Clone, Debug)]
pub struct Mark {
    pub range: Range<usize>,
    pub mutants: Vec<usize>,
    /// The text is there for the mutant alone, and not for what it is put around.
    pub is_own: bool,
}

/// Writes the mutants, each with its number, into a file. Functions of the names in `constant` stay constant.
pub fn file(
    source: &str,
    mutants: &[(usize, &Mutant)],
    constant: &BTreeSet<String>,
) -> Result<Rewritten, String> {
    let places = Places::of(source, constant)?;
    let (mut edits, rest) = edits::of(source, &places, mutants);
    let mut written = Rewritten { rest, ..Rewritten::default() };
    // What contains another comes before it; what is put before something, before that.
    edits.sort_by_key(|edit| {
        let Range { start, end } = edit.range;
        (start, start != end, usize::MAX - end, edit.layer)
    });
    let mut open: Vec<(Range<usize>, usize)> = Vec::new();
    edits.retain(|edit| {
        while open.last().is_some_and(|(outer, _)| edit.range.start >= outer.end) {
            open.pop();
        }
        let copies = open.last().map_or(1, |(_, copies)| *copies) * edit.copies;
        if copies > MOST_COPIES {
            written.rest.extend(&edit.mutants);
            return false;
        }
        open.push((edit.range.clone(), copies));
        true
    });
    let mut writer = Writer { source, edits: &edits, written };
    writer.source(&(0..source.len()), 0);
    Ok(writer.written)
}

struct Writer<'a> {
    source: &'a str,
    edits: &'a [Edit],
    written: Rewritten,
}

impl Writer<'_> {
    /// Writes a part of the source with the edits in it, of which the first may be the one at `next`.
    fn source(&mut self, part: &Range<usize>, mut next: usize) {
        let mut at = part.start;
        while let Some(edit) = self.edits.get(next) {
            if edit.range.start >= part.end {
                break;
            }
            next += 1;
            if edit.range.start < at || edit.range.end > part.end {
                continue;
            }
            self.written.text.push_str(&self.source[at..edit.range.start]);
            at = edit.range.end;
            let start = self.written.text.len();
            self.pieces(&edit.pieces, next);
            let range = start..self.written.text.len();
            if !edit.mutants.is_empty() {
                self.mark(range, edit.mutants.clone(), false);
            }
        }
        self.written.text.push_str(&self.source[at..part.end]);
    }

    fn pieces(&mut self, pieces: &[Piece], next: usize) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.written.text.push_str(text),
                Piece::Source(part) => self.source(part, next),
                Piece::For(number, pieces) => {
                    let start = self.written.text.len();
                    self.pieces(pieces, next);
                    let range = start..self.written.text.len();
                    self.mark(range, vec![*number], true);
                }
            }
        }
    }

    fn mark(&mut self, range: Range<usize>, mutants: Vec<usize>, is_own: bool) {
        self.written.marks.push(Mark { range, mutants, is_own });
    }
}
