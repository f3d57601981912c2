//! What an answer to a request of the check means, and what it leads to: a verdict, a
//! smaller request for a finding, another try, or the end.
//!
//! Sends nothing: what is sent next is the machine's to say.

use core::time::Duration;

use super::answer::Answer;
use super::check::{Check, Flight, Shrinking, Task};
use super::draft::Draft;
use super::expected::Expected;
use super::follow::Follow;
use super::judge_refusal::judge;
use super::order::Order;
use super::report::{CheckedJob, Ended, JobEnding};
use super::shrink::smaller;
use crate::api::retry_after::retry_after;
use crate::transport::attempt_id::AttemptId;
use crate::{Instant, Outcome, TransportFailure, WakeReason, Wakeup};

/// So many tasks in a row without an answer: the server is not there.
const MOST_SILENT: u32 = 3;
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Check {
    /// There is no answer.
    pub(super) fn failed(&mut self, now: Instant, flight: Flight, failure: &TransportFailure) {
        let (undone, what) = (failure.is_not_sent(), kind_of(failure));
        self.unanswered(now, flight, what, None, undone, None);
    }

    pub(super) fn answered(&mut self, now: Instant, flight: Flight, answer: &Answer) {
        let status = answer.status();
        if let Task::Look(at) = flight.task {
            return self.looked(now, at, answer);
        }
        let is_fetch = matches!(flight.task, Task::Fetch(_));
        if status == 429 || status.is_server_error() {
            let text = String::from_utf8_lossy(answer.response.body());
            if status == 503 && !is_fetch {
                self.judge_unavailable(!text.trim().is_empty(), &flight.task);
            }
            let asked = retry_after(answer.response.headers());
            let what = format!("an answer of {}", status.as_u16());
            let surely_undone =
                status == 429 || (status == 503 && (asked.is_some() || !text.trim().is_empty()));
            return self.unanswered(now, flight, what, asked, surely_undone, Some(answer));
        }
        let paid = matches!(flight.task, Task::Upload(_));
        if answer.is_cut_off() && !paid {
            let what = "an answer was cut off".to_owned();
            return self.unanswered(now, flight, what, None, false, Some(answer));
        }
        self.silent = 0;
        match flight.task {
            Task::Probe(draft) => self.probed(&draft, answer),
            Task::Shrink(draft) => self.shrunk(&draft, answer),
            Task::Upload(order) => self.uploaded(now, &order, answer),
            Task::Look(_) => {}
            Task::Fetch(at) => self.fetched(at, answer),
        }
    }

    fn judge_unavailable(&mut self, has_body: bool, task: &Task) {
        let mut verdicts = super::findings::Verdicts::default();
        verdicts.judge("unavailable-body", has_body, || "503 (no body)".to_owned());
        let command = self.command(task);
        self.log.take(&verdicts, &command);
    }

    fn command(&self, task: &Task) -> String {
        match task {
            Task::Probe(draft) | Task::Shrink(draft) => self.log.command(draft),
            Task::Upload(order) => self.log.command(&order.draft()),
            Task::Look(at) | Task::Fetch(at) => {
                let look = self.follows.get(*at).map(Follow::look);
                look.map(|draft| self.log.command(&draft)).unwrap_or_default()
            }
        }
    }

    /// No answer that says anything: the task is tried again, or given up.
    fn unanswered(
        &mut self,
        now: Instant,
        flight: Flight,
        what: String,
        asked: Option<Duration>,
        surely_undone: bool,
        answer: Option<&Answer>,
    ) {
        self.log.trouble(what.clone());
        if let Task::Look(at) = flight.task {
            return self.bad_look(now, at, answer);
        }
        let tries = flight.tries.saturating_add(1);
        let may_repeat = surely_undone || !matches!(flight.task, Task::Upload(_));
        if may_repeat && tries < self.policy.max_attempts && self.requests_left() > 0 {
            let backoff = Duration::from_millis(500).saturating_mul(1 << tries.min(4));
            let reason = if asked.is_some() { WakeReason::RetryAfter } else { WakeReason::Backoff };
            let wait = asked.unwrap_or(backoff).min(LONGEST_PAUSE);
            self.pause = Wakeup { at: now + wait, reason };
            self.again = Some((flight.task, tries));
            return;
        }
        self.silent = self.silent.saturating_add(1);
        match flight.task {
            Task::Upload(order) => {
                let end = if surely_undone { JobEnding::Refused } else { JobEnding::Ambiguous };
                if !surely_undone {
                    self.log.spent_credit();
                    self.unanswered.push((flight.id, order.clone(), self.log.report.jobs.len()));
                }
                self.add_job(&order, None, end);
            }
            Task::Fetch(at) => {
                // The host of the results is another one.
                self.silent = self.silent.saturating_sub(1);
                self.not_fetched(at, &what);
            }
            // A 5xx that stays is an answer after all, and none of the documented ones.
            Task::Probe(draft) => {
                if let Some(answer) = answer.filter(|answer| !is_passing(answer)) {
                    self.silent = 0;
                    self.probed(&draft, answer);
                }
            }
            Task::Shrink(_) | Task::Look(_) => {}
        }
        // A server that never said a word is not waited for any longer.
        let never_heard = !self.key_taken && !self.key_refused;
        if self.silent >= MOST_SILENT || (never_heard && self.silent > 0) {
            self.finish(Ended::Unreached(what));
        }
    }

    fn probed(&mut self, draft: &Draft, answer: &Answer) {
        if draft.auth.is_right() {
            self.key_taken |= answer.status() != 401;
            self.key_refused |= answer.status() == 401;
        }
        let verdicts = judge(draft, answer, &self.endpoint);
        self.log.report.seen.refusal(answer, &texts_of(draft));
        let command = self.log.command(draft);
        let new = self.log.take(&verdicts, &command);
        if self.leaked(draft, answer) {
            return;
        }
        for rule in new {
            let left = smaller(draft).into();
            self.shrinking.push_back(Shrinking { rule, left, spent: 0 });
        }
    }

    fn shrunk(&mut self, draft: &Draft, answer: &Answer) {
        let verdicts = judge(draft, answer, &self.endpoint);
        if self.leaked(draft, answer) {
            return;
        }
        if let Some(shrinking) = self.shrinking.front_mut() {
            if verdicts.breaks(shrinking.rule) {
                shrinking.left = smaller(draft).into();
                let rule = shrinking.rule;
                self.log.shrunk(rule, draft, &verdicts);
            }
        }
    }

    /// Whether an upload that ought to be refused made a job. No more of them
    /// are sent then.
    fn leaked(&mut self, draft: &Draft, answer: &Answer) -> bool {
        let accepted = answer.accepted().filter(|_| draft.is_upload());
        let Some(accepted) = accepted.filter(|_| Expected::of(draft).is_free()) else {
            return false;
        };
        self.log.spent_credit();
        self.log.report.unasked_jobs.push(accepted.job_id().to_string());
        self.probes.retain(|draft| !draft.is_upload());
        for shrinking in &mut self.shrinking {
            shrinking.left.retain(|draft| !draft.is_upload());
        }
        true
    }

    pub(super) fn add_job(&mut self, order: &Order, id: Option<String>, end: JobEnding) -> usize {
        let place = self.log.report.jobs.len();
        let (order, steps) = (order.to_string(), Vec::new());
        self.log.report.jobs.push(CheckedJob { id, order, end, seconds: 0.0, steps });
        place
    }

    /// No real upload is sent any more.
    pub(super) fn stop_uploads(&mut self) {
        self.orders.clear();
    }

    /// An acceptance that comes after its attempt was given up is the id of a
    /// paid job all the same (contract, rule 19).
    pub(super) fn late(&mut self, now: Instant, id: AttemptId, outcome: &Outcome) {
        let (Outcome::Response(answer) | Outcome::Partial(answer)) = outcome else { return };
        let answer = Answer::new(answer.clone(), true);
        let place = self.unanswered.iter().position(|(lost, ..)| *lost == id);
        if let (Some(place), Some(accepted)) = (place, answer.accepted()) {
            let (_, order, job) = self.unanswered.swap_remove(place);
            let job_id = accepted.job_id().to_string();
            if let Some(job) = self.log.job(job) {
                job.id = Some(job_id.clone());
                job.end = JobEnding::Open;
            }
            self.follows.push(Follow::new(job_id, order, now, job, &self.policy));
        }
    }
}

/// A 429 and a 503 pass.
fn is_passing(answer: &Answer) -> bool {
    matches!(answer.status().as_u16(), 429 | 503)
}

/// What of a draft a message may repeat.
fn texts_of(draft: &Draft) -> Vec<&str> {
    match &draft.call {
        super::draft::Call::Status(asked) => asked.value().into_iter().collect(),
        super::draft::Call::Upload(super::draft::Content::Json(fields)) => {
            fields.iter().filter_map(|(_, value)| value.as_str()).collect()
        }
        super::draft::Call::Upload(super::draft::Content::Form(_, file)) => {
            file.iter().map(|file| file.name.as_str()).collect()
        }
        super::draft::Call::Upload(super::draft::Content::Raw(_)) => Vec::new(),
    }
}

/// The failure without what differs from time to time.
fn kind_of(failure: &TransportFailure) -> String {
    match failure {
        TransportFailure::Connect { .. } => "no connection".to_owned(),
        TransportFailure::Broken { .. } => "the connection broke".to_owned(),
        TransportFailure::TimedOut { .. } => "no answer in time".to_owned(),
        other => other.to_string(),
    }
}
