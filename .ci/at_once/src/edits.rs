//! How each kind of mutant is switched, as pieces of text around the source's own. Operands are put in
//! parentheses: what binds what is never changed.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::list::{Genre, Mutant};
use crate::places::{Arm, Binary, Field, Places, Unary};

/// A part of the source, written anew.
#[derive(Debug)]
pub struct Edit {
    pub range: Range<usize>,
    pub pieces: Vec<Piece>,
    /// The mutants' numbers.
    pub mutants: Vec<usize>,
    /// How often what is within is written.
    pub copies: usize,
    /// Of two around the same text, the lower is outside.
    pub layer: u8,
}

#[derive(Debug)]
pub enum Piece {
    Text(String),
    /// The source, with the edits in it.
    Source(Range<usize>),
    /// What is there for one mutant alone.
    For(usize, Vec<Piece>),
}

fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

fn on(number: usize) -> Piece {
    Piece::For(number, vec![text(format!("crate::mutant_switch::on({number})"))])
}

/// `on(number) { … }`, in which all is the mutant's.
fn branch(number: usize, mut within: Vec<Piece>) -> Piece {
    within.insert(0, text(" {"));
    within.insert(0, on(number));
    within.push(text("}"));
    Piece::For(number, within)
}

/// The edits for mutants of one file, and those for which there is none.
pub fn of(source: &str, places: &Places, mutants: &[(usize, &Mutant)]) -> (Vec<Edit>, Vec<usize>) {
    let lines: Vec<usize> =
        std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let byte = |(line, column): (usize, usize)| {
        let start = lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
        let chars = source[start..].char_indices().nth(column - 1);
        start + chars.map_or(0, |(at, _)| at)
    };
    let mut groups = BTreeMap::<(usize, u8), Vec<(usize, &Mutant)>>::new();
    for &(number, mutant) in mutants {
        groups.entry((byte(mutant.start), mutant.genre as u8)).or_default().push((number, mutant));
    }
    let no_const = |range: &Range<usize>| edit(&[], range.clone(), Vec::new(), VALUE);
    let mut edits = places.consts.iter().map(no_const).collect::<Vec<_>>();
    let mut rest = Vec::new();
    for ((at, _), group) in groups {
        let numbers = group.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        let made = match group[0].1.genre {
            Genre::FnValue if group[0].1.return_type.contains("impl ") => None,
            Genre::FnValue => places.body_around(at).map(|body| value(body, &group)),
            Genre::BinaryOperator => {
                let binary = places.binaries.get(&at).filter(|binary| !binary.has_let);
                binary.map(|binary| operator(source, binary, &group))
            }
            Genre::UnaryOperator => places.unaries.get(&at).map(|found| negation(found, &group)),
            Genre::MatchArm => places.arms.get(&at).map(|arm| deletion(arm, &group)),
            Genre::MatchArmGuard => places.arms.get(&at).and_then(|arm| guard(arm, &group)),
            Genre::StructField => {
                places.fields.get(&at).and_then(|found| field(source, found, &group))
            }
            Genre::Other => None,
        };
        match made {
            Some(edit) => {
                if let Some(arm) = places.arms.get(&at).filter(|_| edit.layer == DELETION) {
                    edits.push(matched(arm, &numbers));
                }
                edits.push(edit);
            }
            None => rest.extend(numbers),
        }
    }
    (edits, rest)
}

type Group<'a> = [(usize, &'a Mutant)];

const MATCHED: u8 = 0;
const FIELD: u8 = 1;
const DELETION: u8 = 2;
const GUARD: u8 = 3;
const OPERATOR: u8 = 4;
const VALUE: u8 = 5;

fn edit(group: &Group<'_>, range: Range<usize>, pieces: Vec<Piece>, layer: u8) -> Edit {
    let mutants = group.iter().map(|(number, _)| *number).collect();
    Edit { range, pieces, mutants, copies: 1, layer }
}

/// What is matched stays as it is: the compiler points at it where an arm is wanting.
fn matched(arm: &Arm, mutants: &[usize]) -> Edit {
    let range = arm.matched.clone();
    let pieces = vec![Piece::Source(range.clone())];
    Edit { range, pieces, mutants: mutants.to_vec(), copies: 1, layer: MATCHED }
}

