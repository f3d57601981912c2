//! Each kind of mutant, compiled and run: without a mutant the program prints what it printed, and with one
//! what the changed program would print.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::list::Genre;

/// The mutant where the text before `|` in `place` ends, which is followed by the text after it.
fn mutant(source: &str, genre: Genre, place: &str, replacement: &str) -> Mutant {
    let (before, after) = place.split_once('|').unwrap();
    let at = source.find(&format!("{before}{after}")).unwrap() + before.len();
    let line = source[..at].matches('\n').count() + 1;
    let column = source[..at].rsplit('\n').next().unwrap().chars().count() + 1;
    let return_type = if source.contains("impl ") { "-> impl Iterator" } else { "" };
    Mutant {
        file: String::new(),
        genre,
        start: (line, column),
        replacement: replacement.to_owned(),
        return_type: return_type.to_owned(),
        name: String::new(),
    }
}

fn rewritten(source: &str, mutants: &[Mutant], constant: &[&str]) -> Rewritten {
    let numbered = mutants.iter().enumerate().collect::<Vec<_>>();
    let constant = constant.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    file(source, &numbered, &constant).unwrap()
}

/// What the program prints without a mutant, and then with each.
fn printed(source: &str, mutants: &[Mutant]) -> Vec<String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder: PathBuf =
        std::env::temp_dir().join(format!("at-once-test-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let written = rewritten(source, mutants, &[]);
    assert!(written.rest.is_empty());
    let main = format!("{}\nmod mutant_switch;\n", written.text);
    fs::write(folder.join("main.rs"), &main).unwrap();
    fs::write(folder.join("mutant_switch.rs"), include_str!("switch.rs.txt")).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--cap-lints", "allow", "main.rs"]).current_dir(&folder);
    assert!(rustc.status().unwrap().success(), "{main}");
    let run = |mutant: Option<usize>| {
        let mut program = Command::new(folder.join("main"));
        program.env_remove("MUTANT");
        program.envs(mutant.map(|number| ("MUTANT", number.to_string())));
        String::from_utf8(program.output().unwrap().stdout).unwrap()
    };
    let printed = std::iter::once(None).chain((0..mutants.len()).map(Some)).map(run).collect();
    fs::remove_dir_all(&folder).unwrap();
    printed
}

#[test]
fn a_function_returns_another_value() {
    let source = "fn two(of: u8) -> u8 { of + 1 }\nfn main() { print!(\"{}\", two(1)); }\n";
    let zero = mutant(source, Genre::FnValue, "{ |of", "0");
    let one = mutant(source, Genre::FnValue, "{ |of", "1");
    assert_eq!(printed(source, &[zero, one]), ["2", "0", "1"]);
}

#[test]
fn a_constant_function_is_switched_where_the_compiler_need_not_evaluate_it() {
    let source = "const fn two() -> u8 { 2 }\nfn main() { print!(\"{}\", two()); }\n";
    let zero = [mutant(source, Genre::FnValue, "{ |2", "0")];
    assert_eq!(printed(source, &zero), ["2", "0"]);
    assert_eq!(rewritten(source, &zero, &["two"]).rest, [0]);
}

#[test]
fn a_hidden_type_cannot_be_switched() {
    let source = "fn none() -> impl Iterator<Item = u8> { [].into_iter() }\n";
    let other = [mutant(source, Genre::FnValue, "{ |[", "::std::iter::empty()")];
    let written = rewritten(source, &other, &[]);
    assert_eq!((written.text.as_str(), written.rest), (source, vec![0]));
}

#[test]
fn an_operator_is_another_with_the_same_operands() {
    let source = "fn main() { let x = 7; let y = x - 2 * 3; print!(\"{y} {}\", y < 1); }\n";
    let mutants = [
        mutant(source, Genre::BinaryOperator, "x |- 2", "+"),
        mutant(source, Genre::BinaryOperator, "2 |* 3", "+"),
        mutant(source, Genre::BinaryOperator, "x |- 2", "/"),
    ];
    assert_eq!(printed(source, &mutants), ["1 false", "13 false", "2 false", "1 false"]);
}

#[test]
fn an_assignment_is_another() {
    let source = "fn main() { let mut x = 7; if x > 1 { x += 2; } print!(\"{x}\"); }\n";
    let mutants = [
        mutant(source, Genre::BinaryOperator, "x |+= 2", "-="),
        mutant(source, Genre::BinaryOperator, "x |> 1", "<"),
    ];
    assert_eq!(printed(source, &mutants), ["9", "5", "7"]);
}

#[test]
fn chains_of_conditions_keep_their_order_and_stop_where_they_stopped() {
    let source = "
fn is(x: bool) -> bool { print!(\"{x} \"); x }
fn main() { if is(true) && is(false) && is(true) || is(false) { print!(\"yes\"); } }
";
    let mutants = [
        mutant(source, Genre::BinaryOperator, "is(true) |&& is(false)", "||"),
        mutant(source, Genre::BinaryOperator, "is(false) |&& is(true)", "||"),
        mutant(source, Genre::BinaryOperator, "is(true) ||| is(false)", "&&"),
    ];
    let [plain, first, second, third] = printed(source, &mutants).try_into().unwrap();
    assert_eq!(plain, "true false false ");
    assert_eq!(first, "true true yes");
    assert_eq!(second, "true false true yes");
    assert_eq!(third, "true false ");
}

#[test]
fn equal_is_unequal() {
    let source = "fn main() { print!(\"{}\", one() == 1); }\nfn one() -> u8 { 1 }\n";
    // Within a macro's arguments nothing is known of expressions.
    let inside = [mutant(source, Genre::BinaryOperator, "one() |== 1", "!=")];
    assert_eq!(rewritten(source, &inside, &[]).rest, [0]);
    let source = "fn main() { let x = one() == 1; print!(\"{x}\"); }\nfn one() -> u8 { 1 }\n";
    let mutants = [mutant(source, Genre::BinaryOperator, "one() |== 1", "!=")];
    assert_eq!(printed(source, &mutants), ["true", "false"]);
}

#[test]
fn a_chain_with_let_cannot_be_switched_but_its_other_conditions_can() {
    let source = "fn main() { if let Some(x) = Some(1) && x == 2 { print!(\"yes\"); } }\n";
    let chain = [mutant(source, Genre::BinaryOperator, "Some(1) |&& x", "||")];
    assert_eq!(rewritten(source, &chain, &[]).rest, [0]);
    let condition = [mutant(source, Genre::BinaryOperator, "x |== 2", "!=")];
    assert_eq!(printed(source, &condition), ["", "yes"]);
}

#[test]
fn a_sign_is_left_out() {
    let source = "fn main() { let x = 2; if !(x == 1) { let y = -x; print!(\"{y}\"); } }\n";
    let mutants = [
        mutant(source, Genre::UnaryOperator, "if |!(", ""),
        mutant(source, Genre::UnaryOperator, "= |-x", ""),
        mutant(source, Genre::BinaryOperator, "x |== 1", "!="),
    ];
    assert_eq!(printed(source, &mutants), ["-2", "", "2", ""]);
}

#[test]
fn an_arm_is_left_out_and_its_guard_holds_always_or_never() {
    let source = "
fn word(x: u8) -> &'static str { match x { 0 => \"none\", 1 if x == 2 => \"odd\", _ => \"some\" } }
fn main() { let (x, y, z) = (word(0), word(1), word(2)); print!(\"{x} {y} {z}\"); }
";
    let mutants = [
        mutant(source, Genre::MatchArm, "{ |0 =>", ""),
        mutant(source, Genre::MatchArm, ", |1 if", ""),
        mutant(source, Genre::MatchArmGuard, "if |x == 2", "true"),
        mutant(source, Genre::MatchArmGuard, "if |x == 2", "false"),
        mutant(source, Genre::BinaryOperator, "x |== 2", "!="),
    ];
    let some = "none some some";
    let (plain, odd) = (some, "none odd some");
    assert_eq!(printed(source, &mutants), [plain, "some some some", plain, odd, plain, odd]);
}

#[test]
fn a_field_is_that_of_the_others() {
    let source = "
#[derive(Default)]
struct Two { x: u8, y: u8 }
fn main() {
    let x = 1;
    let one = Two { x, y: x + 1, ..Default::default() };
    let two = Two { x: 5, ..one };
    let (x, y) = (two.x, two.y);
    print!(\"{x} {y}\");
}
";
    let mutants = [
        mutant(source, Genre::StructField, "{ |x, y: x", ""),
        mutant(source, Genre::StructField, "x, |y: x", ""),
        mutant(source, Genre::StructField, "{ |x: 5", ""),
        mutant(source, Genre::BinaryOperator, "x |+ 1", "-"),
    ];
    assert_eq!(printed(source, &mutants), ["5 2", "5 2", "5 0", "1 2", "5 0"]);
}

#[test]
fn a_file_without_mutants_stays_as_it_is() {
    let source = "//! A file.\n\nfn main() {\n    // Ä comment.\n    let _ = 1 + 1;\n}\n";
    assert_eq!(rewritten(source, &[], &[]).text, source);
}

#[test]
fn columns_are_characters() {
    let source = "fn main() { let ä = \"ü\" != \"ö\"; print!(\"{ä}\"); }\n";
    let mutants = [mutant(source, Genre::BinaryOperator, "|!=", "==")];
    assert_eq!(printed(source, &mutants), ["true", "false"]);
}

#[test]
fn what_would_be_written_too_often_cannot_be_switched() {
    let source = format!("fn main() {{ let _ = {}1; }}\n", "1 - ".repeat(9));
    let at = source.match_indices('-').map(|(at, _)| at);
    let mutants = at.map(|at| Mutant {
        start: (1, at + 1),
        ..mutant(&source, Genre::BinaryOperator, "1 |- 1", "+")
    });
    let written = rewritten(&source, &mutants.collect::<Vec<_>>(), &[]);
    assert_eq!(written.rest.len(), 4);
    assert!(written.text.len() < 10_000);
}
