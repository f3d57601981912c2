//! Reads which file of a crate imports which, from the text of its sources.
//!
//! Follows `crate::` and `super::` paths and the names that a `mod.rs` or the crate's
//! root gives out again. Unit tests do not count, and neither does what a macro makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of one crate by their module paths (`api::job_id`), and what each imports.
pub(crate) struct Imports {
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// From which module to which, and in which line.
    pub(crate) edges: BTreeMap<(String, String), usize>,
}

impl Imports {
    pub(crate) fn of(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(root, root, &mut files);
        let sources: BTreeMap<_, _> =
            files.iter().map(|(module, path)| (module.clone(), source(path))).collect();
        let given_out: BTreeMap<_, _> = sources
            .iter()
            .map(|(module, text)| (module.clone(), given_out(module, text, &files)))
            .collect();
        let mut edges = BTreeMap::new();
        for (module, text) in &sources {
            for (path, line) in paths(module, text) {
                let to = resolve(&path, &files, &given_out);
                if to != *module && !to.is_empty() {
                    edges.entry((module.clone(), to)).or_insert(line);
                }
            }
        }
        Self { files, edges }
    }

    /// All that a file imports, and what that imports in its turn.
    pub(crate) fn below(&self, file: &str) -> BTreeSet<String> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![file.to_owned()]);
        while let Some(from) = next.pop() {
            let start = (from.clone(), String::new());
            let imported = self.edges.range(start..).take_while(|((file, _), _)| *file == from);
            for ((_, to), _) in imported {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("bin") && !path.ends_with("tests") {
            collect(root, &path, files);
        }
        let is_test = path.ends_with("tests.rs");
        if path.extension().is_none_or(|ending| ending != "rs") || is_test {
            continue;
        }
        let inner = path.strip_prefix(root).unwrap().with_extension("");
        let mut parts: Vec<_> = inner.iter().map(|part| part.to_str().unwrap()).collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            parts.pop();
        }
        files.insert(parts.join("::"), path);
    }
}

/// The text without comments and unit tests, line for line.
fn source(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let line = |line: &str| if line.trim_start().starts_with("//") { "" } else { line }.to_owned();
    code.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Every `crate::` and `super::` path in a file, with its line.
fn paths(module: &str, text: &str) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':')) {
                continue;
            }
            let line = text[..at].matches('\n').count() + 1;
            let mut base: Vec<String> = Vec::new();
            let mut rest = &text[at + start.len()..];
            if start == "super::" {
                base =
                    module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
                base.pop();
                while let Some(further) = rest.strip_prefix("super::") {
                    base.pop();
                    rest = further;
                }
            }
            tree(&base, rest, &mut |path| found.push((path, line)));
        }
    }
    found
}

/// The paths of a use tree: `a::{b, c::d}` after `base`.
fn tree<'a>(base: &[String], mut text: &'a str, found: &mut dyn FnMut(Vec<String>)) -> &'a str {
    let mut path = base.to_vec();
    loop {
        text = text.trim_start();
        if let Some(mut inner) = text.strip_prefix('{') {
            loop {
                inner = tree(&path, inner, found).trim_start();
                match inner.strip_prefix(',') {
                    Some(more) if !more.trim_start().starts_with('}') => inner = more,
                    Some(more) => return more.trim_start().strip_prefix('}').unwrap_or(more),
                    None => return inner.strip_prefix('}').unwrap_or(inner),
                }
            }
        }
        let len = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        path.push(text[..len].to_owned());
        text = &text[len..];
        match text.strip_prefix("::") {
            Some(more) if more.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{') => {
                text = more;
            }
            _ => {
                found(path);
                // A name of its own.
                let renamed = text.trim_start().strip_prefix("as ");
                return renamed.map_or(text, |name| {
                    name.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                });
            }
        }
    }
}

/// The names that a file gives out again, by the module that they are of.
fn given_out(
    module: &str,
    text: &str,
    files: &BTreeMap<String, PathBuf>,
) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    for (at, _) in text.match_indices("use ") {
        let base: Vec<_> =
            module.split("::").filter(|p| !p.is_empty()).map(str::to_owned).collect();
        tree(&base, &text[at + 4..], &mut |path| {
            let parent = path[..path.len() - 1].join("::");
            if parent != module && files.contains_key(&parent) {
                names.insert(path[path.len() - 1].clone(), path[..path.len() - 1].to_vec());
            }
        });
    }
    names
}

/// The file that a path leads to.
fn resolve(
    path: &[String],
    files: &BTreeMap<String, PathBuf>,
    given_out: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> String {
    let longest = (0..=path.len()).rev().find(|len| files.contains_key(&path[..*len].join("::")));
    let len = longest.unwrap_or(0);
    let module = path[..len].join("::");
    let name = path.get(len).and_then(|name| given_out.get(&module)?.get(name));
    match name {
        Some(real) if *real != path[..len] => {
            let mut real = real.clone();
            real.extend(path.get(len).cloned());
            resolve(&real, files, given_out)
        }
        _ => module,
    }
}