fn value(body: &Range<usize>, group: &Group<'_>) -> Edit {
    let returns = group.iter().flat_map(|(number, mutant)| {
        let value = text(format!(" return {}; ", mutant.replacement));
        [text(" if "), branch(*number, vec![value])]
    });
    edit(group, body.start..body.start, returns.collect(), VALUE)
}

fn operator(source: &str, binary: &Binary, group: &Group<'_>) -> Edit {
    let range = binary.left.start..binary.right.end;
    let (left, right) = (binary.left.clone(), binary.right.clone());
    let whole = Piece::Source(range.clone());
    let now = &source[binary.operator.clone()];
    let (number, first) = group[0];
    let pieces = match (now, first.replacement.as_str(), group.len()) {
        // Without a second copy of the operands, of which chains are long.
        ("&&", "||", 1) | ("||", "&&", 1) => {
            let (compared, not) = if now == "&&" { (") != ", "") } else { (") == ", "!") };
            vec![
                text("(if ("),
                Piece::Source(left),
                text(compared),
                on(number),
                text(" {("),
                Piece::Source(right),
                text(format!(")}} else {{{not}")),
                on(number),
                text("})"),
            ]
        }
        ("==", "!=", 1) | ("!=", "==", 1) => {
            vec![text("(("), whole, text(") != "), on(number), text(")")]
        }
        _ => {
            let mut pieces = vec![text("(")];
            for (number, mutant) in group {
                let within = vec![
                    text("(("),
                    Piece::Source(left.clone()),
                    text(format!(") {} (", mutant.replacement)),
                    Piece::Source(right.clone()),
                    text("))"),
                ];
                pieces.extend([text("if "), branch(*number, within), text(" else ")]);
            }
            pieces.extend([text("{("), whole, text(")})")]);
            let copies = group.len() + 1;
            return Edit { copies, ..edit(group, range, pieces, OPERATOR) };
        }
    };
    edit(group, range, pieces, OPERATOR)
}

fn negation(unary: &Unary, group: &Group<'_>) -> Edit {
    let without = vec![text("("), Piece::Source(unary.operand.clone()), text(")")];
    let pieces = vec![
        text("(if "),
        branch(group[0].0, without),
        text(" else {("),
        Piece::Source(unary.whole.clone()),
        text(")})"),
    ];
    Edit { copies: 2, ..edit(group, unary.whole.clone(), pieces, OPERATOR) }
}

fn deletion(arm: &Arm, group: &Group<'_>) -> Edit {
    match &arm.guard {
        Some(guard) => {
            let kept = vec![
                text("!"),
                on(group[0].0),
                text(" && ("),
                Piece::Source(guard.clone()),
                text(")"),
            ];
            edit(group, guard.clone(), kept, DELETION)
        }
        None => {
            let end = arm.pattern_end;
            edit(group, end..end, vec![text(" if !"), on(group[0].0)], DELETION)
        }
    }
}

fn guard(arm: &Arm, group: &Group<'_>) -> Option<Edit> {
    let range = arm.guard.clone()?;
    let mut pieces = vec![text("(")];
    for (number, mutant) in group {
        match mutant.replacement.as_str() {
            "true" => pieces.extend([on(*number), text(" || ")]),
            "false" => pieces.extend([text("!"), on(*number), text(" && ")]),
            _ => return None,
        }
    }
    pieces.extend([text("("), Piece::Source(range.clone()), text("))")]);
    Some(edit(group, range, pieces, GUARD))
}

fn field(source: &str, field: &Field, group: &Group<'_>) -> Option<Edit> {
    let (base, name) = (field.base.clone()?, &field.name);
    let mut pieces = Vec::new();
    if field.is_shorthand {
        pieces.push(text(format!("{name}: ")));
    }
    let other = if field.is_base_place {
        vec![Piece::Source(base), text(format!(".{name}"))]
    } else {
        let of = &source[field.of.clone()];
        vec![
            text(format!(" let base: {of} = ")),
            Piece::Source(base),
            text(format!("; base.{name} ")),
        ]
    };
    pieces.extend([text("if "), branch(group[0].0, other), text(" else {")]);
    pieces.extend([Piece::Source(field.value.clone()), text("}")]);
    // The base may have mutants, too: they are written twice.
    Some(Edit { copies: 2, ..edit(group, field.value.clone(), pieces, FIELD) })
}
