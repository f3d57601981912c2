//! The laws of the machines, over random orders of inputs and jumps in time.

use std::time::Duration;

use crate::support::laws::{START, Step, check_laws, finish};
use crate::support::{endpoint, response, url_request};
use bytes::Bytes;
use http::Response;
use proptest::prelude::*;
use removit_proto::strategies::outcome;
use removit_proto::{
    Accepted, Action, Download, DownloadPolicy, Endpoint, Instant, Job, JobPolicy, JobState,
    Machine, Outcome, PollPolicy, Poller, PollerState, ResultUrl, Schedule, Seed, Upload,
    UploadError, UploadPolicy, UploadState,
};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Look),
        2 => prop::sample::select(vec![1, 500, 2_000, 60_000, 10_000_000, -1, -5_000]).prop_map(Step::Pass),
        3 => prop::sample::select(vec![-1, 0, 1]).prop_map(Step::Wake),
        4 => (outcome(), 0_usize..3).prop_map(|(outcome, back)| Step::Answer(outcome, back)),
        1 => Just(Step::StoreAndRebuild),
    ];
    prop::collection::vec(step, 0..60)
}

fn upload(resend: bool, start: Instant) -> Upload {
    let mut policy = UploadPolicy::default();
    policy.resend_ambiguous = resend;
    Upload::new(endpoint(), url_request(), policy, Seed::new(1), start)
}

fn rebuild_upload(upload: &Upload, now: Instant) -> Upload {
    let stored = serde_json::to_string(upload.state()).unwrap();
    Upload::restore(endpoint(), serde_json::from_str::<UploadState>(&stored).unwrap(), now)
}

fn rebuild_poller(poller: &Poller, now: Instant) -> Poller {
    let stored = serde_json::to_string(poller.state()).unwrap();
    Poller::restore(endpoint(), serde_json::from_str::<PollerState>(&stored).unwrap(), now)
}

fn rebuild_job(job: &Job, now: Instant) -> Job {
    let stored = serde_json::to_string(&job.state()).unwrap();
    Job::restore(endpoint(), serde_json::from_str::<JobState>(&stored).unwrap(), now)
}

