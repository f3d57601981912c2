//! When two paths are the same place: `a.jpg`, `./a.jpg` and `b/../a.jpg` are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Remembers the folders: most inputs share one.
#[derive(Default)]
pub(super) struct Places {
    folders: HashMap<PathBuf, PathBuf>,
}

impl Places {
    /// Its folder without detours, and its own name. A link stays a place of its
    /// own: it has a name, and so results, of its own.
    pub(super) fn of(&mut self, path: &Path) -> PathBuf {
        let Some(name) = path.file_name() else { return path.to_path_buf() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if let Some(known) = self.folders.get(folder) {
            return known.join(name);
        }
        let known = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let place = known.join(name);
        self.folders.insert(folder.to_path_buf(), known);
        place
    }
}
