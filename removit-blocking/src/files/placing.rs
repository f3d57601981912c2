//! How results get their places: each its final name only once it is whole.
//!
//! Names that come from the server go through the core's
//! [`OutputNames`](removit_proto::OutputNames); none of them is used as it is.
//! What is here blocks, and fetches nothing.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use removit_proto::{Downloaded, OutputNames, ResultKind, UnexpectedKind};
use tempfile::NamedTempFile;

use crate::files::destination::{Place, at, followed, is_taken};
use crate::files::folder::{folder_of, longest_name, try_folder};
use crate::files::half::{HALF, half_file};
use crate::files::medium::{Medium, platter};
use crate::{Destination, SaveError, Saved};

/// Gives the results of one job their places.
#[derive(Debug)]
pub struct Placing {
    folder: PathBuf,
    /// The name of the only result, where the caller chose one, and the file that it
    /// stands for.
    only: Option<(PathBuf, PathBuf)>,
    names: OutputNames,
    overwrite: bool,
    /// What its half files are told from those of others by; often empty.
    mark: String,
    medium: Arc<dyn Medium>,
}

impl Placing {
    /// Finds out what is in the way before anything is paid for or fetched: a file is
    /// made in the folder and renamed there.
    ///
    /// # Errors
    /// [`SaveError`] where a file is there, or cannot be.
    pub fn prepare(destination: &Destination) -> Result<Self, SaveError> {
        Self::prepare_once(destination, &mut HashSet::new(), &platter())
    }

    /// The same where these folders were tried before.
    pub(crate) fn prepare_once(
        destination: &Destination,
        tried: &mut HashSet<PathBuf>,
        medium: &Arc<dyn Medium>,
    ) -> Result<Self, SaveError> {
        if let Place::File(path) = &destination.place {
            destination.check_file(path).map_err(at(path))?;
        }
        let placing = Self::open_on(destination, medium)?;
        if !tried.contains(&placing.folder) {
            try_folder(&placing.folder).map_err(at(&placing.folder))?;
            tried.insert(placing.folder.clone());
        }
        Ok(placing)
    }

    /// Finds out nothing: what is in the way is noticed when a file gets its name.
    ///
    /// # Errors
    /// [`SaveError`] where the folder cannot be made.
    pub fn open(destination: &Destination) -> Result<Self, SaveError> {
        Self::open_on(destination, &platter())
    }

