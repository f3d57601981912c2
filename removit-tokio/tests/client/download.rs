//! Results on disk: whole under their names, or not there at all.

use std::path::Path;
use std::time::Duration;

use crate::support::{Answer, PNG, Server, answer};
use futures_util::TryStreamExt;
use removit_tokio::proto::{
    DownloadError, DownloadPolicy, Finished, JobId, JobStatus, ResultKind, TransportFailure,
};
use removit_tokio::{Destination, Error, SaveError};

/// A job that is done with these results; a variation of `""` is `final_url`.
fn finished(results: &[(&str, &str)]) -> Finished {
    let named = results.iter().filter(|(name, _)| !name.is_empty());
    let urls: Vec<_> = named.map(|(name, url)| format!("{name:?}:{url:?}")).collect();
    let single = results.iter().find(|(name, _)| name.is_empty());
    let single = single.map_or("null".to_owned(), |(_, url)| format!("{url:?}"));
    let body = format!(
        r#"{{"job_id":"job-1","state":"done","final_url":{single},"final_urls":{{{}}}}}"#,
        urls.join(",")
    );
    let job: JobId = "job-1".parse().unwrap();
    let endpoint = crate::support::endpoint("http://127.0.0.1:1");
    let status = JobStatus::decode(&http::Response::new(body), &job, &endpoint).unwrap();
    Finished::try_from(status).unwrap()
}

fn image() -> Answer {
    Answer::Raw(answer("200 OK", "Content-Type: image/png\r\n", PNG))
}

