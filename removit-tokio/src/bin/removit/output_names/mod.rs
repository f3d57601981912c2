//! What the results of each input are called, settled before anything is paid:
//! two inputs never share a name, also where case does not count.
//!
//! Nothing is created here. The core makes `<stem>-<variation>.<extension>` of it
//! when the results are there.

mod parts;
mod pattern;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(crate) use pattern::NamePattern;

use self::parts::Parts;
use crate::inputs::InputName;
use crate::setup::Refused;
use crate::shell::{printable, quoted};

/// Where the results of one input go: the two halves of a
/// [`Destination::folder`](removit_tokio::Destination::folder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputName {
    pub(crate) folder: PathBuf,
    pub(crate) stem: String,
}

/// Patterns that tell inputs apart, the one that says most of them first. The
/// last one always does.
const OTHERS: [&str; 4] = ["{stem}-{ext}", "{folder}/{stem}", "{folder}/{stem}-{ext}", LAST];
const LAST: &str = "{index}-{stem}";

/// The names for all inputs, in their order.
pub(crate) fn name_all(
    inputs: &[InputName],
    out_dir: &Path,
    pattern: &NamePattern,
) -> Result<Vec<OutputName>, Refused> {
    let parts = Parts::of_all(inputs);
    let names: Vec<_> = parts.iter().map(|parts| pattern.names(parts)).collect();
    if let Some(clash) = Clash::find(&names) {
        return Err(clash.refused(inputs, out_dir, &parts));
    }
    Ok(names.into_iter().map(|names| names.below(out_dir)).collect())
}

/// Folders below the one for all results, and a stem.
#[derive(Debug)]
struct Names(Vec<String>);

impl Names {
    fn below(mut self, out_dir: &Path) -> OutputName {
        let stem = self.0.pop().unwrap_or_default();
        OutputName { folder: out_dir.join(self.0.iter().collect::<PathBuf>()), stem }
    }

    /// The same for names that some file systems take for the same. They are
    /// ASCII.
    fn folded(&self) -> String {
        self.0.join("/").to_ascii_lowercase()
    }
}

/// The first two inputs that would share a name, by their index.
struct Clash {
    first: usize,
    second: usize,
    name: String,
    /// How many inputs have the name of an earlier one.
    inputs: usize,
}

impl Clash {
    fn find(names: &[Names]) -> Option<Self> {
        let mut taken = HashMap::with_capacity(names.len());
        let mut clash: Option<Self> = None;
        for (second, names) in names.iter().enumerate() {
            let first = *taken.entry(names.folded()).or_insert(second);
            if first != second {
                let name = names.0.join("/");
                clash.get_or_insert(Self { first, second, name, inputs: 0 }).inputs += 1;
            }
        }
        clash
    }

    fn refused(&self, inputs: &[InputName], out_dir: &Path, parts: &[Parts]) -> Refused {
        let input = |at: usize| inputs.get(at).map(|input| printable(&input.to_string()));
        let (first, second) = (input(self.first), input(self.second));
        let name = printable(&out_dir.join(&self.name).to_string_lossy());
        let more = match self.inputs {
            1 => String::new(),
            inputs => format!(" ({inputs} inputs have a name that is taken)"),
        };
        let other = quoted(apart(parts));
        Refused::usage(format!(
            "{} and {} would both be saved as {name}-…{more}; nothing was sent\n\
             tell them apart with --name {other}",
            first.unwrap_or_default(),
            second.unwrap_or_default(),
        ))
    }
}

/// A pattern that gives each input a name of its own.
fn apart(parts: &[Parts]) -> &'static str {
    let works = |text: &&str| {
        text.parse().is_ok_and(|pattern: NamePattern| {
            let names: Vec<_> = parts.iter().map(|parts| pattern.names(parts)).collect();
            Clash::find(&names).is_none()
        })
    };
    OTHERS.into_iter().find(works).unwrap_or(LAST)
}

#[cfg(test)]
mod tests;
