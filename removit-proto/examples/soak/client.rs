//! One client with one photo: an upload, waits for its job, downloads, and the
//! operator who starts it again where it ended without the result.

mod ending;

use std::time::Duration;

use removit_proto::simulator::Digest;
use removit_proto::{
    Accepted, Action, Attempt, AttemptId, Download, Finished, Instant, JobId, Machine, Outcome,
    Poller, PollerState, ResultUrl, Upload, UploadState, WakeReason, Wakeup,
};

pub(crate) use self::ending::Ending;
use crate::clock::Clock;
use crate::network::Written;
use crate::order::Order;

/// How long the operator takes to start something again.
const RESTART: Duration = Duration::from_secs(5);
/// An excerpt of a bad answer, of up to 4 KiB, and the rest of the state: no
/// wait, however long, stores more.
const MOST_STORED: usize = 6 * 1024;
/// No policy at work here, and no server, asks for a longer pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

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

/// What the client wants now.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one wish lives at a time")]
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
    pub(crate) order: Order,
    pub(crate) clock: Clock,
    stage: Stage,
    stored: Stored,
    /// The upload that ended without an id: its acceptance may come late.
    given_up: Option<Upload>,
    /// Further jobs of the same photo whose ids are known.
    pub(crate) further: usize,
    /// What is in the file of the result that is being fetched.
    file: Vec<u8>,
    /// The digests of the results that were delivered.
    pub(crate) delivered: Vec<u64>,
    /// Which of its machines is at work: a driver hands the outcomes of each to
    /// no other one.
    pub(crate) machine: u32,
    pub(crate) accepted: Option<JobId>,
    pub(crate) ambiguous: u32,
    pub(crate) uploads: u64,
    polls: u64,
    pub(crate) most_polls: u64,
    fetches: u64,
    pub(crate) most_fetches: u64,
    pub(crate) ended_at: Option<Instant>,
    /// When the storm ends.
    pub(crate) calm: Instant,
    wait_began: Instant,
    has_wrong_key: bool,
}

impl Client {
    pub(crate) fn new(order: Order, now: Instant, calm: Instant) -> Self {
        let (endpoint, request) = (order.endpoint.clone(), order.request.clone());
        let upload = Upload::new(endpoint, request, order.upload, order.seed, now);
        Self {
            order,
            clock: Clock::default(),
            stored: Stored::Upload(text(upload.state())),
            stage: Stage::Upload(upload),
            given_up: None,
            further: 0,
            file: Vec::new(),
            delivered: Vec::new(),
            machine: 0,
            accepted: None,
            ambiguous: 0,
            uploads: 0,
            polls: 0,
            most_polls: 0,
            fetches: 0,
            most_fetches: 0,
            ended_at: None,
            calm,
            wait_began: now,
            has_wrong_key: false,
        }
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        match self.stage {
            Stage::Over(ending) => Some(ending),
            _ => None,
        }
    }

    /// Whether an upload is at work, of which no id is known yet.
    pub(crate) fn is_uploading(&self) -> bool {
        matches!(self.stage, Stage::Upload(_))
    }

    /// Goes on as far as it can without the network or time.
    pub(crate) fn next(&mut self, now: Instant) -> Wish {
        loop {
            let shown = self.clock.shows(now);
            match &mut self.stage {
                Stage::Over(_) => return Wish::Nothing,
                Stage::Restart(at) if now < *at => return Wish::Wake(*at),
                Stage::Restart(_) => self.wait_anew(now, false),
                Stage::Upload(upload) => match upload.next_action(shown) {
                    Action::Send(attempt) => {
                        self.uploads += 1;
                        self.stored = Stored::Upload(text(upload.state()));
                        return self.send(now, attempt);
                    }
                    Action::SleepUntil(wakeup) => return self.sleep(now, wakeup),
                    Action::Done(Ok(accepted)) => self.wait_for(shown, &accepted),
                    Action::Done(Err(error)) => {
                        let upload = upload.clone();
                        self.end_upload(now, &error);
                        self.given_up = Some(upload);
                    }
                },
                Stage::Poll(poller) => match poller.next_action(shown) {
                    Action::Send(attempt) => {
                        self.polls += 1;
                        self.most_polls = self.most_polls.max(self.polls);
                        self.stored = Stored::Job(Some(text(poller.state())));
                        return self.send(now, attempt);
                    }
                    Action::SleepUntil(wakeup) => return self.sleep(now, wakeup),
                    Action::Done(Ok(finished)) => {
                        assert!(!self.has_wrong_key, "a job was shown to another account");
                        self.delivered.clear();
                        self.fetch(now, finished, 0);
                    }
                    Action::Done(Err(error)) => self.end_wait(now, &error),
                },
                Stage::Download { machine, finished, index } => match machine.next_action(shown) {
                    Action::Send(attempt) => {
                        self.fetches += 1;
                        self.most_fetches = self.most_fetches.max(self.fetches);
                        return self.send(now, attempt);
                    }
                    Action::SleepUntil(wakeup) => return self.sleep(now, wakeup),
                    Action::Done(Ok(downloaded)) => {
                        let len = u64::try_from(self.file.len()).unwrap_or(u64::MAX);
                        assert_eq!(downloaded.len, len, "the file is as long as the machine says");
                        self.delivered.push(Digest::of(&self.file));
                        let (finished, next) = (finished.clone(), *index + 1);
                        self.fetch(now, finished, next);
                    }
                    Action::Done(Err(_)) => self.stage = Stage::Restart(now + RESTART),
                },
            }
        }
    }

