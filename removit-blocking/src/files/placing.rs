//! How results get their places: each its final name only once it is whole.
//!
//! Names that come from the server go through the core's
//! [`OutputNames`](removit_proto::OutputNames); none of them is used as it is.
//! What is here blocks, and fetches nothing.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use removit_proto::{Downloaded, OutputNames, ResultKind};
use tempfile::NamedTempFile;

use crate::files::destination::{Place, at, followed, is_taken};
use crate::files::final_name::give_name;
use crate::files::folder::{folder_of, longest_name, sync_folder, try_folder};
use crate::files::half::{HALF, half_file};
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
}

impl Placing {
    /// Finds out what is in the way before anything is paid for or fetched: a file is
    /// made in the folder and renamed there.
    ///
    /// # Errors
    /// [`SaveError`] where a file is there, or cannot be.
    pub fn prepare(destination: &Destination) -> Result<Self, SaveError> {
        Self::prepare_once(destination, &mut HashSet::new())
    }

    /// The same where these folders were tried before.
    pub(crate) fn prepare_once(
        destination: &Destination,
        tried: &mut HashSet<PathBuf>,
    ) -> Result<Self, SaveError> {
        if let Place::File(path) = &destination.place {
            destination.check_file(path).map_err(at(path))?;
        }
        let placing = Self::open(destination)?;
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
        let overwrite = destination.overwrite;
        let (folder, only, stem) = match &destination.place {
            Place::File(path) => {
                let target = followed(path).map_err(at(path))?;
                let folder = folder_of(&target).to_path_buf();
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                (folder, Some((path.clone(), target)), stem.into_owned())
            }
            Place::Folder { path, stem } => {
                fs::create_dir_all(path).map_err(at(path))?;
                (path.clone(), None, stem.clone())
            }
        };
        let names = OutputNames::within(&stem, longest_name(&folder));
        Ok(Self { folder, only, names, overwrite, mark: String::new() })
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
        self.name(file, is_only, variation, fetched, |_, _| false)
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
        self.name(file, is_only, variation, fetched, |one, other| {
            same_content(one, other).unwrap_or(false)
        })
    }

    fn name(
        &mut self,
        mut file: NamedTempFile,
        is_only: bool,
        variation: Option<&str>,
        fetched: &Downloaded,
        is_same: impl Fn(&Path, &Path) -> bool,
    ) -> Result<Saved, SaveError> {
        file.as_file().sync_all().map_err(at(file.path()))?;
        let only = self.only.as_ref().filter(|_| is_only);
        let chosen = only.and_then(|(path, _)| path.extension()?.to_str());
        let promised = chosen.and_then(ResultKind::from_extension);
        let unexpected = promised.and_then(|promised| fetched.kind.instead_of(promised));
        let saved = |path| Saved {
            variation: variation.map(str::to_owned),
            path,
            len: fetched.len,
            url: fetched.url.clone(),
            kind: fetched.kind,
            unexpected: unexpected.or_else(|| fetched.unexpected(None)),
        };
        loop {
            let (path, target) = match only {
                Some(chosen) if unexpected.is_none() => chosen.clone(),
                // Beside the file that the chosen name stands for: the half file is there.
                Some((_, target)) => self.beside(target.with_extension(fetched.extension()))?,
                None => {
                    let name = self.names.next(variation, fetched.extension());
                    self.beside(self.folder.join(name))?
                }
            };
            match give_name(file, &target, self.overwrite) {
                Ok(()) => {
                    sync_folder(&self.folder).map_err(at(&self.folder))?;
                    return Ok(saved(path));
                }
                Err(taken) if is_taken(&taken.error) && is_same(taken.file.path(), &target) => {
                    return Ok(saved(path));
                }
                // The next number may be free.
                Err(taken) if only.is_none() && is_taken(&taken.error) => file = taken.file,
                Err(failed) => return Err(at(&path)(failed.error)),
            }
        }
    }

    /// A path in the folder, and the file that it stands for.
    fn beside(&self, path: PathBuf) -> Result<(PathBuf, PathBuf), SaveError> {
        let target = followed(&path).map_err(at(&path))?;
        Ok((path, target))
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
