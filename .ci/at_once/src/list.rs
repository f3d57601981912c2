//! What cargo-mutants would change, as it lists it: this never decides on its own what a mutant is.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// One small change of the code. Its number is its place in the list.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub file: String,
    pub genre: Genre,
    /// Line and column of the first character that is replaced, from 1.
    pub start: (usize, usize),
    pub replacement: String,
    pub return_type: String,
    pub name: String,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
    /// Something that this tool does not know.
    Other,
}

/// Asks cargo-mutants for its list.
pub fn of(root: &Path, selection: &[String]) -> Result<Vec<Mutant>, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["mutants", "--list", "--json"]).args(selection);
    let output = command.output().map_err(|error| format!("cargo mutants: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo mutants: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let list: Vec<Value> =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("the list: {error}"))?;
    list.iter().map(|one| mutant(one).ok_or_else(|| format!("in the list: {one}"))).collect()
}

fn mutant(one: &Value) -> Option<Mutant> {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let start = &one["span"]["start"];
    Some(Mutant {
        file: word(&one["file"])?,
        genre: match one["genre"].as_str()? {
            "FnValue" => Genre::FnValue,
            "BinaryOperator" => Genre::BinaryOperator,
            "UnaryOperator" => Genre::UnaryOperator,
            "MatchArm" => Genre::MatchArm,
            "MatchArmGuard" => Genre::MatchArmGuard,
            "StructField" => Genre::StructField,
            _ => Genre::Other,
        },
        start: (number(&start["line"])?, number(&start["column"])?),
        replacement: word(&one["replacement"])?,
        return_type: word(&one["function"]["return_type"]).unwrap_or_default(),
        name: word(&one["name"])?,
    })
}
