//! What the results of each input are called, settled before anything is paid:
//! two inputs never share a name, also where case does not count.
//!
//! Nothing is created here. The core makes `<stem>-<variation>.<extension>` of it
//! when the results are there.

mod known;
mod names;
mod parts;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

pub(crate) use self::known::KnownNames;
use self::names::Names;
pub(crate) use self::names::OutputName;
use self::parts::Parts;
use crate::inputs::name::FoundInput;
use crate::name_pattern::NamePattern;
use crate::refused::Refused;
use crate::shell::printable;

/// The names for all inputs, in their order. Of two inputs of one name the second gets
/// a number; one that has a name from an earlier run keeps it.
pub(crate) fn name_all(
    inputs: &[FoundInput],
    out_dir: &Path,
    pattern: &NamePattern,
    known: &KnownNames,
) -> Result<Vec<OutputName>, Refused> {
    let parts = Parts::of_all(inputs);
    let natural: Vec<_> = parts.iter().map(|parts| Names::of(pattern, parts)).collect();
    if let ([first, _, ..], true) = (&natural[..], pattern.is_the_same_for_all()) {
        let name = out_dir.join(first.folders.iter().chain([&first.stem]).collect::<PathBuf>());
        return Err(Refused::usage(format!(
            "{} inputs would all be saved as {}-…; nothing was sent\n\
             tell them apart with {{stem}} or {{index}} in --name",
            inputs.len(),
            printable(&name.to_string_lossy()),
        )));
    }
    let mut taken = HashSet::with_capacity(natural.len());
    let mut names: Vec<Option<Names>> = inputs
        .iter()
        .zip(&natural)
        .map(|(input, natural)| {
            let folder = natural.folder(out_dir);
            let stem = known.stem(&input.name.journaled(), &folder, &natural.stem)?;
            let names = Names { stem: stem.to_owned(), folders: natural.folders.clone() };
            taken.insert(names.folded()).then_some(names)
        })
        .collect();
    let wanted: HashSet<_> = natural.iter().map(Names::folded).collect();
    // Counts on where it stopped: thousands of folders may hold one name.
    let mut last: HashMap<String, u64> = HashMap::new();
    for (name, natural) in names.iter_mut().zip(natural) {
        name.get_or_insert_with(|| {
            let folded = natural.folded();
            if taken.insert(folded.clone()) {
                return natural;
            }
            let number = last.entry(folded).or_insert(1);
            loop {
                *number += 1;
                let names = natural.numbered(*number);
                let folded = names.folded();
                if !wanted.contains(&folded) && taken.insert(folded) {
                    return names;
                }
            }
        });
    }
    Ok(names.into_iter().flatten().map(|names| names.below(out_dir)).collect())
}

#[cfg(test)]
mod tests;