    /// What tells whether an outcome did anything.
    pub(crate) fn shown(&self) -> String {
        format!("{:?} {:?} {:?}", self.stage, self.given_up, self.file)
    }

    /// The outcome of an attempt, and what its answer left in the file. `true` where
    /// it brings an upload that was over its job.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        id: AttemptId,
        outcome: Outcome,
        written: Written,
    ) -> bool {
        let shown = self.clock.shows(now);
        match &mut self.stage {
            Stage::Upload(upload) => upload.handle(shown, id, outcome),
            Stage::Poll(poller) => poller.handle(shown, id, outcome),
            Stage::Download { machine, .. } => {
                // A driver stops writing for an attempt that the machine gave up.
                if machine.in_flight() == Some(id) {
                    if let Some((from, bytes)) = written {
                        self.file.truncate(usize::try_from(from).unwrap_or(usize::MAX));
                        self.file.extend_from_slice(&bytes);
                    }
                }
                machine.handle(shown, id, outcome);
            }
            Stage::Over(_) => {
                let Some(upload) = &mut self.given_up else { return false };
                upload.handle(shown, id, outcome);
                if let Some(accepted) = upload.accepted().cloned() {
                    self.ended_at = None;
                    self.wait_for(shown, &accepted);
                    return true;
                }
            }
            Stage::Restart(_) => {}
        }
        false
    }

    /// The process ends; a new one goes on from the disk.
    pub(crate) fn crash(&mut self, now: Instant) {
        self.machine += 1;
        let shown = self.clock.shows(now);
        self.stage = match &self.stored {
            Stored::Upload(state) => {
                let state: UploadState = serde_json::from_str(state).expect("readable");
                Stage::Upload(Upload::restore(self.order.endpoint.clone(), state, shown))
            }
            Stored::Job(Some(state)) if self.machine % 2 == 0 && !self.has_wrong_key => {
                let state: PollerState = serde_json::from_str(state).expect("readable");
                Stage::Poll(Poller::restore(self.order.endpoint.clone(), state, shown))
            }
            Stored::Job(_) => Stage::Restart(now + RESTART),
        };
    }

    /// The operator starts a wait by the id alone, perhaps with the key of
    /// another account. `false` where none is due.
    pub(crate) fn begin_wait(&mut self, now: Instant, with_wrong_key: bool) -> bool {
        let is_due = matches!(self.stage, Stage::Restart(at) if at <= now);
        if is_due {
            self.wait_anew(now, with_wrong_key);
        }
        is_due
    }

    fn wait_for(&mut self, shown: Instant, accepted: &Accepted) {
        self.given_up = None;
        self.ambiguous = accepted.earlier_ambiguous();
        self.further = accepted.further().len();
        self.accepted = Some(accepted.job_id().clone());
        self.stored = Stored::Job(None);
        self.polls = 0;
        let endpoint = self.order.endpoint.clone();
        let poller = Poller::new(endpoint, accepted, self.order.poll, self.order.seed, shown);
        self.begin(Stage::Poll(poller));
    }

    fn wait_anew(&mut self, now: Instant, with_wrong_key: bool) {
        let id = self.accepted.clone().expect("a wait is for an accepted job");
        self.has_wrong_key = with_wrong_key;
        self.wait_began = now;
        self.polls = 0;
        let order = &self.order;
        let endpoint = if with_wrong_key { &order.wrong_endpoint } else { &order.endpoint };
        let shown = self.clock.shows(now);
        let poller = Poller::resume(endpoint.clone(), id, order.poll, order.seed, shown);
        self.begin(Stage::Poll(poller));
    }

    fn fetch(&mut self, now: Instant, finished: Finished, index: usize) {
        self.fetches = 0;
        let Some(link) = finished.results().get(index) else {
            return self.end(now, Ending::Delivered);
        };
        let url = ResultUrl::check(link.url(), &self.order.endpoint).expect("the vendor's own URL");
        let shown = self.clock.shows(now);
        let machine = Download::new(url, self.order.download, self.order.seed, shown);
        self.begin(Stage::Download { machine, finished, index });
    }

    fn begin(&mut self, stage: Stage) {
        self.machine += 1;
        self.stage = stage;
    }

    fn send(&self, now: Instant, mut attempt: Attempt) -> Wish {
        attempt.deadline = self.clock.moment(now, attempt.deadline);
        Wish::Send(attempt)
    }

    fn sleep(&self, now: Instant, wakeup: Wakeup) -> Wish {
        let at = self.clock.moment(now, wakeup.at);
        let is_pause = wakeup.reason != WakeReason::AttemptDeadline;
        assert!(
            !is_pause || at - now <= LONGEST_PAUSE + self.clock.set_back,
            "a pause of {:?} for {:?}",
            at - now,
            wakeup.reason
        );
        Wish::Wake(at)
    }
}

fn text(state: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(state).expect("storable");
    assert!(text.len() <= MOST_STORED, "law 8: {} bytes to store", text.len());
    text
}
