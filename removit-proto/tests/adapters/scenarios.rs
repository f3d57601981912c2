//! The scenarios that every adapter passes, over real sockets against the
//! simulator. Written once: the test crate that includes this file names its
//! `adapter`, and defines `scenario!` (an async or a plain test) and `go!`
//! (`.await` or nothing).
//!
//! What counts is the simulator's account, not the client's opinion.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

use removit_tokio::proto::simulator::{
    Canned, Config, Digest, Fate, Fault, Job, Keys, Kind, Origin, RetryAfter, Rule, Scenario,
    Simulator, Source, Target, When,
};
use removit_tokio::proto::{
    ApiErrorKind, ApiKey, AuthScheme, Backoff, Delivery, DownloadError, DownloadPolicy, Endpoint,
    JobId, Mode, OutputFormat, Params, PollError, PollPolicy, Schedule, State, UploadError,
    UploadPolicy,
};
use removit_tokio::simulator::SimulatorServer;

use super::adapter::{Client, Destination, Error, Photo, SaveError};

const KEY: &str = "sk-scenario-key";
const PHOTO: &[u8] = include_bytes!("../photos/coffee-small.jpg");

fn start(config: Config) -> SimulatorServer {
    SimulatorServer::start(Simulator::new(config)).unwrap()
}

fn with_fault(on: Kind, when: When, fault: Fault) -> SimulatorServer {
    start(Config::instant().with(|config| config.script.push(Rule::new(on, when, fault))))
}

fn client(server: &SimulatorServer) -> Client {
    client_at(&server.base_url())
}

/// A client that is in a hurry: no floor, short pauses.
fn client_at(base_url: &str) -> Client {
    client_with(base_url, |_, _| ())
}

fn client_with(base_url: &str, change: impl FnOnce(&mut UploadPolicy, &mut PollPolicy)) -> Client {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(200));
    let mut upload = UploadPolicy::default();
    upload.retry.backoff = backoff;
    let mut poll = PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(10)).with_floor(Duration::ZERO);
    poll.backoff = backoff;
    poll.timeout = Duration::from_secs(20);
    let mut download = DownloadPolicy::default();
    download.retry.backoff = backoff;
    download.retry.max_attempts = 3;
    change(&mut upload, &mut poll);
    let endpoint = Endpoint::new(base_url, ApiKey::new(KEY).unwrap()).unwrap();
    Client::new(endpoint).unwrap().upload_policy(upload).poll_policy(poll).download_policy(download)
}

fn photo() -> Photo {
    Photo::from_bytes("coffee.jpg", PHOTO).unwrap()
}

fn by_url() -> Photo {
    Photo::from_url("https://example.com/coffee.jpg").unwrap()
}

fn only_job(server: &SimulatorServer) -> Job {
    let account = server.account();
    assert_eq!(account.jobs.len(), 1, "one job, and no second one");
    assert_eq!(account.credits_spent, 1);
    account.jobs[0].clone()
}

fn no_job(server: &SimulatorServer) {
    assert_eq!(server.account().jobs.len(), 0);
}

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| name(e).unwrap()).collect();
    names.sort();
    names
}

fn kind_of(error: &Error) -> ApiErrorKind {
    match error {
        Error::Upload(UploadError::Rejected(error)) => error.kind(),
        other => panic!("expected a rejection, got {other:?}"),
    }
}

fn job_id(server: &SimulatorServer) -> JobId {
    only_job(server).id.parse().unwrap()
}

