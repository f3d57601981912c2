//! The machines against the simulated vendor, in virtual time. What counts is
//! the vendor's account, not the client's opinion.

use std::time::Duration;

use crate::support::{file_request, url_request};
use proptest::prelude::*;
use removit_proto::simulator::{Config, Origin, Scenario, Simulator};
use removit_proto::{
    Accepted, Action, ApiKey, AuthScheme, Delivery, Download, DownloadPolicy, Endpoint, Finished,
    Instant, Machine, Mode, OutputFormat, Params, PollError, PollPolicy, Poller, ResultUrl,
    Schedule, Seed, Upload, UploadError, UploadOptions, UploadPolicy, UploadRequest,
};

const API: &str = "http://127.0.0.1:1";
const RESULTS: &str = "http://127.0.0.1:2";
const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n0123456789";

/// The vendor, and the time that passes for both sides.
struct World {
    vendor: Simulator,
    now: Instant,
}

/// How one photo fared.
#[derive(Debug)]
struct Fate {
    upload: Result<Accepted, UploadError>,
    poll: Option<Result<Finished, PollError>>,
    downloads: Vec<bool>,
}

impl World {
    fn new(config: Config) -> Self {
        let mut vendor = Simulator::new(config);
        vendor.set_bases(API, RESULTS);
        Self { vendor, now: Instant::from_origin(Duration::from_secs(1_790_000_000)) }
    }

    fn drive<M: Machine>(&mut self, machine: &mut M) -> M::Output {
        for _ in 0..10_000 {
            match machine.next_action(self.now) {
                Action::Send(attempt) => {
                    let id = attempt.id;
                    let attempted = self.vendor.attempt(self.now, attempt, PHOTO);
                    self.now = attempted.at;
                    machine.handle(self.now, id, attempted.outcome);
                }
                Action::SleepUntil(wakeup) => self.now = wakeup.at,
                Action::Done(output) => return output,
            }
        }
        panic!("never done");
    }

    /// One photo through upload, polling and download.
    fn process(&mut self, request: UploadRequest, auth: AuthScheme, seed: u128) -> Fate {
        let key = ApiKey::new("sk-vendor-test").unwrap();
        let endpoint = Endpoint::new(API, key).unwrap().with_auth(auth);
        let seed = Seed::new(seed);
        let policy = UploadPolicy::default();
        let mut upload = Upload::new(endpoint.clone(), request, policy, seed, self.now);
        let upload = self.drive(&mut upload);
        let Ok(accepted) = &upload else { return Fate { upload, poll: None, downloads: vec![] } };

        let policy = PollPolicy::default();
        let mut poller = Poller::new(endpoint.clone(), accepted, policy, seed, self.now);
        let poll = self.drive(&mut poller);
        let mut downloads = Vec::new();
        for link in poll.iter().flat_map(Finished::results) {
            downloads.push(ResultUrl::check(link.url(), &endpoint).is_ok_and(|url| {
                let policy = DownloadPolicy::default();
                self.drive(&mut Download::new(url, policy, seed, self.now)).is_ok()
            }));
        }
        Fate { upload, poll: Some(poll), downloads }
    }

    /// What must hold whatever went wrong.
    fn check_account(&self, fate: &Fate) {
        let account = self.vendor.account();
        match &fate.upload {
            Ok(accepted) => {
                assert_eq!(account.jobs.len(), 1, "{fate:?}");
                assert_eq!(account.jobs[0].id, accepted.job_id().as_str());
            }
            Err(UploadError::Ambiguous(_)) => assert!(account.jobs.len() <= 1, "{fate:?}"),
            Err(_) => assert_eq!(account.jobs.len(), 0, "{fate:?}"),
        }
        assert_eq!(account.credits_spent, account.jobs.len() as u64);
        assert!(!account.key_seen_at(Origin::Results), "{fate:?}");
        for job in &account.jobs {
            let gap = job.shortest_poll_gap();
            assert!(gap.is_none_or(|gap| gap >= Schedule::DEFAULT_FLOOR), "{gap:?}");
        }
        if let Some(Err(error)) = &fate.poll {
            assert_eq!(error.job_id().as_str(), account.jobs[0].id);
        }
    }
}

/// What reading as browsers do is worth: the job is had, waited for and fetched.
#[test]
fn a_photo_goes_through_whatever_its_answers_come_in() {
    for name in [
        "happy",
        "noisy-accept",
        "cut-accept",
        "cut-gzip-accept",
        "compressed-answers",
        "noisy-answers",
        "number-ids",
        "odd-ids",
        "odd-bodies",
        "other-words",
        "odd-addresses",
        "raw-redirect",
    ] {
        let scenario = Scenario::by_name(name).unwrap();
        let mut world = World::new(scenario.apply(Config::default()));
        let fate = world.process(file_request(PHOTO.len() as u64), AuthScheme::XApiKey, 7);
        world.check_account(&fate);
        let results = fate.poll.as_ref().unwrap().as_ref().map(|done| done.results().len());
        assert_eq!(results.ok(), Some(fate.downloads.len()), "{name}: {fate:?}");
        assert!(fate.downloads.iter().all(|fetched| *fetched), "{name}: {fate:?}");
        let job = &world.vendor.account().jobs[0];
        assert_eq!(job.downloads, fate.downloads.len() as u64, "{name}");
    }
}

