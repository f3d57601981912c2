//! One client with one photo: an upload, waits for its job, downloads, and the
//! operator who starts it again where it ended without the result.

use std::time::Duration;

use removit_proto::{
    Action, ApiKey, Attempt, AttemptId, Backoff, Download, DownloadPolicy, Endpoint, Finished,
    Instant, JobId, Machine, Outcome, PollError, PollPolicy, Poller, PollerState, ResultUrl, Seed,
    Upload, UploadError, UploadPolicy, UploadRequest, UploadState,
};

use crate::dice::Dice;

pub(crate) const API: &str = "http://127.0.0.1:1";
/// How long the operator takes to start something again.
const RESTART: Duration = Duration::from_secs(5);

/// The machine at work, or what is between two of them.
#[derive(Debug)]
enum Stage {
    Upload(Upload),
    Poll(Poller),
    Download {
        machine: Download,
        finished: Finished,
        index: usize,
    },
    /// The operator starts a new wait at this moment.
    Restart(Instant),
    Over(Ending),
}

/// How it ended, in the client's opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Rejected,
    NotSent,
    Ambiguous,
    Delivered,
    JobFailed,
    NoResult,
    GaveUp,
}

/// What the client wants now.
#[derive(Debug)]
pub(crate) enum Wish {
    Send(Attempt),
    Wake(Instant),
    Nothing,
}

/// What is on the client's disk.
#[derive(Debug)]
enum Stored {
    Upload(String),
    /// The job's id, and the poller's state where that was stored too.
    Job(Option<String>),
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) url: String,
    seed: u64,
    resends: bool,
    stage: Stage,
    stored: Stored,
    /// Which process this is: outcomes of an earlier one never arrive.
    pub(crate) process: u32,
    pub(crate) accepted: Option<JobId>,
    pub(crate) ambiguous: u32,
    pub(crate) uploads: u32,
    polls: u32,
    pub(crate) most_polls: u32,
    downloads: u32,
    pub(crate) most_downloads: u32,
    pub(crate) ended_at: Option<Instant>,
    /// No new wait begins after this moment.
    patience: Instant,
}

impl Client {
    pub(crate) fn new(number: u64, dice: &mut Dice, now: Instant, patience: Instant) -> Self {
        let url = format!("https://photos.example/{number}.jpg");
        let seed = dice.bits();
        let resends = dice.chance(200);
        let mut policy = UploadPolicy::default();
        policy.resend_ambiguous = resends;
        let request = UploadRequest::from_url(url.parse().expect("a URL"));
        let seed_of_upload = Seed::new(u128::from(seed));
        let upload = Upload::new(endpoint(), request, policy, seed_of_upload, now);
        let stored = Stored::Upload(text(upload.state()));
        Self {
            url,
            seed,
            resends,
            stage: Stage::Upload(upload),
            stored,
            process: 0,
            accepted: None,
            ambiguous: 0,
            uploads: 0,
            polls: 0,
            most_polls: 0,
            downloads: 0,
            most_downloads: 0,
            ended_at: None,
            patience,
        }
    }

    pub(crate) fn resends(&self) -> bool {
        self.resends
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        match self.stage {
            Stage::Over(ending) => Some(ending),
            _ => None,
        }
    }

    /// Goes on as far as it can without the network or time.
    pub(crate) fn next(&mut self, now: Instant, forgets: bool) -> Wish {
        loop {
            match &mut self.stage {
                Stage::Over(_) => return Wish::Nothing,
                Stage::Restart(at) if now < *at => return Wish::Wake(*at),
                Stage::Restart(_) => self.wait_anew(now),
                Stage::Upload(upload) => match upload.next_action(now) {
                    Action::Send(attempt) => {
                        self.uploads += 1;
                        self.stored = Stored::Upload(text(upload.state()));
                        return Wish::Send(attempt);
                    }
                    Action::SleepUntil(wakeup) => return Wish::Wake(wakeup.at),
                    Action::Done(Ok(accepted)) => {
                        self.ambiguous = accepted.earlier_ambiguous();
                        if forgets {
                            // The process dies between the answer and the disk.
                            self.crash(now);
                            continue;
                        }
                        let poller =
                            Poller::new(endpoint(), &accepted, poll_policy(), self.seed(), now);
                        self.stored = Stored::Job(None);
                        self.accepted = Some(accepted.job_id().clone());
                        self.stage = Stage::Poll(poller);
                    }
                    Action::Done(Err(error)) => self.end_upload(now, &error),
                },
                Stage::Poll(poller) => match poller.next_action(now) {
                    Action::Send(attempt) => {
                        self.polls += 1;
                        self.most_polls = self.most_polls.max(self.polls);
                        self.stored = Stored::Job(Some(text(poller.state())));
                        return Wish::Send(attempt);
                    }
                    Action::SleepUntil(wakeup) => return Wish::Wake(wakeup.at),
                    Action::Done(Ok(finished)) => self.fetch(now, finished, 0),
                    Action::Done(Err(error)) => self.end_wait(now, &error),
                },
                Stage::Download { machine, finished, index } => match machine.next_action(now) {
                    Action::Send(attempt) => {
                        self.downloads += 1;
                        self.most_downloads = self.most_downloads.max(self.downloads);
                        return Wish::Send(attempt);
                    }
                    Action::SleepUntil(wakeup) => return Wish::Wake(wakeup.at),
                    Action::Done(Ok(_)) => {
                        let (finished, next) = (finished.clone(), *index + 1);
                        self.fetch(now, finished, next);
                    }
                    Action::Done(Err(_)) => self.stage = Stage::Restart(now + RESTART),
                },
            }
        }
    }

