//! The layout is the architecture: imports go down the house, and no file imports
//! itself by way of others.

mod imports;

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

/// Where the files of each crate begin, and those of the program.
const ROOTS: [&str; 4] = [
    "removit-proto/src",
    "removit-blocking/src",
    "removit-tokio/src",
    "removit-tokio/src/bin/removit",
];

#[test]
fn no_file_imports_itself_by_way_of_others() {
    for root in ROOTS {
        let imports = Imports::of(&sources(root));
        assert!(imports.files.len() > 40, "{root}: only {} files", imports.files.len());
        let on_a_circle: Vec<_> = imports
            .edges
            .iter()
            .filter(|((from, to), _)| imports.below(to).contains(from))
            .map(|((from, to), line)| {
                format!("{}:{line} imports {to}", imports.files[from].display())
            })
            .collect();
        assert!(on_a_circle.is_empty(), "on a circle:\n{}", on_a_circle.join("\n"));
    }
}
