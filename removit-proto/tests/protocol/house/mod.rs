//! The layout is the architecture: imports go down the house, and no file imports
//! itself by way of others.

mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use imports::Imports;

/// The rooms of the core, from the ground up. Those of one floor do not know each other.
const FLOORS: [&[&str]; 6] = [
    &["api"],
    &["transport"],
    &["machine"],
    &["batch", "journal"],
    &["catalogue"],
    &["simulator", "conformance", "contract"],
];

fn sources(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of)
}

fn floor(module: &str) -> Option<usize> {
    let room = module.split("::").next()?;
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn every_import_of_the_core_goes_down_the_house() {
    let imports = Imports::of(&sources("removit-proto/src"));
    let mut judged = 0;
    let mut wrong = Vec::new();
    for ((from, to), line) in &imports.edges {
        let (Some(here), Some(there)) = (floor(from), floor(to)) else { continue };
        let is_same_room = from.split("::").next() == to.split("::").next();
        judged += 1;
        if there > here || (there == here && !is_same_room) {
            wrong.push(format!("{}:{line} imports {to}", imports.files[from].display()));
        }
    }
    assert!(wrong.is_empty(), "not downwards:\n{}", wrong.join("\n"));
    assert!(judged > 200, "only {judged} imports were understood");
}

/// Files that still lie on circles. The list may only become shorter.
const CIRCLES: [(&str, &[&str]); 4] = [
    (
        "removit-proto/src",
        &[
            "conformance::case",
            "conformance::cases::answers",
            "conformance::cases::bounds",
            "conformance::cases::cancel",
            "conformance::cases::cut_off",
            "conformance::cases::early",
            "conformance::cases::files",
            "conformance::cases::once",
            "conformance::cases::reach",
            "conformance::cases::redirects",
            "conformance::cases::requests",
            "conformance::cases::secrecy",
            "conformance::cases::several",
            "conformance::cases::time",
            "conformance::run",
            "conformance::subject",
            "conformance::trial",
        ],
    ),
    ("removit-blocking/src", &[]),
    ("removit-tokio/src", &[]),
    ("removit-tokio/src/bin/removit", &[]),
];

#[test]
fn no_file_imports_itself_by_way_of_others() {
    for (of, known) in CIRCLES {
        let imports = Imports::of(&sources(of));
        let known: BTreeSet<_> = known.iter().map(|file| (*file).to_owned()).collect();
        let found = imports.on_circles();
        let new: Vec<_> = imports
            .edges
            .iter()
            .filter(|((from, to), _)| !known.contains(from) && imports.below(to).contains(from))
            .map(|((from, to), line)| {
                format!("{}:{line} imports {to}", imports.files[from].display())
            })
            .collect();
        assert!(new.is_empty(), "on a circle:\n{}", new.join("\n"));
        let gone: Vec<_> = known.difference(&found).collect();
        assert!(gone.is_empty(), "on no circle any more, and to be taken off the list: {gone:?}");
    }
}
