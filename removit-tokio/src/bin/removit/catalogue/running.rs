//! Drives a batch to its end, and tells how it goes.

use std::io::IsTerminal;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use removit_tokio::proto::journal::Replay;
use removit_tokio::proto::{BatchCounts, BatchPolicy, Observer, WakeReason, Wakeup};
use removit_tokio::{Batch, Client, Error, JournalFile, Processed};

use super::item::{Item, Next};
use super::summary::Ends;
use crate::batch_args::{OnAmbiguous, PaceArgs};
use crate::cli::Shared;
use crate::exit::{Exit, outcome};
use crate::interrupt::interrupted;
use crate::record::{Record, display};
use crate::setup::Refused;
use crate::shell::printable;
use crate::stdout;

/// How often the progress is told where it cannot be shown.
const TOLD_EVERY: Duration = Duration::from_secs(15);

pub(super) struct Run<'a> {
    pub(super) shared: &'a Shared,
    pub(super) pace: &'a PaceArgs,
    pub(super) timeout: Option<Duration>,
    pub(super) path: &'a Path,
    pub(super) progress: Arc<Progress>,
}

impl Run<'_> {
    pub(super) async fn go(
        &self,
        client: &Client,
        items: Vec<Item>,
        (journal, replay): (JournalFile, Replay),
    ) -> Exit {
        let mut ends = Ends::default();
        let (mut names, mut inputs) = (Vec::new(), Vec::new());
        for item in items {
            match (item.input, item.next) {
                (Ok(_), Next::Hold) => ends.hold(),
                (Ok(input), _) => {
                    names.push(item.name);
                    inputs.push(input);
                }
                (Err(refused), _) => self.refused(&item.name, refused, &mut ends),
            }
        }
        let mut batch = client.batch(inputs).policy(self.policy()).journal(journal, replay);
        let is_interrupted = self.drive(&mut batch, &names, &mut ends).await;
        self.progress.finish();
        let journal_error = batch.journal_error().map(|error| printable(&error.to_string()));
        if let Some(error) = &journal_error {
            eprintln!("removit: {error}");
        }
        if !self.shared.quiet {
            ends.tell(self.path, self.shared);
        }
        match journal_error {
            _ if is_interrupted => Exit::Interrupted,
            Some(_) => Exit::LocalIo,
            None => ends.exit(),
        }
    }

    fn policy(&self) -> BatchPolicy {
        let mut policy = BatchPolicy::default();
        policy.uploads_at_once = self.pace.jobs.get();
        policy.requests_per_second = self.pace.rate.get();
        policy.downloads_at_once = self.pace.jobs.get();
        policy.upload.resend_ambiguous = self.pace.on_ambiguous == OnAmbiguous::Resend;
        if let Some(timeout) = self.timeout {
            policy.upload.retry.within = timeout;
            policy.poll.timeout = timeout;
        }
        policy
    }

    /// `true` where it was interrupted. Each input is told of all the same.
    async fn drive(&self, batch: &mut Batch, names: &[String], ends: &mut Ends) -> bool {
        let mut signal = pin!(interrupted());
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        let (mut is_stopping, mut is_left) = (false, false);
        loop {
            tokio::select! {
                biased;
                () = &mut signal => {
                    signal.set(interrupted());
                    if is_stopping {
                        batch.leave();
                        is_left = true;
                    } else {
                        batch.stop_uploading();
                        is_stopping = true;
                        self.progress.say(
                            "stopping: no further photo is sent; the answers to those under way \
                             are awaited (once more leaves at once, and makes them ambiguous)",
                        );
                    }
                }
                processed = batch.next() => match processed {
                    None => return is_stopping,
                    Some(processed) => self.tell(&processed, names, ends),
                },
                _ = tick.tick() => {}
            }
            self.progress.show(batch.counts(), ends.failed());
            if is_stopping && !is_left && batch.can_be_dropped() {
                batch.leave();
                is_left = true;
            }
        }
    }

    fn tell(&self, processed: &Processed, names: &[String], ends: &mut Ends) {
        self.progress.step();
        let name = names.get(processed.index).map_or("", String::as_str);
        let mut record = Record::new(Some(name));
        record.job_id = processed.job_id.as_ref().map(ToString::to_string);
        match &processed.end {
            Ok(done) => {
                record.outcome = "done";
                if let Some(finished) = &done.finished {
                    record.status(finished.status());
                }
                record.files(&done.files);
                ends.add("done", Exit::Done);
                if done.was_done() {
                    ends.was_done();
                }
                if !self.shared.json {
                    self.progress.print(done.files.iter().map(|path| display(path)));
                }
            }
            Err(error) => {
                record.failed(error);
                ends.add(outcome(error), Exit::from(error));
                // Of what was never tried, or goes on, the table and the journal tell.
                if !matches!(error, Error::Stopped(_) | Error::Left { .. }) {
                    let line = format!("removit: {}: {error}", printable(name));
                    self.progress.error(&printable(&line));
                }
            }
        }
        if self.shared.json {
            self.progress.suspend(|| record.print());
        }
    }

    fn refused(&self, name: &str, refused: Refused, ends: &mut Ends) {
        self.progress.step();
        let mut record = Record::new(Some(name));
        record.outcome = "not_sent";
        ends.refuse(refused.exit);
        let message = printable(&refused.message);
        // Most of them name the file themselves.
        let line = if message.contains(name) {
            format!("removit: {message}")
        } else {
            format!("removit: {}: {message}", printable(name))
        };
        self.progress.error(&line);
        record.error = Some(refused.message);
        if self.shared.json {
            self.progress.suspend(|| record.print());
        }
    }
}

/// The progress of all inputs together, on standard error.
pub(super) struct Progress {
    bar: ProgressBar,
    is_live: bool,
    quiet: bool,
    told: std::sync::Mutex<Instant>,
}

impl Progress {
    pub(super) fn new(quiet: bool, inputs: usize) -> Arc<Self> {
        let is_live = !quiet && std::io::stderr().is_terminal();
        let len = u64::try_from(inputs).unwrap_or(u64::MAX);
        let bar = if is_live { ProgressBar::new(len) } else { ProgressBar::hidden() };
        bar.set_length(len);
        let template = "{wide_bar} {pos}/{len}  {msg}  {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Arc::new(Self { bar, is_live, quiet, told: std::sync::Mutex::new(Instant::now()) })
    }

    fn step(&self) {
        self.bar.inc(1);
    }

    fn show(&self, counts: BatchCounts, failed: u64) {
        let open = counts.open();
        if self.is_live {
            self.bar.set_message(format!("{open} running, {failed} failed"));
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.quiet && told.elapsed() >= TOLD_EVERY {
            *told = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            let left = humantime::format_duration(Duration::from_secs(self.bar.eta().as_secs()));
            eprintln!("{done} of {all} ended, {open} running, {failed} failed, {left} left");
        }
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            self.error(line);
        }
    }

    fn error(&self, line: &str) {
        self.suspend(|| eprintln!("{line}"));
    }

    fn print(&self, lines: impl Iterator<Item = String>) {
        self.suspend(|| lines.for_each(|line| stdout::line(&line)));
    }

    fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn waiting(&self, wakeup: Wakeup) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let left = wakeup.at.since_origin().saturating_sub(now.unwrap_or_default());
        if wakeup.reason == WakeReason::RetryAfter && left > Duration::from_secs(1) {
            self.say(&format!("the server asks to wait {} s", left.as_secs()));
        }
    }
}
