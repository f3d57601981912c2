//! How results get to disk: whole and under a name of their own, or not at all.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Answer, Server, answer, done, json};
use removit_blocking::proto::{
    DownloadError, DownloadPolicy, Finished, Observer, ResultKind, TransportFailure, UrlError,
};
use removit_blocking::{Client, Destination, Error, SaveError, Saved};

const RESULT: &[u8] = b"\x89PNG\r\n\x1a\n and the other bytes of a result";

/// A job with these results on the server, `{}` being its URL.
fn finished(server: &Server, urls: &str) -> Finished {
    let urls = urls.replace("{}", &server.url());
    let body = format!(r#"{{"job_id":"job-1","state":"done",{urls}}}"#);
    let status = Server::start([json("200 OK", &body)]);
    status.client().wait(&"job-1".parse().unwrap()).unwrap()
}

const OTHER: &[u8] = b"\x89PNG\r\n\x1a\n and those of another";

const ONE: &str = r#""final_url":"{}/x/cup.png?sig=1""#;
const TWO: &str = r#""final_urls":{"clipping":"{}/a.png","../shadow":"{}/b.png"}"#;

fn image(body: &[u8]) -> Answer {
    Answer::Raw(answer("200 OK", "Content-Type: image/png\r\n", body))
}

fn cut_off() -> Answer {
    Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnot all".to_vec())
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| name(e.unwrap())).collect();
    names.sort();
    names
}

fn failures(result: Result<Vec<Saved>, Error>) -> (Vec<Saved>, Vec<(Option<String>, SaveError)>) {
    match result {
        Err(Error::Download { job_id, saved, failed }) => {
            assert_eq!(job_id.as_str(), "job-1");
            (saved, failed)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_result_is_written_whole_and_fetched_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let path = folder.path().join("out.png");
    let saved = server.client().download(&finished, &Destination::file(&path)).unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!((&saved[0].path, saved[0].len), (&path, RESULT.len() as u64));
    assert_eq!(fs::read(&path).unwrap(), RESULT);
    assert_eq!(names(folder.path()), ["out.png"]);

    let received = &server.finish()[0];
    let mut lines: Vec<_> = received.head.trim_end().lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(received.line(), "GET /x/cup.png?sig=1 HTTP/1.1");
    assert!(lines[0] == "accept-encoding: identity" && lines[1] == "accept: */*");
    assert!(lines[2].starts_with("host: ") && lines[3].starts_with("user-agent: removit-rust/"));
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[cfg(unix)]
#[test]
fn a_result_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([image(RESULT)]);
    let path = folder.path().join("out.png");
    let finished = finished(&server, ONE);
    server.client().download(&finished, &Destination::file(&path)).unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, b"").unwrap();
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn each_result_gets_a_name_of_its_own_in_a_folder_that_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("results/today");
    let server = Server::start([image(RESULT), image(OTHER)]);
    let finished = finished(&server, TWO);
    let saved = server.client().download(&finished, &Destination::folder(&inner, "cup")).unwrap();
    assert_eq!(saved[1].variation.as_deref(), Some("../shadow"));
    assert_eq!(names(&inner), ["cup-clipping.png", "cup-shadow.png"]);
    assert_eq!(fs::read(inner.join("cup-shadow.png")).unwrap(), OTHER);
}

#[test]
fn a_download_that_was_cut_short_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([cut_off(), image(RESULT)]);
    let finished = finished(&server, ONE);
    let path = folder.path().join("out.png");
    server.client().download(&finished, &Destination::file(&path)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), RESULT);
}

#[test]
fn a_download_that_stays_cut_short_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([cut_off(), cut_off(), cut_off()]);
    let finished = finished(&server, ONE);
    let destination = Destination::file(folder.path().join("out.png"));
    let (saved, failed) = failures(server.client().download(&finished, &destination));
    assert!(saved.is_empty());
    assert!(matches!(
        failed[0].1,
        SaveError::Fetch(DownloadError::Transport(TransportFailure::Broken { .. }))
    ));
    assert_eq!(names(folder.path()), [""; 0]);
    assert_eq!(server.finish().len(), 3);
}

