//! What a folder says of the names in it, and whether it takes files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The longest name, in bytes, where the file system says nothing.
const LONGEST: usize = 255;

/// Makes the new name itself outlive a crash.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    kept(fs::File::open(folder)?.sync_all())
}

/// What a sync of a folder ended with, but for file systems that keep names by themselves,
/// such as one over a network.
#[cfg(unix)]
fn kept(end: io::Result<()>) -> io::Result<()> {
    match end {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Ok(())
        }
        end => end,
    }
}

/// Other systems cannot open a folder, and keep names by themselves.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder that a path's last name is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How long a name in a folder may be, in bytes.
#[cfg(unix)]
pub(crate) fn longest_name(folder: &Path) -> usize {
    longest(rustix::fs::statvfs(folder).ok().map(|said| said.f_namemax))
}

/// By what the file system says, which may be nothing.
#[cfg(unix)]
fn longest(said: Option<u64>) -> usize {
    match said.and_then(|said| said.try_into().ok()) {
        None | Some(0) => LONGEST,
        Some(said) => LONGEST.min(said),
    }
}

/// Counted in units of 16 bits there, of which no byte needs more than one.
#[cfg(not(unix))]
pub(crate) fn longest_name(_: &Path) -> usize {
    LONGEST
}

/// Makes a file in a folder, renames it and takes it away again.
pub(crate) fn try_folder(folder: &Path) -> io::Result<()> {
    let named =
        |prefix| tempfile::Builder::new().prefix(prefix).suffix(".part").tempfile_in(folder);
    let (one, other) = (named(".removit-try-")?, named(".removit-try-")?);
    let other = other.into_temp_path();
    one.persist(&other).map(drop).map_err(|failed| failed.error)
}

/// Whether a folder takes files, as far as that can be known without making one.
pub(crate) fn may_be_written_to(folder: &Path) -> io::Result<()> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::Error::new(ErrorKind::NotADirectory, "it is no folder"));
    }
    #[cfg(unix)]
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK.union(rustix::fs::Access::EXEC_OK))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_that_cannot_be_synced_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sync_folder(folder.path()).is_ok());
        assert!(sync_folder(&folder.path().join("gone")).is_err());
        assert!(kept(Err(ErrorKind::StorageFull.into())).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_system_that_keeps_names_by_itself_need_not_sync_them() {
        assert!(kept(Err(ErrorKind::InvalidInput.into())).is_ok());
        assert!(kept(Err(ErrorKind::Unsupported.into())).is_ok());
    }

    #[test]
    fn a_name_alone_is_in_the_folder_where_the_process_is() {
        assert_eq!(folder_of(Path::new("cup.png")), Path::new("."));
        assert_eq!(folder_of(Path::new("out/cup.png")), Path::new("out"));
    }

    #[test]
    #[cfg(unix)]
    fn a_name_is_as_long_as_the_file_system_says_and_no_longer_than_anywhere() {
        for (said, expected) in [(143, 143), (1, 1), (255, 255), (1024, 255), (0, 255)] {
            assert_eq!(longest(Some(said)), expected, "{said}");
        }
        assert_eq!(longest(None), 255);
    }

    #[test]
    fn the_longest_name_is_one_that_a_folder_takes() {
        let folder = tempfile::tempdir().unwrap();
        let name = "n".repeat(longest_name(folder.path()));
        fs::write(folder.path().join(&name), "").unwrap();
        assert!(fs::write(folder.path().join(name + "n"), "").is_err());
    }

    #[test]
    fn a_folder_that_takes_files_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        try_folder(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(try_folder(&folder.path().join("gone")).is_err());
    }

    #[test]
    fn only_a_folder_may_be_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.png");
        fs::write(&file, "").unwrap();
        assert!(may_be_written_to(folder.path()).is_ok());
        assert_eq!(may_be_written_to(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
    }
}
