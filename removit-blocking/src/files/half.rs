//! Files that are not whole yet, and what their names look like.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// How the names of half files begin and end.
pub(crate) const HALF: (&str, &str) = (".removit-", ".part");

/// A file that bears this mark in its name, gone when it is dropped.
pub(crate) fn half_file(mark: &str, folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let prefix = format!("{}{mark}", HALF.0);
    builder.prefix(&prefix).suffix(HALF.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the caller's umask decides.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
