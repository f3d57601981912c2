//! What a person sees while jobs are under way: a live line on a terminal, plain lines
//! elsewhere. Counts what is paid for.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use removit_tokio::proto::{
    Accepted, AttemptInfo, BatchCounts, JobStatus, Observer, WakeReason, Wakeup,
};

use crate::cli::Shared;
use crate::json::StatusLine;
use crate::log;
use crate::output;
use crate::shell::printable;

/// How often the progress of many is told where it cannot be shown.
const TOLD_EVERY: Duration = Duration::from_secs(15);

/// Tells standard error how things go.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_live: bool,
    quiet: bool,
    json_status: bool,
    /// Of one photo each step is told.
    is_one: bool,
    /// The plain line that was told last, and when.
    told: Mutex<(String, Instant)>,
    paid: AtomicU64,
    began: Instant,
}

impl Progress {
    /// Nothing is shown before [`start`](Self::start).
    pub(crate) fn new(shared: &Shared, is_one: bool) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            bar: ProgressBar::hidden(),
            // Lines of a log would tear the live line.
            is_live: !shared.quiet
                && !log::is_on_standard_error(shared)
                && std::io::stderr().is_terminal(),
            quiet: shared.quiet,
            json_status: shared.json_status,
            is_one,
            told: Mutex::new((String::new(), now)),
            paid: AtomicU64::new(0),
            began: now,
        })
    }

    pub(crate) fn start(&self, inputs: usize) {
        self.bar.set_length(u64::try_from(inputs).unwrap_or(u64::MAX));
        if !self.is_live {
            return;
        }
        let template = match self.is_one {
            true => "{spinner} {elapsed:>4}  {msg}",
            false => "{wide_bar} {pos}/{len}  {msg}  {per_sec}, {eta} left",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        if self.is_one {
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
    }

    /// How many jobs this run paid for, so far.
    pub(crate) fn paid(&self) -> u64 {
        self.paid.load(Ordering::Relaxed)
    }

    /// Since the program began its work.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// One more input is over.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    pub(super) fn show(&self, counts: BatchCounts, failed: u64) {
        if self.is_one {
            return;
        }
        let open = counts.open();
        if self.is_live {
            self.bar.set_message(format!("{open} running, {failed} failed"));
            return;
        }
        let mut told = self.told();
        if !self.quiet && told.1.elapsed() >= TOLD_EVERY {
            told.1 = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            let left = humantime::format_duration(Duration::from_secs(self.bar.eta().as_secs()));
            output::say(&format!(
                "{done} of {all} ended, {open} running, {failed} failed, {left} left"
            ));
        }
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.error(line);
        }
    }

    /// The same where it is told whatever was asked.
    pub(crate) fn error(&self, line: &str) {
        self.suspend(|| output::say(line));
    }

    /// Prints without the live line in between.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// The live line goes away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows what is going on now with the one photo; a plain line only where it changed.
    fn show_one(&self, line: String) {
        if self.is_live {
            self.bar.set_message(line);
            return;
        }
        let mut told = self.told();
        if line != told.0 && !self.quiet {
            output::say(&line);
            told.0 = line;
        }
    }

    fn told(&self) -> MutexGuard<'_, (String, Instant)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Progress {
    fn accepted(&self, accepted: &Accepted) {
        self.paid.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(target: log::TARGET, "accepted: job {}", accepted.job_id());
        if self.is_one {
            self.say(&format!("accepted: job {}", printable(accepted.job_id().as_str())));
            self.show_one(printable(accepted.status().unwrap_or("queued")));
        }
    }

    fn status(&self, status: &JobStatus) {
        if self.json_status {
            self.suspend(|| StatusLine::new(status).print());
        }
        if self.is_one {
            let step = printable(status.step().unwrap_or("working"));
            self.show_one(match status.progress() {
                Some(percent) => format!("{step}, {percent} %"),
                None => step,
            });
        }
    }

    fn waiting(&self, wakeup: Wakeup) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let left = wakeup.at.since_origin().saturating_sub(now);
        let secs = left.as_secs_f64();
        tracing::debug!(target: log::TARGET, "waiting {secs:.3} s: {:?}", wakeup.reason);
        match wakeup.reason {
            WakeReason::RetryAfter if left > Duration::from_secs(1) => {
                self.say(&format!("the server asks to wait {secs:.0} s"));
            }
            WakeReason::Backoff if self.is_one => {
                self.say(&format!("that failed; trying again in {secs:.1} s"));
            }
            _ => {}
        }
    }

    fn sent(&self, _: &AttemptInfo, bytes: u64, total: u64) {
        if self.is_one && self.is_live {
            if let Some(percent) = percent(bytes, total) {
                self.show_one(format!("uploading, {percent} %"));
            }
        }
    }

    fn received(&self, _: &AttemptInfo, bytes: u64, total: Option<u64>) {
        if self.is_one && self.is_live {
            self.show_one(match total.and_then(|total| percent(bytes, total)) {
                Some(percent) => format!("downloading, {percent} %"),
                None => format!("downloading, {bytes} bytes"),
            });
        }
    }
}

/// `None` of nothing.
fn percent(part: u64, of: u64) -> Option<u128> {
    (u128::from(part) * 100).checked_div(u128::from(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_nothing_has_no_percentage() {
        for (part, of, expected) in
            [(0, 0, None), (0, 7, Some(0)), (1, 3, Some(33)), (7, 7, Some(100))]
        {
            assert_eq!(percent(part, of), expected);
        }
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100));
    }
}
