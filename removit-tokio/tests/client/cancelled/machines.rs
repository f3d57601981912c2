//! Through `Driver`, in paused time: a machine that is driven again after a drop.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use removit_tokio::proto::simulator::Kind;
use removit_tokio::proto::{
    Download, DownloadPolicy, PollPolicy, Poller, ResultUrl, Seed, Upload, UploadError,
    UploadPolicy,
};
use removit_tokio::{Client, Driver, Job};

use super::at_most::{at_most, at_most_and_written};
use super::vendor::{API, Vendor, Wired, paused};
use super::way::{LEN, endpoint, photo, picture};

const SEED: Seed = Seed::new(1);

async fn uploaded(vendor: &Arc<Vendor>) -> Job<Wired> {
    let client = Client::with_transport(endpoint(API), Wired(Arc::clone(vendor)));
    client.upload(&photo()).await.unwrap()
}

#[test]
fn an_upload_that_is_driven_again_is_never_sent_twice() {
    let mut ends = Vec::new();
    for polls in 1.. {
        let completed = paused().block_on(async {
            let vendor = Vendor::new();
            let (transport, photo) = (Wired(Arc::clone(&vendor)), photo());
            let mut driver = Driver::new(&transport).with_photo(&photo);
            let (request, now) = (photo.request().clone(), driver.clock().now());
            let mut upload =
                Upload::new(endpoint(API), request, UploadPolicy::default(), SEED, now);
            let first = at_most(polls, driver.drive(&mut upload, |_| ())).await;
            let again = driver.drive(&mut upload, |_| ()).await;
            match (&first, &again) {
                (Some(first), again) => assert_eq!(first, again),
                (None, Err(UploadError::Ambiguous(_))) => {}
                (None, other) => panic!("dropped at poll {polls}, then {other:?}"),
            }
            assert!(vendor.account().requests(Kind::Upload) <= 1);
            ends.push(again.is_ok());
            first.is_some()
        });
        if completed {
            break;
        }
    }
    assert!(ends.iter().any(|ok| *ok) && ends.iter().any(|ok| !ok), "{ends:?}");
}

#[test]
fn a_wait_that_is_driven_again_comes_to_the_result_and_never_looks_too_soon() {
    let mut points = 0;
    for polls in 1.. {
        let completed = paused().block_on(async {
            let vendor = Vendor::new();
            let job = uploaded(&vendor).await;
            let transport = Wired(Arc::clone(&vendor));
            let mut driver = Driver::new(&transport);
            let (accepted, now) = (job.accepted().unwrap(), driver.clock().now());
            let mut poller = Poller::new(endpoint(API), accepted, PollPolicy::default(), SEED, now);
            let first = at_most(polls, driver.drive(&mut poller, |_| ())).await;
            let again = driver.drive(&mut poller, |_| ()).await.unwrap();
            assert_eq!(again.job_id(), job.id());
            first.iter().for_each(|first| assert_eq!(first.as_ref(), Ok(&again)));
            let looks = &vendor.account().jobs[0].polls;
            for pair in looks.windows(2) {
                assert!(pair[1] - pair[0] >= Duration::from_secs(2), "{looks:?}");
            }
            first.is_some()
        });
        points += 1;
        if completed {
            break;
        }
    }
    assert!(points >= 9, "only {points} points");
}

#[test]
fn a_download_that_is_driven_again_fills_its_file_from_the_start() {
    let mut half = 0;
    for polls in 1.. {
        let completed = paused().block_on(async {
            let vendor = Vendor::new();
            let finished = uploaded(&vendor).await.wait().await.unwrap();
            let (transport, file) = (Wired(vendor), tempfile::tempfile().unwrap());
            let mut driver = Driver::new(&transport).with_file(file.try_clone().unwrap());
            let url = ResultUrl::check(finished.results()[0].url(), &endpoint(API)).unwrap();
            let now = driver.clock().now();
            let mut download = Download::new(url, DownloadPolicy::default(), SEED, now);
            let first = at_most_and_written(polls, driver.drive(&mut download, |_| ())).await;
            let dropped_at = contents(&file).len();
            half += usize::from(0 < dropped_at && dropped_at < LEN);
            let again = driver.drive(&mut download, |_| ()).await.unwrap();
            assert_eq!(again.len, LEN as u64);
            assert!(contents(&file) == picture(), "not whole, driven again after poll {polls}");
            first.is_some()
        });
        if completed {
            break;
        }
    }
    // How many depends on how soon a thread has written; that there are some does not.
    assert!(half > 0, "no point with half a file");
}

fn contents(mut file: &File) -> Vec<u8> {
    let mut contents = Vec::new();
    let at = file.stream_position().unwrap();
    file.rewind().unwrap();
    file.read_to_end(&mut contents).unwrap();
    file.seek(std::io::SeekFrom::Start(at)).unwrap();
    contents
}
