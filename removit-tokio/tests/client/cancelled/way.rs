//! One photo's whole way through a client, what a program stores of it, and what
//! must be true wherever it was dropped.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use removit_tokio::proto::simulator::{Account, Kind, Origin};
use removit_tokio::proto::{Accepted, ApiKey, Endpoint, JobId, Observer};
use removit_tokio::{Client, Destination, Error, Photo, Transport};
use tempfile::TempDir;

/// More than two writes of a result's file, and a piece of a third.
pub(crate) const LEN: usize = 620 * 1024;

pub(crate) fn picture() -> Vec<u8> {
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.extend((picture.len()..LEN).map(|at| (at % 251) as u8));
    picture
}

pub(crate) fn photo() -> Photo {
    Photo::from_bytes("cup.png", picture()).unwrap()
}

pub(crate) fn endpoint(base: &str) -> Endpoint {
    Endpoint::new(base, ApiKey::new("sk-cancelled").unwrap()).unwrap()
}

pub(crate) struct Way {
    folder: TempDir,
    pub(crate) stored: Arc<Stored>,
    stage: Mutex<&'static str>,
}

/// What a program would have stored by now.
#[derive(Default)]
pub(crate) struct Stored(Mutex<Option<JobId>>);

impl Observer for Stored {
    fn accepted(&self, accepted: &Accepted) {
        *self.0.lock().unwrap() = Some(accepted.job_id().clone());
    }
}

impl Way {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, stored: Arc::default(), stage: Mutex::new("") }
    }

    /// Upload, wait and download.
    pub(crate) async fn go<T: Transport>(&self, client: &Client<T>) -> Result<(), Error> {
        self.enter("upload");
        let job = client.upload(&photo()).await?;
        self.enter("wait");
        let finished = job.wait().await?;
        self.enter("download");
        client.download(&finished, &self.destination()).await?;
        Ok(())
    }

    /// Where it is.
    pub(crate) fn stage(&self) -> &'static str {
        *self.stage.lock().unwrap()
    }

    /// The id that can be resumed. There is none before the answer to the upload,
    /// which is ambiguous then, as documented.
    pub(crate) fn known(&self) -> Option<JobId> {
        let known = self.stored.0.lock().unwrap().clone();
        assert!(known.is_some() || self.stage() == "upload", "the id is lost");
        known
    }

    /// From the id to the results, by a client that knows no more.
    pub(crate) async fn resume<T: Transport>(&self, client: &Client<T>, known: JobId) {
        let finished = client.resume(known).wait().await.unwrap();
        client.download(&finished, &self.destination().overwrite(true)).await.unwrap();
        assert_eq!(self.whole_files(), finished.results().len());
    }

    /// How many files there are, each of them whole.
    pub(crate) fn whole_files(&self) -> usize {
        let whole = |path: &Path| fs::read(path).unwrap() == picture();
        let files = fs::read_dir(self.folder.path()).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        let half = files.iter().find(|path| !whole(path));
        assert_eq!(half, None, "not whole");
        files.len()
    }

    fn destination(&self) -> Destination {
        Destination::folder(self.folder.path(), "cup")
    }

    fn enter(&self, stage: &'static str) {
        *self.stage.lock().unwrap() = stage;
    }
}

/// No second upload, no other job than the one that is known, no key where none
/// belongs.
pub(crate) fn check(account: &Account, known: Option<&JobId>) {
    assert!(account.requests(Kind::Upload) <= 1, "sent twice");
    assert!(account.jobs.len() <= 1, "made twice");
    if let Some(known) = known {
        assert_eq!(account.jobs.first().map(|job| job.id.as_str()), Some(known.as_str()));
    }
    assert!(!account.key_seen_at(Origin::Results));
}