/// Announces more than it sends.
fn cut_off() -> Answer {
    let mut bytes = answer("200 OK", "Content-Type: image/png\r\n", PNG);
    bytes.truncate(bytes.len() - 5);
    Answer::Raw(bytes)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_result_is_saved_whole_and_fetched_without_the_key() {
    let server = Server::start([image()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let saved = server.client().download(&job, &Destination::file(&path)).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), PNG);
    assert_eq!((saved.len(), &saved[0].path, saved[0].len), (1, &path, PNG.len() as u64));
    assert_eq!(files(folder.path()), ["cup.png"]);

    let head = server.received().remove(0).head.to_ascii_lowercase();
    assert!(!head.contains("x-api-key") && !head.contains("authorization"), "{head}");
    assert!(!head.contains("referer") && !head.contains("cookie"), "{head}");
}

#[tokio::test]
async fn a_download_that_is_cut_short_is_fetched_again_from_its_start() {
    let mut longer = answer("200 OK", "", [b'x'; 900_000]);
    longer.truncate(800_000);
    let server = Server::start([Answer::Raw(longer), image()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    server.client().download(&job, &Destination::file(&path)).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), PNG);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_download_that_stays_cut_short_leaves_no_file() {
    let server = Server::start([cut_off(), cut_off(), cut_off()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let error = server.client().download(&job, &Destination::file(&path)).await.unwrap_err();
    let Error::Download { failed, saved, .. } = &error else { panic!("{error:?}") };
    assert!(saved.is_empty());
    assert!(
        matches!(
            &failed[0].1,
            SaveError::Fetch(DownloadError::Transport(TransportFailure::Broken { .. }))
        ),
        "{failed:?}"
    );
    assert_eq!(error.job_id().unwrap().as_str(), "job-1");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_result_of_unknown_length_that_ends_with_a_reset_is_not_whole() {
    let reset = || Answer::Reset(b"HTTP/1.1 200 OK\r\n\r\nnot all".to_vec());
    let server = Server::start([reset(), reset(), reset()]);
    let folder = tempfile::tempdir().unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let destination = Destination::file(folder.path().join("cup.png"));
    let error = server.client().download(&job, &destination).await.unwrap_err();
    let Error::Download { failed, .. } = &error else { panic!("{error:?}") };
    let broken = matches!(
        &failed[0].1,
        SaveError::Fetch(DownloadError::Transport(TransportFailure::Broken { .. }))
    );
    assert!(broken, "{failed:?}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_result_is_fetched_to_wherever_the_caller_likes() {
    let server = Server::start([image(), image(), image(), image()]);
    let client = server.client();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let link = &job.results()[0];
    let fetched = client.fetch(link).await.unwrap();
    assert_eq!(
        (fetched.details().len, fetched.details().kind),
        (PNG.len() as u64, ResultKind::Png)
    );
    assert_eq!(fetched.into_bytes(PNG.len() as u64).await.unwrap(), PNG);

    let mut copy = Vec::new();
    let copied = client.fetch(link).await.unwrap().copy_to(&mut copy).await.unwrap();
    assert_eq!((copied, &*copy), (PNG.len() as u64, PNG));

    let pieces: Vec<_> =
        client.fetch(link).await.unwrap().into_stream().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), PNG);

    let too_long = client.fetch(link).await.unwrap().into_bytes(3).await.unwrap_err();
    assert_eq!(too_long.kind(), std::io::ErrorKind::FileTooLarge);
}

#[tokio::test]
async fn of_what_never_was_whole_nothing_is_to_be_had() {
    let server = Server::start([cut_off(), cut_off(), cut_off()]);
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let error = server.client().fetch(&job.results()[0]).await.unwrap_err();
    assert!(matches!(error, SaveError::Fetch(DownloadError::Transport(_))), "{error:?}");
}

#[tokio::test]
async fn a_file_that_exists_is_kept_and_nothing_is_fetched() {
    let server = Server::start([image()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    std::fs::write(&path, "mine").unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let error = server.client().download(&job, &Destination::file(&path)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Destination { error: SaveError::Exists(there), .. } if *there == path),
        "{error:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_file_that_exists_is_replaced_where_that_is_wanted() {
    let server = Server::start([image()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    std::fs::write(&path, "mine").unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let destination = Destination::file(&path).overwrite(true);
    server.client().download(&job, &destination).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), PNG);
}

#[tokio::test]
async fn in_a_folder_each_result_has_a_name_of_its_own_and_takes_no_others() {
    let server = Server::start([image(), image()]);
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("new").join("results");
    std::fs::create_dir_all(&results).unwrap();
    std::fs::write(results.join("cup-clipping.png"), "mine").unwrap();
    let url = server.url();
    let job = finished(&[
        ("clipping", &format!("{url}/a.png")),
        ("../../etc/passwd", &format!("{url}/b.png")),
    ]);
    let saved =
        server.client().download(&job, &Destination::folder(&results, "cup")).await.unwrap();
    assert_eq!(files(&results), ["cup-clipping-2.png", "cup-clipping.png", "cup-etc_passwd.png"]);
    assert_eq!(std::fs::read(results.join("cup-clipping.png")).unwrap(), b"mine");
    assert_eq!(saved[1].variation.as_deref(), Some("../../etc/passwd"));
}

#[tokio::test]
async fn further_results_go_beside_the_file_that_was_asked_for() {
    let server = Server::start([image(), image()]);
    let folder = tempfile::tempdir().unwrap();
    let url = server.url();
    let job = finished(&[
        ("background", &format!("{url}/a.png")),
        ("shadowTop", &format!("{url}/b.png")),
    ]);
    let destination = Destination::file(folder.path().join("cup.png"));
    server.client().download(&job, &destination).await.unwrap();
    assert_eq!(files(folder.path()), ["cup-background.png", "cup-shadowTop.png"]);
}

#[tokio::test]
async fn one_result_that_fails_does_not_stop_the_others() {
    let gone = Answer::Raw(answer("410 Gone", "", ""));
    let server = Server::start([gone, image()]);
    let folder = tempfile::tempdir().unwrap();
    let url = server.url();
    let job = finished(&[
        ("a", &format!("{url}/a.png")),
        ("b", "file:///etc/passwd"),
        ("c", &format!("{url}/c.png")),
    ]);
    let destination = Destination::folder(folder.path(), "cup");
    let error = server.client().download(&job, &destination).await.unwrap_err();
    let Error::Download { saved, failed, .. } = &error else { panic!("{error:?}") };
    assert_eq!(saved[0].variation.as_deref(), Some("c"));
    assert!(
        matches!(&failed[0], (Some(name), SaveError::Fetch(DownloadError::Refused(_))) if name == "a")
    );
    assert!(matches!(&failed[1], (Some(name), SaveError::UnsafeUrl(_)) if name == "b"));
    assert_eq!(files(folder.path()), ["cup-c.png"]);
}

#[tokio::test]
async fn a_result_that_is_too_large_is_refused_by_its_announcement() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n".to_vec();
    let server = Server::start([Answer::Stall(head)]);
    let folder = tempfile::tempdir().unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let destination = Destination::file(folder.path().join("cup.png"));
    let error = server.client().download(&job, &destination).await.unwrap_err();
    let Error::Download { failed, .. } = &error else { panic!("{error:?}") };
    let too_large = SaveError::Fetch(DownloadError::Transport(TransportFailure::TooLarge {
        limit: DownloadPolicy::default().max_len,
    }));
    assert_eq!(format!("{:?}", failed[0].1), format!("{too_large:?}"));
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_result_without_an_announced_length_is_cut_at_the_limit() {
    let mut body = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    body.resize(3 * 1024 * 1024, 7);
    let server = Server::start([Answer::Raw(body)]);
    let mut policy = DownloadPolicy::default();
    policy.max_len = 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let destination = Destination::file(folder.path().join("cup.png"));
    let client = server.client().download_policy(policy);
    let error = client.download(&job, &destination).await.unwrap_err();
    assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_redirect_is_followed_to_a_place_that_is_allowed_only() {
    let server = Server::start_with(|url| {
        let there = answer("302 Found", &format!("Location: {url}/there.png\r\n"), "");
        let file = answer("302 Found", "Location: file:///etc/passwd\r\n", "");
        vec![Answer::Raw(there), image(), Answer::Raw(file)]
    });
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/a.png", server.url());
    let job = finished(&[("a", &url), ("b", &url)]);
    let destination = Destination::folder(folder.path(), "cup");
    let error = server.client().download(&job, &destination).await.unwrap_err();
    let Error::Download { saved, failed, .. } = &error else { panic!("{error:?}") };
    assert!(saved[0].url.as_str().ends_with("/there.png"));
    assert!(matches!(&failed[0].1, SaveError::Fetch(DownloadError::UnsafeRedirect(_))));
}

#[tokio::test]
async fn a_download_that_is_dropped_leaves_no_file() {
    let mut half = answer("200 OK", "", vec![7; 1_000_000]);
    half.truncate(600_000);
    let server = Server::start([Answer::Stall(half)]);
    let folder = tempfile::tempdir().unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    let destination = Destination::file(folder.path().join("cup.png"));
    let client = server.client();
    let download = client.download(&job, &destination);
    assert!(tokio::time::timeout(Duration::from_millis(300), download).await.is_err());
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_place_without_a_folder_is_refused_before_anything_is_fetched() {
    let server = Server::start([image()]);
    let folder = tempfile::tempdir().unwrap();
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    for place in [folder.path().join("missing").join("cup.png"), folder.path().join("..")] {
        let error = server.client().download(&job, &Destination::file(&place)).await.unwrap_err();
        assert!(matches!(&error, Error::Destination { .. }), "{error:?}");
    }
    assert!(server.received().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_saved_file_has_the_rights_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start([image()]);
    let folder = tempfile::tempdir().unwrap();
    let ordinary = folder.path().join("ordinary");
    std::fs::write(&ordinary, "").unwrap();
    let path = folder.path().join("cup.png");
    let job = finished(&[("", &format!("{}/a.png", server.url()))]);
    server.client().download(&job, &Destination::file(&path)).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&ordinary));
}
