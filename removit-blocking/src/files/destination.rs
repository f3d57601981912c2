//! Where results go, and whether anything is in the way.
//!
//! Nothing is made or written here.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use removit_proto::journal::{self, JournalPath};
use removit_proto::{ResultKind, ResultUrl, UnexpectedKind};

use crate::SaveError;
use crate::files::folder::{folder_of, may_be_written_to};

/// Where the results of a job go.
///
/// A result is written to a temporary file in the same folder and renamed when
/// it is whole and on disk, so that no half file ever carries the final name.
/// A file that is there already is never replaced, unless
/// [`overwrite`](Self::overwrite) says so. In a batch the place is tried before
/// a photo is paid for.
///
/// ```
/// # use removit_blocking::Destination;
/// let one = Destination::file("cup-clipped.png");
/// let many = Destination::folder("results", "cup").overwrite(true);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a destination is for `Client::download`"]
pub struct Destination {
    pub(crate) place: Place,
    pub(crate) overwrite: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    Folder { path: PathBuf, stem: String },
}

/// A result that is whole on disk, under its final name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// The variation's name; `None` for `final_url`.
    pub variation: Option<String>,
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub len: u64,
    /// Where it came from in the end.
    pub url: ResultUrl,
    /// What its bytes show it to be.
    pub kind: ResultKind,
    /// Says so where that is not what its URL or the file's chosen name promised. The
    /// file has the ending of what it is.
    pub unexpected: Option<UnexpectedKind>,
}

impl Destination {
    /// One file, for a job with one result. Which of several is meant nobody knows:
    /// all of them are saved beside it as `<stem>-<variation>.<extension>`, and none
    /// under its name. The folder must exist.
    ///
    /// A symbolic link is followed. A folder, a device, a pipe or a socket is never
    /// written to.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::File(path.into()), overwrite: false }
    }

    /// A folder, with one file for each result:
    /// `<stem>-<variation>.<extension>`, and a number where that name is taken.
    /// A missing folder is made.
    pub fn folder(path: impl Into<PathBuf>, stem: impl Into<String>) -> Self {
        Self { place: Place::Folder { path: path.into(), stem: stem.into() }, overwrite: false }
    }

    /// Whether files that are there already are replaced.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// As a journal keeps it, with an absolute path. Whether files are replaced
    /// is for each run to say.
    #[must_use]
    pub fn journaled(&self) -> journal::Destination {
        match &self.place {
            Place::File(path) => journal::Destination::File(absolute(path)),
            Place::Folder { path, stem } => {
                journal::Destination::Folder { path: absolute(path), stem: stem.clone() }
            }
        }
    }

    /// From a journal; `None` where this system cannot write its path.
    #[must_use]
    pub fn from_journal(destination: &journal::Destination) -> Option<Self> {
        match destination {
            journal::Destination::File(path) => path.to_path().map(Self::file),
            journal::Destination::Folder { path, stem } => {
                path.to_path().map(|path| Self::folder(path, stem))
            }
            _ => None,
        }
    }

    /// Whether results could go there, without making or writing anything.
    ///
    /// # Errors
    /// [`SaveError`] where something is in the way.
    pub(crate) fn look(&self) -> Result<(), SaveError> {
        match &self.place {
            Place::File(path) => {
                let target = self.check_file(path).map_err(at(path))?;
                may_be_written_to(folder_of(&target)).map_err(at(path))
            }
            Place::Folder { path, .. } => {
                let absolute = std::path::absolute(path).map_err(at(path))?;
                let there = absolute.ancestors().find(|path| path.exists());
                may_be_written_to(there.unwrap_or(path)).map_err(at(path))
            }
        }
    }

    /// Whether a result can get this name, and the file that it stands for.
    pub(crate) fn check_file(&self, path: &Path) -> io::Result<PathBuf> {
        if path.file_name().is_none() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it names no file"));
        }
        let target = followed(path)?;
        if !fs::metadata(folder_of(&target))?.is_dir() {
            return Err(io::Error::new(ErrorKind::NotADirectory, "its folder is a file"));
        }
        // A name that the file system does not take is an error of another kind.
        match fs::symlink_metadata(&target) {
            Ok(there) if there.is_dir() => {
                Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder"))
            }
            Ok(there) if !there.is_file() => {
                let message = "it is a device, a pipe or a socket, and no file";
                Err(io::Error::new(ErrorKind::InvalidInput, message))
            }
            Ok(_) if !self.overwrite => Err(ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(target),
        }
    }
}

/// How many links of links are followed.
const LINKS: usize = 40;

/// The file that a path stands for, where it is a symbolic link, one to nothing too.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => path = folder_of(&path).join(fs::read_link(&path)?),
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("its symbolic links go round in a circle"))
}

/// Where a path is, wherever the next process begins.
#[must_use]
pub(crate) fn absolute(path: &Path) -> JournalPath {
    JournalPath::new(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
}

/// The file or folder, for an error about it.
#[must_use]
pub fn path_of(destination: &Destination) -> &Path {
    match &destination.place {
        Place::File(path) | Place::Folder { path, .. } => path,
    }
}

/// The error as it looks from outside, with the path it is about.
pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> SaveError {
    let path = path.to_path_buf();
    move |error| {
        let path = path.clone();
        if is_taken(&error) { SaveError::Exists(path) } else { SaveError::File { path, error } }
    }
}

pub(crate) fn is_taken(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AlreadyExists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn in_the_way(destination: &Destination) -> io::Error {
        match destination.look().unwrap_err() {
            SaveError::File { error, .. } => error,
            error => panic!("{error}"),
        }
    }

    #[test]
    fn a_journal_keeps_a_destination_with_its_absolute_path() {
        let folder = std::path::absolute("out").unwrap();
        for (destination, expected) in [
            (Destination::file("out/cup.png"), Destination::file(folder.join("cup.png"))),
            (Destination::folder("out", "cup"), Destination::folder(&folder, "cup")),
        ] {
            assert_eq!(Destination::from_journal(&destination.journaled()), Some(expected));
        }
    }

    #[test]
    fn a_free_name_and_a_folder_that_can_be_made_are_places() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Destination::file(folder.path().join("cup.png")).look().is_ok());
        assert!(Destination::folder(folder.path().join("a/b"), "cup").look().is_ok());
    }

    #[test]
    fn a_file_that_is_there_is_in_the_way_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        fs::write(&path, "precious").unwrap();
        let taken = Destination::file(&path);
        assert!(matches!(taken.look(), Err(SaveError::Exists(_))));
        assert!(taken.overwrite(true).look().is_ok());
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_folder_is_never_written_to_as_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::create_dir(&path).unwrap();
        let taken = Destination::file(path).overwrite(true);
        assert_eq!(in_the_way(&taken).kind(), ErrorKind::IsADirectory);
    }

    #[test]
    #[cfg(unix)]
    fn a_socket_is_never_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let taken = Destination::file(path).overwrite(true);
        assert!(in_the_way(&taken).to_string().contains("a pipe or a socket"));
    }

    #[test]
    fn a_name_that_the_file_system_does_not_take_is_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(2000));
        assert_ne!(in_the_way(&Destination::file(path)).kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_folder_below_a_file_is_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.png");
        fs::write(&file, "").unwrap();
        let below = Destination::folder(file.join("out"), "cup");
        assert_eq!(in_the_way(&below).kind(), ErrorKind::NotADirectory);
    }
}
