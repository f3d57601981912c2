//! What a folder says of the names in it, and whether it takes files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The longest name, in bytes, where the file system says nothing.
const LONGEST: usize = 255;

/// Makes the new name itself outlive a crash.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder)?.sync_all() {
        // A file system that keeps names by itself, such as one over a network.
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
    let said = rustix::fs::statvfs(folder).ok().and_then(|said| said.f_namemax.try_into().ok());
    said.filter(|longest| *longest > 0).unwrap_or(LONGEST).min(LONGEST)
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
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?;
    Ok(())
}