#[test]
fn a_result_of_unknown_length_that_ends_with_a_reset_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let reset = || Answer::Reset(b"HTTP/1.1 200 OK\r\n\r\nnot all".to_vec());
    let server = Server::start([reset(), reset(), reset()]);
    let finished = finished(&server, ONE);
    let destination = Destination::folder(folder.path(), "cup");
    let (_, failed) = failures(server.client().download(&finished, &destination));
    assert!(matches!(
        failed[0].1,
        SaveError::Fetch(DownloadError::Transport(TransportFailure::Broken { .. }))
    ));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_result_that_stalls_is_given_up_at_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let stalled = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnot all".to_vec();
    let server = Server::start([Answer::Stall(stalled)]);
    let finished = finished(&server, ONE);
    let mut policy = DownloadPolicy::default();
    policy.attempt_timeout = Duration::from_millis(200);
    policy.retry.max_attempts = 1;
    let client = server.client().download_policy(policy);
    let destination = Destination::folder(folder.path(), "cup");
    let (_, failed) = failures(client.download(&finished, &destination));
    assert!(matches!(
        failed[0].1,
        SaveError::Fetch(DownloadError::Transport(TransportFailure::TimedOut { .. }))
    ));
}

#[test]
fn a_result_over_the_limit_is_refused_whatever_its_length_says() {
    let unannounced = b"HTTP/1.1 200 OK\r\n\r\nmore than ten bytes".to_vec();
    for answer in [image(RESULT), Answer::Raw(unannounced)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start([answer]);
        let finished = finished(&server, ONE);
        let mut policy = DownloadPolicy::default();
        policy.max_len = 10;
        let client = server.client().download_policy(policy);
        let destination = Destination::folder(folder.path(), "cup");
        let (_, failed) = failures(client.download(&finished, &destination));
        assert!(matches!(
            failed[0].1,
            SaveError::Fetch(DownloadError::Transport(TransportFailure::TooLarge { limit: 10 }))
        ));
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

#[test]
fn a_result_is_fetched_to_wherever_the_caller_likes() {
    let server = Server::start([image(RESULT), image(RESULT), image(RESULT)]);
    let client = server.client();
    let job = finished(&server, ONE);
    let link = &job.results()[0];
    let fetched = client.fetch(link).unwrap();
    assert_eq!(
        (fetched.details().len, fetched.details().kind),
        (RESULT.len() as u64, ResultKind::Png)
    );
    assert_eq!(fetched.into_bytes(RESULT.len() as u64).unwrap(), RESULT);
    let mut copy = Vec::new();
    assert_eq!(client.fetch(link).unwrap().copy_to(&mut copy).unwrap(), RESULT.len() as u64);
    assert_eq!(copy, RESULT);
    let too_long = client.fetch(link).unwrap().into_bytes(3).unwrap_err();
    assert_eq!(too_long.kind(), std::io::ErrorKind::FileTooLarge);
}

#[test]
fn a_file_that_exists_stops_a_download_before_anything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.png");
    fs::write(&path, b"precious").unwrap();
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let error = server.client().download(&finished, &Destination::file(&path)).unwrap_err();
    assert_eq!(error.job_id().unwrap().as_str(), "job-1");
    assert!(matches!(error, Error::Destination { error: SaveError::Exists(_), .. }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert!(server.received().is_empty());
}

/// Makes a file while the result is being fetched.
struct Rival(PathBuf);

impl Observer for Rival {
    fn received(&self, _: &removit_blocking::proto::AttemptInfo, _: u64, _: Option<u64>) {
        fs::write(&self.0, b"precious").unwrap();
    }
}

#[test]
fn a_file_that_appears_meanwhile_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.png");
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let client = server.client().observer(Arc::new(Rival(path.clone())));
    let (_, failed) = failures(client.download(&finished, &Destination::file(&path)));
    assert!(matches!(failed[0].1, SaveError::Exists(_)), "{failed:?}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(names(folder.path()), ["out.png"]);
}

#[test]
fn in_a_folder_a_name_that_is_taken_gets_a_number() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cup-result.png"), b"precious").unwrap();
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let destination = Destination::folder(folder.path(), "cup");
    let saved = server.client().download(&finished, &destination).unwrap();
    assert_eq!(saved[0].path, folder.path().join("cup-result-2.png"));
    assert_eq!(fs::read(folder.path().join("cup-result.png")).unwrap(), b"precious");
}

#[test]
fn a_file_is_replaced_where_the_caller_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.png");
    fs::write(&path, b"old").unwrap();
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let destination = Destination::file(&path).overwrite(true);
    server.client().download(&finished, &destination).unwrap();
    assert_eq!(fs::read(&path).unwrap(), RESULT);
}

#[test]
fn a_result_that_fails_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([json("404 Not Found", "{}"), image(OTHER)]);
    let finished = finished(&server, TWO);
    let destination = Destination::folder(folder.path(), "cup");
    let (saved, failed) = failures(server.client().download(&finished, &destination));
    assert_eq!(saved[0].path, folder.path().join("cup-shadow.png"));
    assert_eq!(failed[0].0.as_deref(), Some("clipping"));
    assert!(matches!(failed[0].1, SaveError::Fetch(DownloadError::Refused(_))));
}

