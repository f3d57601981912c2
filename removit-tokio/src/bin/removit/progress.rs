//! What a person sees while a job is under way: one live line on a terminal,
//! plain lines elsewhere. Also remembers how far things got, for an interrupt.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use removit_tokio::proto::{Accepted, JobId, JobStatus, Observer, WakeReason, Wakeup};

use crate::shell::printable;

/// Tells standard error how a job goes.
#[derive(Debug)]
pub(crate) struct Progress {
    /// `None` where standard error is no terminal.
    bar: Option<ProgressBar>,
    quiet: bool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    job_id: Option<JobId>,
    sent: Option<(u64, u64)>,
    line: String,
}

/// How far the paid part got.
#[derive(Debug)]
pub(crate) enum Reached {
    /// No request can have arrived whole.
    NotSent,
    /// A request may have arrived, and no answer has.
    Ambiguous,
    /// There is a job.
    Job(JobId),
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4}  {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, quiet, seen: Mutex::default() }
    }

    /// For a job that exists already.
    pub(crate) fn of_job(quiet: bool, job_id: &JobId) -> Self {
        let progress = Self::new(quiet);
        progress.seen().job_id = Some(job_id.clone());
        progress
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// The live line goes away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn reached(&self) -> Reached {
        let seen = self.seen();
        match (&seen.job_id, seen.sent) {
            (Some(job_id), _) => Reached::Job(job_id.clone()),
            (None, Some((sent, total))) if sent >= total => Reached::Ambiguous,
            (None, _) => Reached::NotSent,
        }
    }

    /// Shows what is going on now; a plain line only where it changed.
    fn show(&self, line: Cow<'static, str>) {
        if let Some(bar) = &self.bar {
            bar.set_message(line);
            return;
        }
        let mut seen = self.seen();
        if *line != *seen.line {
            seen.line = line.into_owned();
            if !self.quiet {
                eprintln!("{}", seen.line);
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Progress {
    fn accepted(&self, accepted: &Accepted) {
        self.seen().job_id = Some(accepted.job_id().clone());
        self.say(&format!("accepted: job {}", accepted.job_id()));
        self.show(printable(accepted.status().unwrap_or("queued")).into());
    }

    fn status(&self, status: &JobStatus) {
        let step = printable(status.step().unwrap_or("working"));
        let line = match status.progress() {
            Some(percent) => format!("{step}, {percent} %"),
            None => step,
        };
        self.show(line.into());
    }

    fn waiting(&self, wakeup: Wakeup) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let secs = wakeup.at.since_origin().saturating_sub(now).as_secs_f64();
        match wakeup.reason {
            WakeReason::Backoff => self.say(&format!("that failed; trying again in {secs:.1} s")),
            WakeReason::RetryAfter => self.say(&format!("the server asks to wait {secs:.0} s")),
            _ => {}
        }
    }

    fn sent(&self, bytes: u64, total: u64) {
        self.seen().sent = Some((bytes, total));
        if self.bar.is_some() && total > 0 {
            let percent = u128::from(bytes) * 100 / u128::from(total);
            self.show(format!("uploading, {percent} %").into());
        }
    }

    fn received(&self, bytes: u64, total: Option<u64>) {
        if self.bar.is_some() {
            let line = match total {
                Some(total) if total > 0 => {
                    format!("downloading, {} %", u128::from(bytes) * 100 / u128::from(total))
                }
                _ => format!("downloading, {bytes} bytes"),
            };
            self.show(line.into());
        }
    }
}
