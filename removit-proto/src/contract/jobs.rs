//! What the answers about real jobs lead to.

use super::answer::Answer;
use super::check::Check;
use super::draft::{Asked, Draft};
use super::expected::Expected;
use super::findings::Verdicts;
use super::follow::{Fetch, Follow, HIDDEN};
use super::judge_refusal::{judge_body, key_rule};
use super::judge_result;
use super::judge_status::{self, Stage, results, without_query};
use super::order::Order;
use super::report::JobEnding;
use super::seen::topic;
use crate::api::retry_after::retry_after;
use crate::{Instant, ResultUrl};

/// How many redirects of a result are followed.
const MOST_HOPS: u32 = 5;

impl Follow {
    /// The look at it.
    pub(super) fn look(&self) -> Draft {
        Draft::status(Asked::Own(self.job_id.clone()))
    }
}

impl Check {
    /// The answer to a real upload.
    pub(super) fn uploaded(&mut self, now: Instant, order: &Order, answer: &Answer) {
        let draft = order.draft();
        let mut verdicts = Verdicts::default();
        answer.judge(draft.auth, &self.endpoint, &mut verdicts);
        let status = answer.status().as_u16();
        let seen = || answer.shown(&self.endpoint);
        let known = !verdicts.breaks("no-redirect") && !verdicts.breaks("documented-status");
        let accepted = answer.accepted();
        if let (true, Some(rule)) = (known, key_rule(draft.auth)) {
            verdicts.judge(rule, status != 401, seen);
        }
        if status == 402 {
            judge_body(&Expected::Accepted, answer, &self.endpoint, &mut verdicts);
        } else if known && status != 401 {
            verdicts.judge("upload-202", status == 202, seen);
        }
        if status == 202 && answer.body.is_some() {
            let id = answer.text("job_id").filter(|id| !id.trim().is_empty());
            verdicts.judge("accepted-job-id", id.is_some(), seen);
            verdicts.judge("accepted-status", answer.text("status") == Some("queued"), seen);
            let mode = order.mode.unwrap_or("clipping");
            verdicts.judge("accepted-mode", answer.text("mode") == Some(mode), seen);
        }
        let job_id = accepted.map(|accepted| accepted.job_id().to_string());
        if let Some(id) = &job_id {
            let known = self.follows.iter().any(|follow| follow.job_id == *id);
            verdicts.judge("job-id-unique", !known, || format!("job {id}, twice"));
        }
        let command = self.log.command(&draft);
        self.log.take(&verdicts, &command);
        match job_id {
            Some(id) => {
                self.log.spent_credit();
                self.log.report.seen.accepted(answer);
                let place = self.add_job(order, Some(id.clone()), JobEnding::Open);
                let follow = Follow::new(id, order.clone(), now, place, &self.policy);
                self.follows.push(follow);
            }
            None if status == 402 => {
                self.add_job(order, None, JobEnding::NoCredits);
                self.stop_uploads();
            }
            None if answer.status().is_success() => {
                self.log.spent_credit();
                self.add_job(order, None, JobEnding::Ambiguous);
            }
            None => {
                self.log.report.seen.refusal(answer, &[]);
                self.add_job(order, None, JobEnding::Refused);
                // What is refused once is refused again: it says no more.
                self.stop_uploads();
            }
        }
    }

    /// The answer to a look at a real job.
    pub(super) fn looked(&mut self, now: Instant, at: usize, answer: &Answer) {
        let Some(follow) = self.follows.get_mut(at) else { return };
        let draft = follow.look();
        let status = answer.status();
        if status == 429 || status.is_server_error() {
            self.log.trouble(format!("an answer of {}", status.as_u16()));
            return self.bad_look(now, at, Some(answer));
        }
        let mut verdicts = Verdicts::default();
        answer.judge(draft.auth, &self.endpoint, &mut verdicts);
        let seen = || answer.shown(&self.endpoint);
        let age = now - follow.accepted_at;
        let (mut stage, mut told) = (None, true);
        match status.as_u16() {
            200 if answer.body.is_some() => {
                verdicts.judge("job-visible", true, String::new);
                let (id, order) = (follow.job_id.clone(), follow.order.clone());
                let told = &mut follow.told;
                let endpoint = &self.endpoint;
                stage =
                    Some(judge_status::judge(&id, &order, told, answer, endpoint, &mut verdicts));
                self.log.report.seen.status(answer);
            }
            404 if age < HIDDEN && !follow.told.done => {
                self.log.report.seen.note(topic::EARLY, "404 for a job that exists");
                told = false;
            }
            401 => {
                verdicts.judge("key-x-api-key", false, seen);
            }
            _ if answer.body.is_none() || !verdicts.broken.is_empty() => told = false,
            _ => {
                verdicts.judge("job-visible", false, seen);
            }
        }
        let command = self.log.command(&draft);
        self.log.take(&verdicts, &command);
        match stage {
            Some(stage) => self.moved(now, at, &stage, answer),
            None if told => self.lost(now, at),
            None => self.bad_look(now, at, None),
        }
    }

