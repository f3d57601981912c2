//! Missing folders, as results need them: made one after the other, whoever else makes them.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::recorder::{Recorder, Step};
use crate::files::Placing;
use crate::files::medium::Medium;
use crate::{Destination, SaveError};

/// Makes no folder, for this reason; first it may make it itself.
#[derive(Debug)]
struct Failing(ErrorKind, bool);

impl Medium for Failing {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        if self.1 {
            std::fs::create_dir(path)?;
        }
        Err(self.0.into())
    }
}

fn open(path: &Path, medium: &Arc<impl Medium + 'static>) -> Result<Placing, SaveError> {
    let medium = Arc::clone(medium) as Arc<dyn Medium>;
    Placing::open_on(&Destination::folder(path, "cup"), &medium)
}

#[test]
fn each_folder_is_there_for_certain_before_what_is_in_it() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (root.path().join("one"), root.path().join("one/two"));
    let disk = Recorder::after(Vec::new());
    open(&two, &disk).unwrap();
    let expected = [
        Step::MakeFolder(one.clone()),
        Step::SyncFolder(root.path().to_path_buf()),
        Step::MakeFolder(two),
        Step::SyncFolder(one),
    ];
    assert_eq!(format!("{:?}", disk.taken()), format!("{expected:?}"));
}

#[test]
fn a_folder_that_somebody_else_makes_at_the_same_time_is_there() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("one/two");
    assert!(open(&path, &Arc::new(Failing(ErrorKind::AlreadyExists, true))).is_ok());
    assert!(path.is_dir());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let failing = Arc::new(Failing(ErrorKind::StorageFull, false));
    let Err(SaveError::File { error, .. }) = open(&root.path().join("one"), &failing) else {
        panic!("it is not there");
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}