scenario! {
    fn a_photo_goes_through_in_every_mode_and_delivery_by_file_and_by_url() {
        let server = start(Config::instant());
        let client = client(&server);
        let modes = [Mode::Background, Mode::Clipping, Mode::Params(Params::set("set"))];
        for mode in modes {
            for delivery in [Delivery::Url, Delivery::FinalUrl] {
                for photo in [photo(), by_url()] {
                    let photo =
                        photo.mode(mode.clone()).delivery(delivery).format(OutputFormat::Webp);
                    let finished = go!(client.process(&photo)).unwrap();
                    let folder = tempfile::tempdir().unwrap();
                    let into = Destination::folder(folder.path(), "coffee");
                    let saved = go!(client.download(&finished, &into)).unwrap();
                    assert_eq!(saved.len(), finished.results().len());
                    assert_eq!(names_in(folder.path()).len(), saved.len());
                    let account = server.account();
                    let job = account.jobs.last().unwrap();
                    assert_eq!(job.order.mode, mode.as_str());
                    assert_eq!(job.order.delivery_mode, delivery.as_str());
                    assert_eq!(job.order.output_format, "webp");
                    for saved in &saved {
                        let bytes = fs::read(&saved.path).unwrap();
                        assert_eq!(bytes.len() as u64, saved.len);
                        if let Source::File(file) = &job.order.source {
                            assert_eq!(file.digest.value(), Digest::of(PHOTO));
                            assert_eq!(bytes, PHOTO, "the simulator gives back the upload");
                        }
                    }
                }
            }
        }
        assert_eq!(server.account().jobs.len(), 12);
        assert!(!server.account().key_seen_at(Origin::Results));
    }
}

scenario! {
    fn the_key_may_go_in_either_header() {
        let server = start(Config::instant().with(|config| config.keys = Keys::only(&[KEY])));
        let endpoint = Endpoint::new(&server.base_url(), ApiKey::new(KEY).unwrap()).unwrap();
        let client = Client::new(endpoint.with_auth(AuthScheme::Bearer)).unwrap();
        go!(client.upload(&by_url())).unwrap();
        only_job(&server);
    }
}

scenario! {
    fn a_file_is_streamed_from_disk() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("größe \"1\"\n.jpg");
        fs::write(&path, PHOTO).unwrap();
        let photo = go!(Photo::from_path(&path)).unwrap();
        go!(client(&server).upload(&photo)).unwrap();
        let Source::File(file) = only_job(&server).order.source else { panic!() };
        assert_eq!(file.digest.value(), Digest::of(PHOTO));
        assert_eq!(file.name, "größe %221%22%0A.jpg");
        assert_eq!(file.content_type.as_deref(), Some("image/jpeg"));
    }
}

scenario! {
    fn a_documented_refusal_is_rejected_after_one_request() {
        for (canned, kind) in [
            (Canned::KeyInvalid, ApiErrorKind::Unauthorized),
            (Canned::NoCredits, ApiErrorKind::InsufficientCredits),
            (Canned::NotFound, ApiErrorKind::NotFound),
            (Canned::Validation, ApiErrorKind::Validation),
        ] {
            let server = with_fault(Kind::Upload, When::Always, Fault::Answer(canned));
            let error = go!(client(&server).upload(&photo())).unwrap_err();
            assert_eq!(kind_of(&error), kind);
            assert_eq!(server.account().requests(Kind::Upload), 1);
            no_job(&server);
        }
    }
}

scenario! {
    fn a_429_and_a_503_with_retry_after_are_waited_for() {
        for canned in [
            Canned::RateLimited { retry_after: Some(RetryAfter::Seconds(1)) },
            Canned::Unavailable { retry_after: Some(RetryAfter::Date(Duration::from_secs(1))) },
        ] {
            let server = with_fault(Kind::Upload, When::First(1), Fault::Answer(canned));
            let before = std::time::Instant::now();
            go!(client(&server).process(&photo())).unwrap();
            assert!(before.elapsed() >= Duration::from_millis(900), "{:?}", before.elapsed());
            assert_eq!(server.account().requests(Kind::Upload), 2);
            only_job(&server);
        }
    }
}