    /// A look that brought nothing: another one follows, or the job is lost.
    pub(super) fn bad_look(&mut self, now: Instant, at: usize, answer: Option<&Answer>) {
        let policy = &self.policy;
        let Some(follow) = self.follows.get_mut(at) else { return };
        let asked = answer.and_then(|answer| retry_after(answer.response.headers()));
        if follow.after_bad_look(now, asked.unwrap_or_default(), policy) {
            return;
        }
        // What stays is an answer after all.
        if let Some(answer) = answer {
            let draft = follow.look();
            let mut verdicts = Verdicts::default();
            answer.judge(draft.auth, &self.endpoint, &mut verdicts);
            let command = self.log.command(&draft);
            self.log.take(&verdicts, &command);
        }
        self.lost(now, at);
    }

    /// A job that can be looked at no longer. One that was done stays so.
    fn lost(&mut self, now: Instant, at: usize) {
        match self.follows.get_mut(at) {
            Some(follow) if follow.told.done => follow.due = None,
            _ => self.close(now, at, JobEnding::Lost),
        }
    }

    /// A good answer about a job.
    fn moved(&mut self, now: Instant, at: usize, stage: &Stage, answer: &Answer) {
        let policy = &self.policy;
        let Some(follow) = self.follows.get_mut(at) else { return };
        if let (Some(job), Some(step)) = (self.log.job(follow.place), answer.text("status")) {
            if job.steps.last().is_none_or(|last| last != step) {
                job.steps.push(step.chars().take(100).collect());
            }
        }
        let first_end =
            matches!(self.log.job(follow.place), Some(job) if job.end == JobEnding::Open);
        match stage {
            Stage::Done if first_end => {
                // One more look later, which has to say the same.
                follow.again(now, policy);
                let urls = results(answer).into_iter();
                let urls: Vec<_> = urls
                    .filter_map(|(_, url)| ResultUrl::check(&url, &self.endpoint).ok())
                    .collect();
                follow.fetches =
                    urls.iter().map(|url| Fetch { url: url.clone(), hops: 0 }).collect();
                for url in &urls {
                    self.log.report.seen.result(url);
                }
                self.ended(now, at, JobEnding::Done);
            }
            Stage::Failed if first_end => {
                let look = answer.shown(&self.endpoint);
                self.log.report.seen.failed(answer);
                self.close(now, at, JobEnding::Failed(look));
            }
            // The second look at a job that was done.
            _ if !first_end => follow.due = None,
            _ => {
                if !follow.again(now, policy) {
                    self.close(now, at, JobEnding::TimedOut);
                }
            }
        }
    }

    /// Takes note of a job's end.
    fn ended(&mut self, now: Instant, at: usize, end: JobEnding) {
        let Some(follow) = self.follows.get(at) else { return };
        let seconds = (now - follow.accepted_at).as_secs_f64();
        if end == JobEnding::Done {
            self.log.report.seen.job_seconds.push(seconds);
        }
        if let Some(job) = self.log.job(follow.place) {
            job.end = end;
            job.seconds = seconds;
        }
    }

    fn close(&mut self, now: Instant, at: usize, end: JobEnding) {
        self.ended(now, at, end);
        if let Some(follow) = self.follows.get_mut(at) {
            follow.due = None;
            follow.fetches.clear();
        }
    }

    /// The answer to the fetch of a result.
    pub(super) fn fetched(&mut self, at: usize, answer: &Answer) {
        let Some(follow) = self.follows.get_mut(at) else { return };
        let Some(fetch) = follow.fetches.pop_front() else { return };
        let draft = follow.look();
        if answer.status().is_redirection() {
            let next = fetch.url.redirected(&answer.header("location"));
            if let (Ok(url), true) = (next, fetch.hops < MOST_HOPS) {
                self.log.report.seen.redirect(answer.status().as_u16(), &url);
                let hops = fetch.hops.saturating_add(1);
                follow.fetches.push_front(Fetch { url, hops });
                return;
            }
        }
        self.log.report.seen.head("a result", answer);
        let long = u64::try_from(answer.response.body().len()).unwrap_or(u64::MAX);
        let verdicts = judge_result::judge(&follow.order, answer, long >= crate::ANSWER_LIMIT);
        let command = self.log.command(&draft);
        let place = without_query(fetch.url.as_str());
        self.log.take(&verdicts, &format!("{command}; then curl -sS -i '{place}'"));
    }

    /// A result that could not be fetched in several attempts.
    pub(super) fn not_fetched(&mut self, at: usize, what: &str) {
        let Some(follow) = self.follows.get_mut(at) else { return };
        follow.fetches.pop_front();
        let mut verdicts = Verdicts::default();
        verdicts.judge("result-there", false, || what.to_owned());
        let command = self.log.command(&follow.look());
        self.log.take(&verdicts, &command);
    }
}
