//! One photo, from its upload to the last of its results, in one machine.

use http::Response;
use removit_proto::{
    Action, DownloadError, GRACE, Instant, Job, JobError, JobPolicy, JobStage, JobState, Machine,
    Outcome, Reach, Seed, TransportFailure, UploadError,
};

use crate::support::{
    Bench, accepted, answer, at, done, endpoint, pending, secs, url_request, with_header,
};

fn job() -> Bench<Job> {
    job_with(JobPolicy::default())
}

fn job_with(policy: JobPolicy) -> Bench<Job> {
    Bench::new(Job::new(endpoint(), url_request(), policy, Seed::new(1 << 100), at(0)), at(0))
}

/// Done, with two results whose URLs have this in them.
fn done_twice(signature: &str) -> Outcome {
    let url = |name: &str| format!(r#""{name}":"https://cdn.example.com/{name}.png?{signature}""#);
    let urls = format!("{},{}", url("original"), url("clipping"));
    answer(200, &format!(r#"{{"job_id":"job-1","state":"done","final_urls":{{{urls}}}}}"#))
}

fn picture() -> Outcome {
    let head = Response::builder().header("content-length", 8).body(()).unwrap();
    Outcome::stored(head, 8, b"\x89PNG\r\n\x1a\n".as_slice())
}

/// To where the results are fetched.
fn fetching(policy: JobPolicy) -> Bench<Job> {
    let mut job = job_with(policy);
    job.answered(secs(1), accepted());
    job.slept();
    job.answered(secs(0), done_twice("old"));
    job
}

#[test]
fn a_job_goes_from_its_upload_through_looks_to_each_of_its_results() {
    let mut job = job();
    assert_eq!((job.machine.stage(), job.machine.job_id()), (JobStage::Uploading, None));
    assert_eq!(job.send().request.method(), "POST");
    let upload = job.machine.in_flight().unwrap();
    job.machine.handle(job.now, upload, accepted());
    // The id is there with the answer: before anything else is asked.
    assert_eq!(job.machine.job_id().unwrap().as_str(), "job-1");
    assert_eq!(job.machine.stage(), JobStage::Polling);
    assert!(job.slept() >= secs(2));
    job.answered(secs(0), pending());
    assert_eq!(job.machine.latest().unwrap().progress(), Some(33));
    job.slept();
    job.answered(secs(0), done_twice("s=1"));
    for (result, name) in ["original", "clipping"].into_iter().enumerate() {
        assert_eq!(job.machine.stage(), JobStage::Fetching { result });
        let attempt = job.send();
        assert!(attempt.request.uri().path().contains(name));
        assert!(!attempt.request.headers().contains_key("x-api-key"));
        job.machine.handle(job.now, attempt.id, picture());
    }
    let output = job.done().unwrap();
    assert_eq!(job.machine.stage(), JobStage::Over);
    assert_eq!(output.finished.results().len(), 2);
    assert!(output.results.iter().all(Result::is_ok));
}

#[test]
fn where_results_are_not_wanted_it_ends_with_the_job() {
    let mut policy = JobPolicy::default();
    policy.download = None;
    let mut job = job_with(policy);
    job.answered(secs(1), accepted());
    job.slept();
    job.answered(secs(0), done());
    let output = job.done().unwrap();
    assert_eq!((output.finished.job_id().as_str(), output.results.len()), ("job-1", 0));
}

#[test]
fn a_job_that_is_resumed_is_looked_at_at_once_and_fetched() {
    let id = "job-1".parse().unwrap();
    let job = Job::resume(endpoint(), id, JobPolicy::default(), Seed::new(1), at(0));
    let mut job = Bench::new(job, at(0));
    assert!(job.machine.accepted().is_none());
    job.answered(secs(0), done());
    job.answered(secs(0), picture());
    assert_eq!(job.done().unwrap().results.len(), 1);
}

#[test]
fn what_ends_a_part_ends_the_job_and_names_it_where_there_is_one() {
    let mut rejected = job();
    rejected.answered(secs(1), answer(402, r#"{"error":"credits"}"#));
    let error = rejected.done().unwrap_err();
    assert!(
        matches!(error, JobError::Upload(UploadError::Rejected(_))) && error.job_id().is_none()
    );
    assert_eq!(rejected.machine.stage(), JobStage::Over);

    let mut failed = job();
    failed.answered(secs(1), accepted());
    failed.slept();
    failed.answered(secs(0), answer(200, r#"{"job_id":"job-1","state":"failed"}"#));
    let error = failed.done().unwrap_err();
    assert_eq!(error.job_id().unwrap().as_str(), "job-1");
    assert!(error.to_string().contains("job-1"));
}

#[test]
fn an_acceptance_after_an_ambiguous_end_sets_the_job_going() {
    let mut job = job();
    let upload = job.send().id;
    job.now = job.sleep().at;
    assert!(matches!(job.done(), Err(JobError::Upload(UploadError::Ambiguous(_)))));
    job.machine.handle(job.now + secs(100), upload, accepted());
    job.now = job.now + secs(100);
    assert_eq!(job.machine.stage(), JobStage::Polling);
    assert!(job.slept() >= secs(2));
    job.answered(secs(0), done());
    job.answered(secs(0), picture());
    assert!(job.done().is_ok());
}

#[test]
fn a_second_acceptance_while_the_first_job_is_watched_is_a_further_job() {
    let mut policy = JobPolicy::default();
    policy.upload.resend_ambiguous = true;
    let mut job = job_with(policy);
    let first = job.send().id;
    let broken = TransportFailure::broken(Reach::MaybeSent, "reset");
    job.machine.handle(job.now, first, Outcome::Failed(broken));
    job.slept();
    job.answered(secs(0), accepted());
    job.machine.handle(job.now, first, answer(202, r#"{"job_id":"job-2"}"#));
    let further = job.machine.accepted().unwrap().further();
    assert_eq!(further, ["job-2".parse().unwrap()]);
    assert_eq!(job.machine.job_id().unwrap().as_str(), "job-1");
}

#[test]
fn a_url_that_expired_is_asked_for_anew_no_sooner_than_the_floor() {
    let mut job = fetching(JobPolicy::default());
    let looked = job.now;
    job.answered(secs(0), answer(403, "expired"));
    assert_eq!(job.machine.stage(), JobStage::Fetching { result: 0 });
    job.slept();
    assert_eq!(job.now - looked, secs(2));
    let look = job.send();
    assert_eq!(look.request.uri().query(), Some("job_id=job-1"));
    job.machine.handle(job.now, look.id, done_twice("new"));
    // Both are named anew: the second one needs no look of its own.
    for name in ["original", "clipping"] {
        let attempt = job.send();
        assert!(attempt.request.uri().path().contains(name));
        assert_eq!(attempt.request.uri().query(), Some("new"));
        job.machine.handle(job.now, attempt.id, picture());
    }
    assert!(job.done().unwrap().results.iter().all(Result::is_ok));
}

#[test]
fn a_result_that_stays_refused_has_failed_and_the_others_are_fetched() {
    let mut policy = JobPolicy::default();
    policy.max_refreshes = 1;
    let mut job = fetching(policy);
    job.answered(secs(0), answer(404, "gone"));
    job.slept();
    job.answered(secs(0), done_twice("new"));
    job.answered(secs(0), answer(404, "gone"));
    assert_eq!(job.machine.stage(), JobStage::Fetching { result: 1 });
    job.answered(secs(0), picture());
    let results = job.done().unwrap().results;
    assert!(matches!(&results[0], Err(DownloadError::Refused(status)) if *status == 404));
    assert!(results[1].is_ok());
}

#[test]
fn where_the_look_for_a_new_url_fails_the_result_failed_as_it_did() {
    for look in [answer(401, ""), answer(200, r#"{"job_id":"job-1","state":"failed"}"#)] {
        let mut job = fetching(JobPolicy::default());
        job.answered(secs(0), answer(410, "gone"));
        job.slept();
        job.answered(secs(0), look);
        job.answered(secs(0), picture());
        let results = job.done().unwrap().results;
        assert!(matches!(&results[0], Err(DownloadError::Refused(status)) if *status == 410));
    }
}

#[test]
fn a_result_at_a_place_that_must_not_be_fetched_has_failed_without_a_request() {
    let mut job = job();
    job.answered(secs(1), accepted());
    job.slept();
    job.answered(secs(0), answer(200, r#"{"state":"done","final_url":"ftp://cdn.example.com/a"}"#));
    let results = job.done().unwrap().results;
    assert!(matches!(results[..], [Err(DownloadError::UnsafeUrl(_))]));
}

#[test]
fn the_longest_wait_that_a_server_asks_for_in_a_refresh_is_kept() {
    let mut job = fetching(JobPolicy::default());
    job.answered(secs(0), answer(403, "expired"));
    job.slept();
    job.answered(secs(0), with_header(answer(429, ""), "retry-after", "30"));
    assert!(job.slept() >= secs(30));
    job.answered(secs(0), done_twice("new"));
    assert!(job.send().request.uri().query() == Some("new"));
}

/// Stored after each step as JSON, and gone on with in another process whose clock is the
/// same: one upload, every result, and no result twice.
#[test]
fn a_job_that_is_stored_at_every_step_goes_on_in_another_process() {
    for through_value in [false, true] {
        let mut machine = job().machine;
        let mut now = at(0);
        let (mut uploads, mut fetched) = (0, Vec::new());
        let mut looks = [pending(), done_twice("old"), done_twice("new")].into_iter();
        let output = loop {
            machine = if through_value {
                let stored = serde_json::to_value(machine.state()).unwrap();
                Job::restore(endpoint(), serde_json::from_value(stored).unwrap(), now)
            } else {
                let stored = serde_json::to_string(&machine.state()).unwrap();
                Job::restore(endpoint(), serde_json::from_str(&stored).unwrap(), now)
            };
            match machine.next_action(now) {
                Action::Done(output) => break output.unwrap(),
                Action::SleepUntil(wakeup) => now = wakeup.at,
                Action::Send(attempt) => {
                    let uri = attempt.request.uri().to_string();
                    let outcome = match machine.stage() {
                        JobStage::Uploading => {
                            uploads += 1;
                            accepted()
                        }
                        _ if uri.contains("job_id=") => looks.next().unwrap(),
                        _ if uri.ends_with("old") && uri.contains("clipping") => answer(403, ""),
                        _ => {
                            fetched.push(uri);
                            picture()
                        }
                    };
                    machine.handle(now, attempt.id, outcome);
                }
            }
        };
        assert_eq!((uploads, fetched.len()), (1, 2), "{fetched:?}");
        assert!(output.results.iter().all(Result::is_ok));
    }
}

#[test]
fn a_job_that_was_stored_while_its_photo_was_being_sent_is_ambiguous_in_the_end() {
    let mut job = job();
    let sent = job.send();
    let stored = serde_json::to_string(&job.machine.state()).unwrap();
    let state: JobState = serde_json::from_str(&stored).unwrap();
    let mut job = Bench::new(Job::restore(endpoint(), state, at(1)), at(1));
    let until = job.sleep().at;
    assert_eq!(until, sent.deadline + GRACE);
    job.now = until;
    assert!(matches!(job.done(), Err(JobError::Upload(UploadError::Ambiguous(_)))));
}

#[test]
fn a_state_whose_results_are_not_to_be_fetched_any_more_is_no_endless_loop() {
    let mut policy = JobPolicy::default();
    policy.download = None;
    let job = fetching(JobPolicy::default());
    let mut state = serde_json::to_value(job.machine.state()).unwrap();
    state["policy"] = serde_json::to_value(policy).unwrap();
    let mut job = Job::restore(endpoint(), serde_json::from_value(state).unwrap(), job.now);
    assert!(matches!(job.next_action(Instant::FAR_FUTURE), Action::Done(_)));
}