fn result_url(endpoint: &Endpoint) -> ResultUrl {
    ResultUrl::check("https://cdn.example.com/a.png", endpoint).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_upload_keeps_the_laws_and_is_never_doubled(steps in steps()) {
        let (mut machine, trace, now) = check_laws(upload(false, START), &steps, START, rebuild_upload);
        trace.assert_sent_at_most_once();
        prop_assert!(trace.sent.len() <= 5);
        let _ = finish(&mut machine, now);
    }

    #[test]
    fn an_upload_that_resends_says_how_often_it_was_ambiguous(steps in steps()) {
        let (mut machine, trace, now) = check_laws(upload(true, START), &steps, START, rebuild_upload);
        let end = finish(&mut machine, now);
        let reported = match &end {
            Ok(accepted) => accepted.earlier_ambiguous() as usize,
            Err(UploadError::Ambiguous(ambiguity)) => ambiguity.attempts() as usize,
            Err(_) => 0,
        };
        let unknown = trace.sent.iter().filter(|sent| !sent.unprocessed && !sent.accepted).count();
        prop_assert!(reported >= unknown, "{end:?} {trace:?}");
        prop_assert_eq!(end.is_ok(), trace.sent.iter().any(|sent| sent.accepted));
    }

    #[test]
    fn a_poller_keeps_the_laws_and_the_floor_and_names_its_job(
        steps in steps(),
        fresh in any::<bool>(),
        timeout in prop::sample::select(vec![0_u64, 1, 30, 600]),
    ) {
        let mut policy = PollPolicy::default();
        policy.timeout = Duration::from_secs(timeout);
        let machine = if fresh {
            let accepted = Accepted::decode(&response(202, r#"{"job_id":"job-1"}"#)).unwrap();
            Poller::new(endpoint(), &accepted, policy, Seed::new(1), START)
        } else {
            Poller::resume(endpoint(), "job-1".parse().unwrap(), policy, Seed::new(1), START)
        };
        let (mut machine, trace, now) = check_laws(machine, &steps, START, rebuild_poller);
        trace.assert_floor(Schedule::DEFAULT_FLOOR, START + policy.timeout);
        if let Err(error) = finish(&mut machine, now) {
            prop_assert_eq!(error.job_id().as_str(), "job-1");
            prop_assert!(error.to_string().contains("job-1"));
        }
    }

    #[test]
    fn a_download_keeps_the_laws_and_its_bounds(steps in steps()) {
        let endpoint = endpoint();
        let policy = DownloadPolicy::default();
        let machine = Download::new(result_url(&endpoint), policy, Seed::new(1), START);
        let (mut machine, trace, now) = check_laws(machine, &steps, START, |machine, _| machine.clone());
        prop_assert!(trace.sent.len() <= 5 * 6);
        let _ = finish(&mut machine, now);
    }

    #[test]
    fn a_job_keeps_the_laws_and_is_never_doubled(steps in steps(), resumed in any::<bool>()) {
        let machine = if resumed {
            let id = "job-1".parse().unwrap();
            Job::resume(endpoint(), id, JobPolicy::default(), Seed::new(1), START)
        } else {
            Job::new(endpoint(), url_request(), JobPolicy::default(), Seed::new(1), START)
        };
        let (mut machine, trace, now) = check_laws(machine, &steps, START, rebuild_job);
        let uploads = trace.sent.iter().filter(|sent| sent.request.method() == "POST");
        let uploads: Vec<_> = uploads.collect();
        let earlier = uploads.len().saturating_sub(1);
        prop_assert!(uploads[..earlier].iter().all(|sent| sent.unprocessed), "law 5: {trace:?}");
        let is_accepted = resumed || uploads.iter().any(|sent| sent.accepted);
        prop_assert_eq!(machine.job_id().is_some(), is_accepted);
        if let Err(error) = finish(&mut machine, now) {
            prop_assert_eq!(error.job_id().is_some(), is_accepted);
        }
    }

    #[test]
    fn the_same_seed_and_inputs_give_the_same_actions(steps in steps(), seed in any::<u128>()) {
        let run = || {
            let policy = UploadPolicy::default();
            let machine = Upload::new(endpoint(), url_request(), policy, Seed::new(seed), START);
            let (machine, trace, _) = check_laws(machine, &steps, START, rebuild_upload);
            format!("{machine:?} {trace:?}")
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn hostile_stored_state_is_refused_or_harmless(
        at in 0_usize..2000,
        with in prop::sample::select(vec!["null", "-1", "18446744073709551615", "\"\"", "{}", "9"]),
    ) {
        let poller = Poller::resume(
            endpoint(), "job-1".parse().unwrap(), PollPolicy::default(), Seed::new(1), START,
        );
        let stored = serde_json::to_string(poller.state()).unwrap();
        let numbers: Vec<_> = stored.match_indices(|c: char| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let i = numbers[at % numbers.len()];
        let forged = format!("{}{with}{}", &stored[..i], &stored[i + 1..]);
        if let Ok(state) = serde_json::from_str::<PollerState>(&forged) {
            let mut machine = Poller::restore(endpoint(), state, START);
            for now in [Instant::ORIGIN, START, Instant::FAR_FUTURE] {
                if let Action::Send(attempt) = machine.next_action(now) {
                    machine.handle(now, attempt.id, Outcome::Response(Response::new(Bytes::new())));
                }
            }
        }
    }
}

#[test]
fn at_the_end_of_time_every_machine_is_done() {
    let end = Instant::FAR_FUTURE;
    assert!(matches!(upload(false, end).next_action(end), Action::Done(Err(_))));
    let mut poller =
        Poller::resume(endpoint(), "j".parse().unwrap(), PollPolicy::default(), Seed::new(1), end);
    assert!(matches!(poller.next_action(end), Action::Done(Err(_))));
    let url = result_url(&endpoint());
    let mut download = Download::new(url, DownloadPolicy::default(), Seed::new(1), end);
    assert!(matches!(download.next_action(end), Action::Done(Err(_))));
}