#[test]
fn numbers_in_params_arrive_as_the_digits_that_they_were() {
    let json = r#"{"n":123456789012345678901234567890,"x":1.50,"y":-1e400}"#;
    let mode = Mode::Params(Params::from_json(json).unwrap());
    // `y` is no number of a parser with floats, and PHP's own is INF.
    let json = &json.replace(",\"y\":-1e400", "");
    let shorter = Mode::Params(Params::from_json(json).unwrap());
    for request in [url_request(), file_request(PHOTO.len() as u64)] {
        let mut world = World::new(Config::default());
        let fate = world.process(request.mode(shorter.clone()), AuthScheme::XApiKey, 7);
        world.check_account(&fate);
        assert_eq!(world.vendor.account().jobs[0].order.params_text.as_ref(), Some(json));
    }
    let stored = serde_json::to_value(&mode).unwrap();
    assert_eq!(serde_json::from_value::<Mode>(stored).unwrap(), mode);
    let mut options = UploadOptions::default();
    options.mode = Some(mode);
    let stored = serde_json::to_value(&options).unwrap();
    assert_eq!(serde_json::from_value::<UploadOptions>(stored).unwrap(), options);
}

#[test]
fn a_202_that_nobody_can_read_is_ambiguous_and_says_why() {
    let scenario = Scenario::by_name("unreadable-accept").unwrap();
    let mut world = World::new(scenario.apply(Config::default()));
    let fate = world.process(url_request(), AuthScheme::XApiKey, 7);
    world.check_account(&fate);
    let told = fate.upload.unwrap_err().to_string();
    assert!(told.contains("in the encoding") && told.contains("br"), "{told}");
    assert_eq!(world.vendor.account().jobs.len(), 1);
}

#[test]
fn a_photo_goes_through_in_every_mode_delivery_and_by_either_source() {
    let modes = [
        None,
        Some(Mode::Background),
        Some(Mode::Clipping),
        Some(Mode::Params(Params::set("set"))),
        Some(Mode::Params(Params::Object(serde_json::Map::new()))),
    ];
    for mode in modes {
        for delivery in [None, Some(Delivery::Url), Some(Delivery::FinalUrl)] {
            for request in [url_request(), file_request(PHOTO.len() as u64)] {
                let mut request = request.format(OutputFormat::Webp);
                if let Some(mode) = &mode {
                    request = request.mode(mode.clone());
                }
                if let Some(delivery) = delivery {
                    request = request.delivery(delivery);
                }
                let mut world = World::new(Config::default());
                let fate = world.process(request, AuthScheme::Bearer, 1);
                world.check_account(&fate);
                assert!(fate.poll.as_ref().is_some_and(Result::is_ok), "{fate:?}");
                assert!(!fate.downloads.is_empty() && fate.downloads.iter().all(|ok| *ok));
            }
        }
    }
}

#[test]
fn no_scenario_loses_doubles_or_leaks_a_job() {
    for scenario in Scenario::ALL {
        for seed in 0..20 {
            let config = Config::default().with(|config| config.seed = Seed::new(seed));
            let mut world = World::new(scenario.apply(config));
            let request = file_request(PHOTO.len() as u64).mode(Mode::Params(Params::set("s")));
            let fate = world.process(request, AuthScheme::XApiKey, seed);
            world.check_account(&fate);
        }
    }
}

/// Which scenarios end how: the contract's rule 3 on the vendor's side.
#[test]
fn scenarios_end_as_the_contract_says() {
    let end = |name: &str| {
        let scenario = Scenario::by_name(name).unwrap_or_else(|| panic!("no scenario {name}"));
        let mut world = World::new(scenario.apply(Config::default()));
        let fate = world.process(file_request(PHOTO.len() as u64), AuthScheme::XApiKey, 7);
        let jobs = world.vendor.account().jobs.len();
        let end = match (&fate.upload, &fate.poll) {
            (Err(UploadError::Rejected(_)), _) => "rejected",
            (Err(UploadError::NotSent(_)), _) => "not sent",
            (Err(UploadError::Ambiguous(_)), _) => "ambiguous",
            (Ok(_), Some(Ok(_))) => "done",
            (Ok(_), Some(Err(PollError::Failed(_)))) => "failed",
            (Ok(_), Some(Err(PollError::TimedOut { .. }))) => "timed out",
            other => panic!("{name}: {other:?}"),
        };
        (end, jobs)
    };
    for (name, expected) in [
        ("happy", ("done", 1)),
        ("slow-queue", ("done", 1)),
        ("key-refused", ("rejected", 0)),
        ("no-credits", ("rejected", 0)),
        ("validation", ("rejected", 0)),
        ("rate-limited", ("done", 1)),
        ("unavailable", ("done", 1)),
        ("unavailable-until", ("done", 1)),
        ("unavailable-bare", ("ambiguous", 0)),
        ("html-error", ("ambiguous", 0)),
        ("lost-answer", ("ambiguous", 1)),
        ("lost-before-create", ("ambiguous", 0)),
        ("failed-job", ("failed", 1)),
        ("never-done", ("timed out", 1)),
    ] {
        assert_eq!(end(name), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_pair_of_scenarios_loses_doubles_or_leaks_a_job(
        first in 0..Scenario::ALL.len(),
        second in 0..Scenario::ALL.len(),
        seed in any::<u128>(),
    ) {
        let config = Config::default().with(|config| config.seed = Seed::new(seed));
        let config = Scenario::ALL[second].apply(Scenario::ALL[first].apply(config));
        let mut world = World::new(config);
        let fate = world.process(url_request(), AuthScheme::XApiKey, seed);
        world.check_account(&fate);
    }
}