    pub(crate) fn open_on(
        destination: &Destination,
        medium: &Arc<dyn Medium>,
    ) -> Result<Self, SaveError> {
        let overwrite = destination.overwrite;
        let (folder, only, stem) = match &destination.place {
            Place::File(path) => {
                let target = followed(path).map_err(at(path))?;
                let folder = folder_of(&target).to_path_buf();
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                (folder, Some((path.clone(), target)), stem.into_owned())
            }
            Place::Folder { path, stem } => {
                make_folders(path, &**medium).map_err(at(path))?;
                (path.clone(), None, stem.clone())
            }
        };
        let names = OutputNames::within(&stem, longest_name(&folder));
        let (mark, medium) = (String::new(), Arc::clone(medium));
        Ok(Self { folder, only, names, overwrite, mark, medium })
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

    /// Where the results go.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// A file beside the final name, gone when it is dropped, and a handle for
    /// writing to it.
    ///
    /// # Errors
    /// [`SaveError::File`] where the folder takes none.
    pub fn temporary(&self) -> Result<(NamedTempFile, File), SaveError> {
        let file = half_file(&self.mark, &self.folder).map_err(at(&self.folder))?;
        let handle = file.as_file().try_clone().map_err(at(file.path()))?;
        Ok((file, handle))
    }

    /// Gives a whole file its final name: the one that the caller chose where `is_only`
    /// says that the job has no other result.
    ///
    /// # Errors
    /// [`SaveError`] where the name is taken, or the file cannot be renamed.
    pub fn keep(
        &mut self,
        file: NamedTempFile,
        is_only: bool,
        variation: Option<&str>,
        fetched: &Downloaded,
    ) -> Result<Saved, SaveError> {
        self.save(file, is_only, variation, fetched, |_, _| false)
    }

    /// The same, but a file of that name with the same content is taken for the
    /// result: an earlier run was cut off before it could say so.
    ///
    /// # Errors
    /// Those of [`keep`](Self::keep).
    pub fn keep_or_reuse(
        &mut self,
        file: NamedTempFile,
        is_only: bool,
        variation: Option<&str>,
        fetched: &Downloaded,
    ) -> Result<Saved, SaveError> {
        self.save(file, is_only, variation, fetched, is_same)
    }

    /// A result that lies elsewhere already gets its place here by a copy: where it is,
    /// and its length. A file of that name with the same content is taken for it.
    ///
    /// # Errors
    /// [`SaveError`] where it cannot be read, is no image, or has no place.
    pub fn copy(
        &mut self,
        from: &Path,
        is_only: bool,
        variation: Option<&str>,
    ) -> Result<(PathBuf, u64), SaveError> {
        let mut source = File::open(from).map_err(at(from))?;
        let mut start = Vec::new();
        let start_len = u64::try_from(ResultKind::START_LEN).unwrap_or(u64::MAX);
        (&mut source).take(start_len).read_to_end(&mut start).map_err(at(from))?;
        let kind = ResultKind::from_bytes(&start).map_err(|kind| {
            at(from)(io::Error::new(io::ErrorKind::InvalidData, kind.to_string()))
        })?;
        let (file, mut to) = self.temporary()?;
        io::copy(&mut start.chain(source), &mut to).map_err(at(file.path()))?;
        let len = to.metadata().map_err(at(file.path()))?.len();
        // As it is spelled there, where that says the same.
        let ending = from.extension().and_then(|ending| ending.to_str());
        let ending = ending.filter(|ending| ResultKind::from_extension(ending) == Some(kind));
        let ending = ending.unwrap_or(kind.extension());
        Ok((self.name(file, is_only, variation, (kind, ending), is_same)?, len))
    }

    fn save(
        &mut self,
        file: NamedTempFile,
        is_only: bool,
        variation: Option<&str>,
        fetched: &Downloaded,
        is_same: impl Fn(&Path, &Path) -> bool,
    ) -> Result<Saved, SaveError> {
        let unlike_chosen = self.unlike_chosen(is_only, fetched.kind);
        let what = (fetched.kind, fetched.extension());
        Ok(Saved {
            variation: variation.map(str::to_owned),
            path: self.name(file, is_only, variation, what, is_same)?,
            len: fetched.len,
            url: fetched.url.clone(),
            kind: fetched.kind,
            unexpected: unlike_chosen.or_else(|| fetched.unexpected(None)),
        })
    }

    /// Where the ending of the name that the caller chose promises another kind.
    fn unlike_chosen(&self, is_only: bool, kind: ResultKind) -> Option<UnexpectedKind> {
        let (path, _) = self.only.as_ref().filter(|_| is_only)?;
        let promised = ResultKind::from_extension(path.extension()?.to_str()?)?;
        kind.instead_of(promised)
    }

    fn name(
        &mut self,
        mut file: NamedTempFile,
        is_only: bool,
        variation: Option<&str>,
        (kind, ending): (ResultKind, &str),
        is_same: impl Fn(&Path, &Path) -> bool,
    ) -> Result<PathBuf, SaveError> {
        self.medium.sync_file(file.path(), file.as_file()).map_err(at(file.path()))?;
        let is_unlike = self.unlike_chosen(is_only, kind).is_some();
        let only = self.only.as_ref().filter(|_| is_only);
        loop {
            let (path, target) = match only {
                Some(chosen) if !is_unlike => chosen.clone(),
                // Beside the file that the chosen name stands for: the half file is there.
                Some((_, target)) => self.beside(target.with_extension(ending))?,
                None => {
                    let name = self.names.next(variation, ending);
                    self.beside(self.folder.join(name))?
                }
            };
            match self.medium.give_name(file, &target, self.overwrite) {
                Ok(()) => {
                    self.medium.sync_folder(&self.folder).map_err(at(&self.folder))?;
                    return Ok(path);
                }
                Err(taken) if is_taken(&taken.error) && is_same(taken.file.path(), &target) => {
                    // Whoever wrote it may have been killed before it was on disk.
                    self.sync_found(&target).map_err(at(&target))?;
                    return Ok(path);
                }
                // The next number may be free.
                Err(taken) if only.is_none() && is_taken(&taken.error) => file = taken.file,
                Err(failed) => return Err(at(&path)(failed.error)),
            }
        }
    }

    fn sync_found(&self, path: &Path) -> io::Result<()> {
        self.medium.sync_file(path, &for_syncing(path)?)?;
        self.medium.sync_folder(folder_of(path))
    }

    /// A path in the folder, and the file that it stands for.
    fn beside(&self, path: PathBuf) -> Result<(PathBuf, PathBuf), SaveError> {
        let target = followed(&path).map_err(at(&path))?;
        Ok((path, target))
    }
}

/// A file of somebody else's. Other systems sync only what may be written to.
fn for_syncing(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new().read(true).write(cfg!(not(unix))).open(path)
}

/// Makes a folder with all that is missing above it, each for certain before what is in
/// it.
fn make_folders(path: &Path, medium: &dyn Medium) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        match medium.make_folder(folder) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            end => end?,
        }
        medium.sync_folder(folder_of(folder))?;
    }
    if path.is_dir() { Ok(()) } else { fs::create_dir_all(path) }
}

fn is_same(one: &Path, other: &Path) -> bool {
    same_content(one, other).unwrap_or(false)
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

#[cfg(test)]
mod tests;
