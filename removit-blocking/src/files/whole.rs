//! A file that is made at once: whole under its name, or not there at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use removit_proto::journal::Saved;

use crate::SaveError;
use crate::files::Destination;
use crate::files::destination::at;
use crate::files::final_name::give_name;
use crate::files::folder::{folder_of, sync_folder};
use crate::files::half::half_file;

/// Writes a file as results are written: beside its name first, to the disk, and then
/// renamed. A symbolic link is followed; what is no file is never written to, and a file
/// that is there is replaced only where `overwrite` says so.
///
/// # Errors
/// [`SaveError`]; what was there is there as it was.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use removit_blocking::files::write_whole;
///
/// let path = folder.path().join("report.html");
/// write_whole(&path, false, b"<!doctype html>")?;
/// assert!(write_whole(&path, false, b"another").is_err());
/// assert_eq!(std::fs::read(&path)?, b"<!doctype html>");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_whole(path: &Path, overwrite: bool, bytes: &[u8]) -> Result<(), SaveError> {
    let target = Destination::file(path).overwrite(overwrite).check_file(path).map_err(at(path))?;
    let folder = folder_of(&target);
    let mut file = half_file("", folder).map_err(at(folder))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(at(path))?;
    give_name(file, &target, overwrite).map_err(|failed| at(path)(failed.error))?;
    sync_folder(folder).map_err(at(folder))
}

/// The file of a result that a journal tells as saved, where it is still there and has the
/// length that was written down.
///
/// ```
/// use removit_blocking::files::whole_file;
/// use removit_blocking::proto::journal::Entry;
///
/// # fn example(entry: &Entry) {
/// for saved in entry.saved() {
///     match whole_file(saved) {
///         Some(path) => println!("nothing to do for {}", path.display()),
///         None => println!("{} is to be fetched again", saved.path),
///     }
/// }
/// # }
/// ```
#[must_use]
pub fn whole_file(saved: &Saved) -> Option<PathBuf> {
    let is_whole = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == saved.len)
    };
    saved.path.to_path().filter(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_replaced_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(write_whole(&path, false, b"new"), Err(SaveError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        write_whole(&path, true, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_never_written_to() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(write_whole(folder.path(), true, b"new"), Err(SaveError::File { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.html");
        std::os::unix::fs::symlink("real.html", &link).unwrap();
        write_whole(&link, false, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(folder.path().join("real.html")).unwrap(), b"new");
        assert!(write_whole(Path::new("/dev/null"), true, b"new").is_err());
    }
}