    pub(crate) fn handle(&mut self, now: Instant, id: AttemptId, outcome: Outcome) {
        match &mut self.stage {
            Stage::Upload(upload) => upload.handle(now, id, outcome),
            Stage::Poll(poller) => poller.handle(now, id, outcome),
            Stage::Download { machine, .. } => machine.handle(now, id, outcome),
            Stage::Restart(_) | Stage::Over(_) => {}
        }
    }

    /// The process ends; a new one goes on from the disk.
    pub(crate) fn crash(&mut self, now: Instant) {
        if matches!(self.stage, Stage::Over(_)) {
            return;
        }
        self.process += 1;
        self.stage = match &self.stored {
            Stored::Upload(state) => {
                let state: UploadState = serde_json::from_str(state).expect("readable");
                Stage::Upload(Upload::restore(endpoint(), state))
            }
            Stored::Job(Some(state)) if self.seed % 2 == 0 => {
                let state: PollerState = serde_json::from_str(state).expect("readable");
                Stage::Poll(Poller::restore(endpoint(), state))
            }
            Stored::Job(_) => Stage::Restart(now + RESTART),
        };
    }

    fn wait_anew(&mut self, now: Instant) {
        let id = self.accepted.clone().expect("a wait is for an accepted job");
        self.polls = 0;
        let poller = Poller::resume(endpoint(), id, poll_policy(), self.seed(), now);
        self.stage = Stage::Poll(poller);
    }

    fn fetch(&mut self, now: Instant, finished: Finished, index: usize) {
        self.downloads = 0;
        let Some(link) = finished.results().get(index) else {
            return self.end(now, Ending::Delivered);
        };
        let url = ResultUrl::check(link.url(), &endpoint()).expect("the vendor's own URL");
        let machine = Download::new(url, download_policy(), self.seed(), now);
        self.stage = Stage::Download { machine, finished, index };
    }

    fn end_upload(&mut self, now: Instant, error: &UploadError) {
        let ending = match error {
            UploadError::Rejected(_) => Ending::Rejected,
            UploadError::NotSent(_) => Ending::NotSent,
            UploadError::Ambiguous(ambiguity) => {
                self.ambiguous = ambiguity.attempts();
                Ending::Ambiguous
            }
            other => panic!("an end without a law: {other:?}"),
        };
        self.end(now, ending);
    }

    fn end_wait(&mut self, now: Instant, error: &PollError) {
        assert_eq!(Some(error.job_id()), self.accepted.as_ref(), "law 7: the id is there");
        match error {
            PollError::Failed(_) => self.end(now, Ending::JobFailed),
            PollError::NoResult(_) => self.end(now, Ending::NoResult),
            _ if now > self.patience => self.end(now, Ending::GaveUp),
            _ => self.stage = Stage::Restart(now + RESTART),
        }
    }

    fn end(&mut self, now: Instant, ending: Ending) {
        self.ended_at = Some(now);
        self.stage = Stage::Over(ending);
    }

    fn seed(&self) -> Seed {
        Seed::new(u128::from(self.seed))
    }
}

fn endpoint() -> Endpoint {
    Endpoint::new(API, ApiKey::new("sk-soak-key").expect("a key")).expect("loopback")
}

fn text(state: &impl serde::Serialize) -> String {
    serde_json::to_string(state).expect("storable")
}

pub(crate) fn poll_policy() -> PollPolicy {
    let mut policy = PollPolicy::default();
    policy.timeout = Duration::from_secs(60);
    policy.backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
    policy
}

pub(crate) fn download_policy() -> DownloadPolicy {
    let mut policy = DownloadPolicy::default();
    policy.attempt_timeout = Duration::from_secs(60);
    policy
}
