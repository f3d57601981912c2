//! How an upload ends, and what the account says of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use removit_tokio::proto::{Observer, WakeReason, Wakeup};

use super::*;
use crate::support::ClosedPort;

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
            let before = Instant::now();
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
        let port = ClosedPort::hold();
        let url = format!("http://{}", port.address());
        let error = go!(client_at(&url).upload(&photo())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::NotSent(_))), "{error:?}");

        let opening = Arc::new(OpensAfterARefusal { port, server: Mutex::new(None) });
        go!(client_at(&url).observer(opening.clone()).upload(&photo())).unwrap();
        only_job(opening.server.lock().unwrap().as_ref().unwrap());
    }
}

/// Has a server listen once an attempt was refused and the next one is waited for.
struct OpensAfterARefusal {
    port: ClosedPort,
    server: Mutex<Option<SimulatorServer>>,
}

impl Observer for OpensAfterARefusal {
    fn waiting(&self, wakeup: Wakeup) {
        if wakeup.reason == WakeReason::Backoff {
            self.server.lock().unwrap().get_or_insert_with(|| {
                let simulator = Simulator::new(Config::instant());
                SimulatorServer::bind(simulator, self.port.address()).unwrap()
            });
        }
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
    fn a_silent_server_is_given_up_at_the_attempts_deadline() {
        // Long enough for any machine to send it, and far from the answer.
        let delay = Fault::Delay(Duration::from_secs(3600));
        let server = with_fault(Kind::Upload, When::Always, delay);
        let client = client_with(&server.base_url(), |upload, _| {
            upload.attempt_timeout = Duration::from_secs(2);
        });
        let error = go!(client.upload(&by_url())).unwrap_err();
        assert!(matches!(error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
        assert_eq!(server.account().requests(Kind::Upload), 1);
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

scenario! {
    fn a_photo_from_a_source_that_can_be_opened_again_is_sent_and_paid_for_once() {
        let server = with_fault(Kind::Upload, When::First(1), Fault::Answer(Canned::RateLimited {
            retry_after: None,
        }));
        let opened = Arc::new(AtomicU32::new(0));
        let photo = go!(from_source(PHOTO, PHOTO.len() as u64, Arc::clone(&opened))).unwrap();
        let finished = go!(client(&server).process(&photo)).unwrap();
        assert_eq!(finished.job_id().as_str(), only_job(&server).id);
        let Source::File(sent) = only_job(&server).order.source else { panic!() };
        assert_eq!(sent.digest.value(), Digest::of(PHOTO));
        // Once for its first bytes, and once for each attempt.
        assert_eq!(opened.load(Ordering::Relaxed), 3);
        assert_eq!(go!(photo.key()).unwrap(), go!(self::photo().key()).unwrap());
    }
}

scenario! {
    fn a_source_that_is_not_as_long_as_it_said_makes_no_job() {
        for len in [PHOTO.len() - 1, PHOTO.len() + 1] {
            let server = start(Config::instant());
            let opened = Arc::new(AtomicU32::new(0));
            let photo = go!(from_source(PHOTO, len as u64, opened)).unwrap();
            let error = go!(client(&server).upload(&photo)).unwrap_err();
            assert!(matches!(&error, Error::Upload(UploadError::NotSent(_))), "{error:?}");
            assert!(server.account().jobs.is_empty());
        }
    }
}