scenario! {
    fn an_html_error_is_ambiguous_and_not_repeated() {
        let page = Canned::Html(http::StatusCode::BAD_GATEWAY);
        let server = with_fault(Kind::Upload, When::Always, Fault::Answer(page));
        let error = go!(client(&server).upload(&photo())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
        assert_eq!(server.account().requests(Kind::Upload), 1);
    }
}

scenario! {
    fn an_answer_lost_after_the_job_was_created_is_ambiguous_and_one_job() {
        let server = with_fault(Kind::Upload, When::Always, Fault::DropAfterWork);
        let error = go!(client(&server).upload(&photo())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
        assert_eq!(server.account().requests(Kind::Upload), 1);
        only_job(&server);
    }
}

scenario! {
    fn a_job_id_is_salvaged_from_an_answer_that_is_cut_off() {
        let server = with_fault(Kind::Upload, When::Always, Fault::CutBody { after: 60 });
        let job = go!(client(&server).upload(&photo())).unwrap();
        assert_eq!(job.id().as_str(), only_job(&server).id);
        assert!(job.accepted().unwrap().is_salvaged());
    }
}

scenario! {
    fn a_refused_connection_is_not_sent_and_tried_again() {
        let address: SocketAddr =
            TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = client_at(&format!("http://{address}"));
        let error = go!(client.upload(&photo())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::NotSent(_))), "{error:?}");

        let late = thread::spawn(move || {
            thread::sleep(Duration::from_millis(60));
            SimulatorServer::bind(Simulator::new(Config::instant()), address).unwrap()
        });
        go!(client.upload(&photo())).unwrap();
        only_job(&late.join().unwrap());
    }
}

scenario! {
    fn a_connection_that_closes_before_the_body_was_read_makes_no_second_job() {
        let server = with_fault(Kind::Upload, When::First(1), Fault::DropBeforeBody);
        let folder = tempfile::tempdir().unwrap();
        let path = large_photo(folder.path(), 64 * 1024 * 1024);
        let photo = go!(Photo::from_path(&path)).unwrap();
        // Most of the body never left: known as not sent, so it is tried again.
        go!(client(&server).upload(&photo)).unwrap();
        only_job(&server);
    }
}

scenario! {
    fn a_failed_job_ends_with_its_id_and_body() {
        let fate = Fate::Failed { state: "failed".to_owned(), status: "failed_compose".to_owned() };
        let server = with_fault(Kind::Upload, When::Always, Fault::Fate(fate));
        let error = go!(client(&server).process(&photo())).unwrap_err();
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
        let Error::Poll(PollError::Failed(status)) = error else { panic!("{error:?}") };
        assert_eq!(status.step(), Some("failed_compose"));
        assert!(status.body().contains("failed_compose"));
    }
}

scenario! {
    fn at_the_deadline_the_wait_ends_with_the_id_and_the_job_can_be_resumed() {
        let server = start(Config::instant().with(|config| {
            config.pending_for = Duration::from_millis(1500);
        }));
        let hasty = client_with(&server.base_url(), |_, poll| {
            poll.timeout = Duration::from_millis(100);
        });
        let error = go!(hasty.process(&photo())).unwrap_err();
        let Error::Poll(PollError::TimedOut { job_id, .. }) = &error else { panic!("{error:?}") };
        let finished = go!(client(&server).resume(job_id.clone()).wait()).unwrap();
        assert_eq!(finished.job_id(), job_id);
        only_job(&server);
    }
}

