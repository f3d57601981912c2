//! How a journal makes way for a new one.

use std::path::{Path, PathBuf};

/// Moves a journal out of the way: what it says is kept, and nothing goes on by it.
pub(crate) fn set_aside(journal: &Path) -> std::io::Result<Option<PathBuf>> {
    if std::fs::symlink_metadata(journal).is_err() {
        return Ok(None);
    }
    let stem = journal.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = journal.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let aside = |number: u32| journal.with_file_name(format!("{stem}-{number}{ending}"));
    let free = (1..).map(aside).find(|path| std::fs::symlink_metadata(path).is_err());
    let free = free.unwrap_or_else(|| journal.to_path_buf());
    std::fs::rename(journal, &free)?;
    Ok(Some(free))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_journal_that_makes_way_is_kept_under_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.journal", "plain"] {
            let journal = folder.path().join(name);
            assert_eq!(set_aside(&journal).unwrap(), None);
            for (number, text) in [(1, "first"), (2, "second")] {
                std::fs::write(&journal, text).unwrap();
                let moved = set_aside(&journal).unwrap().unwrap();
                let expected = name.replace("plain", &format!("plain-{number}"));
                let expected = expected.replace("a.", &format!("a-{number}."));
                assert_eq!(moved, folder.path().join(expected));
                assert_eq!(std::fs::read_to_string(moved).unwrap(), text);
                assert!(!journal.exists());
            }
        }
    }
}