#[test]
fn a_url_that_must_not_be_fetched_is_a_result_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start([]);
    let urls = r#""final_urls":{"clipping":"file:///etc/passwd","x":"http://cdn.example/x"}"#;
    let finished = finished(&server, urls);
    let destination = Destination::folder(folder.path(), "cup");
    let (_, failed) = failures(server.client().download(&finished, &destination));
    assert!(matches!(failed[0].1, SaveError::UnsafeUrl(UrlError::Scheme)), "{failed:?}");
    assert!(matches!(failed[1].1, SaveError::UnsafeUrl(UrlError::Insecure)), "{failed:?}");
}

#[test]
fn a_redirect_of_a_result_is_followed_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let cdn = Server::start([image(RESULT)]);
    let location = format!("Location: {}/there.png\r\n", cdn.url());
    let server = Server::start([Answer::Raw(answer("302 Found", &location, "moved"))]);
    let finished = finished(&server, ONE);
    let destination = Destination::folder(folder.path(), "cup");
    let saved = server.client().download(&finished, &destination).unwrap();
    assert_eq!(saved[0].path, folder.path().join("cup-result.png"));
    assert_eq!(cdn.finish()[0].header("x-api-key"), None);
}

#[test]
fn a_missing_folder_is_an_error_where_one_file_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let client: Client = crate::support::client("http://127.0.0.1:1");
    let server = Server::start([done("https://cdn.example/cup.png")]);
    let finished = server.client().wait(&"job-1".parse().unwrap()).unwrap();
    for path in [folder.path().join("missing/out.png"), folder.path().into()] {
        let error = client.download(&finished, &Destination::file(&path)).unwrap_err();
        assert!(matches!(error, Error::Destination { .. }), "{error:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_unexpected_kind_stays_beside_the_file_that_a_link_stands_for() {
    let folder = tempfile::tempdir().unwrap();
    let (links, files) = (folder.path().join("links"), folder.path().join("files"));
    fs::create_dir(&links).unwrap();
    fs::create_dir(&files).unwrap();
    let link = links.join("out.jpg");
    std::os::unix::fs::symlink(files.join("cup.jpg"), &link).unwrap();
    let server = Server::start([image(RESULT)]);
    let finished = finished(&server, ONE);
    let saved = server.client().download(&finished, &Destination::file(&link)).unwrap();
    assert_eq!(saved[0].path, files.join("cup.png"));
    assert_eq!(
        (names(&files), names(&links)),
        (vec!["cup.png".to_owned()], vec!["out.jpg".to_owned()])
    );
    assert_eq!(fs::read(&saved[0].path).unwrap(), RESULT);
}

#[test]
fn a_fetched_result_can_be_read_from_its_start() {
    let server = Server::start([image(RESULT)]);
    let job = finished(&server, ONE);
    let mut fetched = server.client().fetch(&job.results()[0]).unwrap();
    let mut read = Vec::new();
    fetched.read_to_end(&mut read).unwrap();
    assert_eq!(read, RESULT);
}

#[test]
fn a_server_is_waited_for_as_long_as_the_policy_of_the_client_says_whoever_shares_its_transport() {
    let server = Server::start([image(RESULT), Answer::Stall(Vec::new())]);
    let job = finished(&server, ONE);
    let patient = server.client();
    patient.fetch(&job.results()[0]).unwrap();
    let mut policy = DownloadPolicy::default();
    policy.silence = Duration::from_millis(50);
    policy.retry.max_attempts = 1;
    let hasty = patient.clone().download_policy(policy);
    match hasty.fetch(&job.results()[0]).unwrap_err() {
        SaveError::Fetch(DownloadError::Transport(TransportFailure::TimedOut {
            detail, ..
        })) => {
            assert!(detail.contains("nothing came for 50ms"), "{detail}");
        }
        error => panic!("{error:?}"),
    }
}