scenario! {
    fn a_silent_server_is_given_up_at_the_attempts_deadline() {
        let delay = Fault::Delay(Duration::from_secs(30));
        let server = with_fault(Kind::Upload, When::Always, delay);
        let client = client_with(&server.base_url(), |upload, _| {
            upload.attempt_timeout = Duration::from_millis(300);
        });
        let before = std::time::Instant::now();
        let error = go!(client.upload(&by_url())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
        assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    }
}

scenario! {
    fn a_redirect_of_an_api_call_is_not_followed_and_the_key_stays() {
        for status in [301, 302, 303, 307, 308] {
            let status = http::StatusCode::from_u16(status).unwrap();
            let redirect = Canned::Redirect { status, to: Target::OtherOrigin };
            let server = with_fault(Kind::Upload, When::Always, Fault::Answer(redirect.clone()));
            let error = go!(client(&server).upload(&photo())).unwrap_err();
            assert_eq!(kind_of(&error), ApiErrorKind::Redirected);
            assert!(!server.account().key_seen_at(Origin::Results));
            no_job(&server);

            let server = with_fault(Kind::Status, When::First(1), Fault::Answer(redirect));
            go!(client(&server).process(&photo())).unwrap();
            assert!(!server.account().key_seen_at(Origin::Results));
        }
    }
}

scenario! {
    fn a_redirected_download_arrives_without_the_key() {
        let redirect =
            Canned::Redirect { status: http::StatusCode::FOUND, to: Target::OtherPath };
        let server = with_fault(Kind::Result, When::First(1), Fault::Answer(redirect));
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let saved =
            go!(client.download(&finished, &Destination::folder(folder.path(), "a"))).unwrap();
        assert_eq!(fs::read(&saved[0].path).unwrap(), PHOTO);
        assert!(!server.account().key_seen_at(Origin::Results));
    }
}

scenario! {
    fn a_download_that_is_cut_short_leaves_no_file() {
        let server = with_fault(Kind::Result, When::Always, Fault::CutBody { after: 100 });
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.png");
        let error = go!(client.download(&finished, &Destination::file(&path))).unwrap_err();
        let Error::Download { job_id, failed, .. } = &error else { panic!("{error:?}") };
        assert_eq!(job_id.as_str(), only_job(&server).id);
        assert!(matches!(failed[0].1, SaveError::Fetch(DownloadError::Transport(_))), "{error:?}");
        assert_eq!(names_in(folder.path()), Vec::<String>::new(), "no half file, no left-over");
        assert_eq!(server.account().requests(Kind::Result), 3, "it was tried again");
    }
}

scenario! {
    fn a_download_is_tried_again_until_it_is_whole() {
        let server = with_fault(Kind::Result, When::First(2), Fault::CutBody { after: 100 });
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.png");
        go!(client.download(&finished, &Destination::file(&path))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
    }
}

scenario! {
    fn an_existing_file_is_never_replaced_unasked() {
        let server = start(Config::instant());
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.jpg");
        fs::write(&path, "precious").unwrap();
        let error = go!(client.download(&finished, &Destination::file(&path))).unwrap_err();
        assert_eq!(error.job_id().unwrap().as_str(), only_job(&server).id);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        go!(client.download(&finished, &Destination::file(&path).overwrite(true))).unwrap();
        assert_eq!(fs::read(&path).unwrap(), PHOTO);
    }
}

scenario! {
    fn hostile_names_stay_in_the_folder() {
        let scenario = Scenario::by_name("hostile-names").unwrap();
        let server = start(scenario.apply(Config::instant()));
        let client = client(&server);
        let finished = go!(client.process(&photo())).unwrap();
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("inner");
        let saved =
            go!(client.download(&finished, &Destination::folder(&folder, "cup"))).unwrap();
        assert_eq!(saved.len(), finished.results().len());
        assert_eq!(names_in(outer.path()), ["inner"]);
        assert_eq!(names_in(&folder).len(), saved.len(), "each has a file of its own");
    }
}

scenario! {
    fn hostile_urls_are_not_fetched() {
        let scenario = Scenario::by_name("hostile-urls").unwrap();
        let server = start(scenario.apply(Config::instant()));
        let client = client(&server);
        let finished = go!(client.process(&photo().delivery(Delivery::Url))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let error = go!(client.download(&finished, &into)).unwrap_err();
        let Error::Download { saved, failed, .. } = &error else { panic!("{error:?}") };
        assert!(saved.is_empty());
        assert!(failed.iter().all(|(_, e)| matches!(e, SaveError::UnsafeUrl(_))), "{failed:?}");
        assert_eq!(names_in(folder.path()), Vec::<String>::new());
    }
}

scenario! {
    fn one_look_tells_how_a_job_is() {
        let server = start(Config::default());
        let client = client(&server);
        let job = go!(client.upload(&photo())).unwrap();
        let status = go!(client.status(job.id())).unwrap();
        assert_eq!(status.state(), &State::Pending);
        assert_eq!(only_job(&server).polls.len(), 1);
        let unknown: JobId = "unknown".parse().unwrap();
        let error = go!(client.status(&unknown)).unwrap_err();
        assert!(matches!(error, Error::Poll(PollError::Refused { .. })), "{error:?}");
    }
}

scenario! {
    fn a_404_just_after_the_acceptance_is_waited_out() {
        let server = start(Config::instant().with(|config| {
            config.visible_after = Duration::from_millis(100);
        }));
        go!(client(&server).process(&photo())).unwrap();
        only_job(&server);
    }
}

scenario! {
    fn an_unreadable_photo_is_refused_before_anything_is_sent() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.png");
        fs::write(&path, "").unwrap();
        assert!(go!(Photo::from_path(&path)).is_err());
        fs::write(&path, "no image").unwrap();
        assert!(go!(Photo::from_path(&path)).is_err());
        assert!(go!(Photo::from_path(folder.path())).is_err());
        assert!(go!(Photo::from_path(folder.path().join("absent.png"))).is_err());
        assert_eq!(server.account().requests(Kind::Upload), 0);
    }
}

scenario! {
    fn a_photo_that_changes_after_it_was_checked_is_not_sent() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.jpg");
        fs::write(&path, PHOTO).unwrap();
        let photo = go!(Photo::from_path(&path)).unwrap();
        fs::write(&path, &PHOTO[..PHOTO.len() / 2]).unwrap();
        let error = go!(client(&server).upload(&photo)).unwrap_err();
        let Error::Upload(UploadError::NotSent(failure)) = &error else { panic!("{error:?}") };
        assert!(failure.is_local());
        no_job(&server);
    }
}

scenario! {
    fn every_scenario_of_the_simulator_ends_without_loss_or_double() {
        for scenario in Scenario::ALL {
            // These take half a minute by design.
            if ["slow-queue", "slow-answers"].contains(&scenario.name()) {
                continue;
            }
            let server = start(scenario.apply(Config::instant()));
            let client = client_with(&server.base_url(), |upload, poll| {
                upload.attempt_timeout = Duration::from_secs(4);
                poll.timeout = Duration::from_secs(4);
            });
            let end = go!(client.process(&photo()));
            let account = server.account();
            match &end {
                Ok(finished) => assert_eq!(finished.job_id().as_str(), only_job(&server).id),
                Err(Error::Poll(_)) => assert_eq!(end.unwrap_err().job_id().unwrap(), &job_id(&server)),
                Err(Error::Upload(UploadError::Ambiguous(_))) => assert!(account.jobs.len() <= 1),
                Err(error) => assert!(account.jobs.is_empty(), "{}: {error}", scenario.name()),
            }
            assert!(!account.key_seen_at(Origin::Results), "{}", scenario.name());
        }
    }
}

scenario! {
    fn a_body_of_four_gibibytes_goes_through() {
        let server = start(Config::instant());
        let folder = tempfile::tempdir().unwrap();
        let len = 4 * 1024 * 1024 * 1024 + 1;
        let path = large_photo(folder.path(), len);
        let photo = go!(Photo::from_path(&path)).unwrap();
        go!(client(&server).upload(&photo)).unwrap();
        let Source::File(file) = only_job(&server).order.source else { panic!() };
        assert_eq!(file.len, len);
    }
}

/// A file of this length that takes no room on disk: a PNG's signature, then zeros.
fn large_photo(folder: &Path, len: u64) -> std::path::PathBuf {
    let path = folder.join("large.png");
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(len).unwrap();
    path
}
