//! Where results go, and how a file gets its final name: only once it is whole.
//!
//! Names that come from the server go through the core's
//! [`OutputNames`](removit_proto::OutputNames); none of them is used as it is.
//! What is here blocks, and fetches nothing.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use removit_proto::journal::{self, JournalPath};
use removit_proto::{Downloaded, OutputNames, ResultUrl};
use tempfile::NamedTempFile;

use crate::SaveError;
use crate::folder::{folder_of, sync_folder};

/// Where the results of a job go.
///
/// A result is written to a temporary file in the same folder and renamed when
/// it is whole and on disk, so that no half file ever carries the final name.
/// A file that is there already is never replaced, unless
/// [`overwrite`](Self::overwrite) says so.
///
/// ```
/// # use removit_blocking::Destination;
/// let one = Destination::file("cup-clipped.png");
/// let many = Destination::folder("results", "cup").overwrite(true);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a destination is for `Client::download`"]
pub struct Destination {
    place: Place,
    overwrite: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
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
}

impl Destination {
    /// One file, for a job with one result. Of several results the first one
    /// goes there (`final_url`, if there is one), and the others beside it as
    /// `<stem>-<variation>.<extension>`. The folder must exist.
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
            Place::File(path) => self.check_file(path).map_err(at(path)),
            Place::Folder { path, .. } => {
                let there = path.ancestors().find(|path| path.exists());
                match there.filter(|there| !there.is_dir()) {
                    Some(file) => Err(at(file)(io::ErrorKind::NotADirectory.into())),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_file(&self, path: &Path) -> io::Result<()> {
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
        }
        let folder = folder_of(path);
        if !fs::metadata(folder)?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "its folder is a file"));
        }
        match fs::symlink_metadata(path) {
            Ok(there) if there.is_dir() || !self.overwrite => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            _ => Ok(()),
        }
    }
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

/// Gives the results of one job their places.
#[derive(Debug)]
pub struct Placing {
    folder: PathBuf,
    /// The name of the first result, where the caller chose one.
    main: Option<PathBuf>,
    names: OutputNames,
    overwrite: bool,
    /// What its half files are told from those of others by; often empty.
    mark: String,
}

/// How the names of half files begin and end.
const HALF: (&str, &str) = (".removit-", ".part");

impl Placing {
    /// Finds out what is in the way before anything is fetched.
    ///
    /// # Errors
    /// [`SaveError`] where a file is there, or cannot be.
    pub fn prepare(destination: &Destination) -> Result<Self, SaveError> {
        if let Place::File(path) = &destination.place {
            destination.check_file(path).map_err(at(path))?;
        }
        Self::open(destination)
    }

    /// Finds out nothing: what is in the way is noticed when a file gets its name.
    ///
    /// # Errors
    /// [`SaveError`] where the folder cannot be made.
    pub fn open(destination: &Destination) -> Result<Self, SaveError> {
        let overwrite = destination.overwrite;
        let (folder, main, stem) = match &destination.place {
            Place::File(path) => {
                let folder = folder_of(path).to_path_buf();
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                (folder, Some(path.clone()), stem.into_owned())
            }
            Place::Folder { path, stem } => {
                fs::create_dir_all(path).map_err(at(path))?;
                (path.clone(), None, stem.clone())
            }
        };
        let names = OutputNames::new(&stem);
        Ok(Self { folder, main, names, overwrite, mark: String::new() })
    }

    /// Its half files bear this mark. Those that a killed run left under the same
    /// mark go, where `sweep` is asked for of the folder.
    pub(crate) fn marked(mut self, mark: &str, sweep: impl FnOnce(&Path) -> bool) -> Self {
        mark.clone_into(&mut self.mark);
        let prefix = format!("{}{mark}", HALF.0);
        let is_left = |name: &str| name.starts_with(&prefix) && name.ends_with(HALF.1);
        if !mark.is_empty() && sweep(&self.folder) {
            for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
                if entry.file_name().to_str().is_some_and(is_left) {
                    // One that stays is in nobody's way.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        self
    }

    /// A file beside the final name, gone when it is dropped, and a handle for
    /// writing to it.
    ///
    /// # Errors
    /// [`SaveError::File`] where the folder takes none.
    pub fn temporary(&self) -> Result<(NamedTempFile, File), SaveError> {
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{}{}", HALF.0, self.mark);
        builder.prefix(&prefix).suffix(HALF.1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: the caller's umask decides.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(&self.folder).map_err(at(&self.folder))?;
        let handle = file.as_file().try_clone().map_err(at(file.path()))?;
        Ok((file, handle))
    }

    /// Gives a whole file its final name. `is_first` tells the job's first
    /// result from the others.
    ///
    /// # Errors
    /// [`SaveError`] where the name is taken, or the file cannot be renamed.
    pub fn keep(
        &mut self,
        file: NamedTempFile,
        is_first: bool,
        variation: Option<String>,
        fetched: Downloaded,
    ) -> Result<Saved, SaveError> {
        self.name(file, is_first, variation, fetched, |_, _| false)
    }

    /// The same, but a file of that name with the same content is taken for the
    /// result: an earlier run was cut off before it could say so.
    ///
    /// # Errors
    /// Those of [`keep`](Self::keep).
    pub fn keep_or_reuse(
        &mut self,
        file: NamedTempFile,
        is_first: bool,
        variation: Option<String>,
        fetched: Downloaded,
    ) -> Result<Saved, SaveError> {
        self.name(file, is_first, variation, fetched, |one, other| {
            same_content(one, other).unwrap_or(false)
        })
    }

    fn name(
        &mut self,
        mut file: NamedTempFile,
        is_first: bool,
        variation: Option<String>,
        fetched: Downloaded,
        is_same: impl Fn(&Path, &Path) -> bool,
    ) -> Result<Saved, SaveError> {
        file.as_file().sync_all().map_err(at(file.path()))?;
        loop {
            let main = self.main.as_ref().filter(|_| is_first);
            let path = match main {
                Some(path) => path.clone(),
                None => {
                    self.folder.join(self.names.next(variation.as_deref(), fetched.extension()))
                }
            };
            let renamed =
                if self.overwrite { file.persist(&path) } else { file.persist_noclobber(&path) };
            match renamed {
                Ok(_) => {
                    sync_folder(&self.folder).map_err(at(&self.folder))?;
                    return Ok(Saved { variation, path, len: fetched.len, url: fetched.url });
                }
                Err(taken) if is_taken(&taken.error) && is_same(taken.file.path(), &path) => {
                    return Ok(Saved { variation, path, len: fetched.len, url: fetched.url });
                }
                // The next number may be free.
                Err(taken) if main.is_none() && is_taken(&taken.error) => file = taken.file,
                Err(failed) => return Err(at(&path)(failed.error)),
            }
        }
    }
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let len = one.read(&mut left)?;
        let Some(right) = right.get_mut(..len) else { return Ok(false) };
        other.read_exact(right)?;
        match left.get(..len) {
            Some([]) => return Ok(true),
            Some(left) if left == right => {}
            _ => return Ok(false),
        }
    }
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// The error as it looks from outside, with the path it is about.
fn at(path: &Path) -> impl Fn(io::Error) -> SaveError {
    let path = path.to_path_buf();
    move |error| {
        let path = path.clone();
        if is_taken(&error) { SaveError::Exists(path) } else { SaveError::File { path, error } }
    }
}
