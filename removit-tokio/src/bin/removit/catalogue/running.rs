//! Drives a batch to its end, and tells how it goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use removit_tokio::proto::{
    ApiError, BatchPolicy, Finished, JobId, PollError, PollTrouble, Stop, UploadError,
};
use removit_tokio::{Batch, Client, Error, Processed};

use super::book::Book;
use super::ends::Ends;
use super::going_on::GoingOn;
use super::item::{Item, Next};
use super::one_result::to_standard_output;
use super::progress::Progress;
use super::summary::Summary;
use crate::batch_args::{OnAmbiguous, PaceArgs};
use crate::cli::Shared;
use crate::exit::Exit;
use crate::inputs::{LeftOut, WrongInput};
use crate::json::{InputLine, display};
use crate::output;
use crate::refused::Refused;
use crate::shell::printable;
use crate::signals::Signals;

/// What a run is to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// The results, as files.
    Files,
    /// The same, where one file was named for them.
    OneFile,
    /// The one result, on standard output.
    StandardOutput,
    /// The results' URLs.
    Urls,
    /// The job's id, and nothing more.
    Id,
}

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) pace: &'a PaceArgs,
    pub(crate) timeout: Option<Duration>,
    pub(crate) aim: Aim,
    /// Whether it is about one photo or job, of which each step is told.
    pub(crate) is_one: bool,
    /// The folder of the results, as it was typed.
    pub(crate) folder: PathBuf,
    pub(crate) going_on: GoingOn,
    pub(crate) progress: Arc<Progress>,
    pub(crate) left_out: LeftOut,
}

impl Run<'_> {
    pub(crate) async fn go(
        &self,
        client: &Client,
        items: Vec<Item>,
        wrong: Vec<WrongInput>,
        book: Option<Book>,
        signals: &mut Signals,
    ) -> Exit {
        self.progress.start(items.len() + wrong.len());
        let mut ends = Ends::default();
        for WrongInput { name, refused } in wrong {
            self.refused(Some(&name), refused, &mut ends);
        }
        let (mut names, mut inputs) = (Vec::new(), Vec::new());
        for item in items {
            match (item.input, item.next) {
                (Ok(_), Next::Hold) => ends.held += 1,
                (Ok(input), _) => {
                    names.push(item.name);
                    inputs.push(input);
                }
                (Err(refused), _) => self.refused(item.name.as_deref(), refused, &mut ends),
            }
        }
        let mut batch = client.batch(inputs).policy(self.policy());
        if let Some(Book { journal, replay, .. }) = book {
            batch = batch.journal(journal, replay);
        }
        let is_interrupted = self.drive(client, &mut batch, &names, &mut ends, signals).await;
        self.progress.finish();
        let journal_error = batch.journal_error().map(|error| printable(&error.to_string()));
        if let Some(error) = &journal_error {
            output::say(&format!("removit: {error}"));
        }
        let exit = match journal_error {
            _ if is_interrupted => Exit::Interrupted,
            Some(_) => Exit::LocalIo,
            None => ends.exit(),
        };
        let summary = Summary {
            shared: self.shared,
            ends: &ends,
            left_out: &self.left_out,
            jobs_paid: self.progress.paid(),
            elapsed: self.progress.elapsed(),
            going_on: &self.going_on,
            exit,
        };
        // Of a job's id there is nothing more to say.
        if self.aim != Aim::Id {
            summary.tell();
        }
        exit
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
    async fn drive(
        &self,
        client: &Client,
        batch: &mut Batch,
        names: &[Option<String>],
        ends: &mut Ends,
        signals: &mut Signals,
    ) -> bool {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        let (mut is_interrupted, mut is_stopping, mut is_left) = (false, false, false);
        loop {
            tokio::select! {
                biased;
                () = signals.next() => {
                    if is_interrupted {
                        batch.leave();
                        is_left = true;
                    } else {
                        batch.stop_uploading();
                        (is_interrupted, is_stopping) = (true, true);
                        self.progress.say(
                            "stopping: no further photo is sent; the answers to those under way \
                             are awaited (once more leaves at once, and makes them ambiguous)",
                        );
                    }
                }
                processed = batch.next() => match processed {
                    None => return is_interrupted,
                    Some(processed) => {
                        let name = names.get(processed.index).and_then(Option::as_deref);
                        self.tell(client, name, processed, ends).await;
                    }
                },
                _ = tick.tick() => {}
            }
            self.progress.show(batch.counts(), ends.failed());
            if self.aim == Aim::Id && self.progress.paid() > 0 {
                // All that was asked for: the job's id is stored before this is quiet.
                batch.stop_uploading();
                is_stopping = true;
            }
            if is_stopping && !is_left && batch.can_be_dropped() {
                batch.leave();
                is_left = true;
            }
        }
    }

    async fn tell(
        &self,
        client: &Client,
        name: Option<&str>,
        processed: Processed,
        ends: &mut Ends,
    ) {
        self.progress.step();
        let mut line = InputLine::new(name);
        line.job_id = processed.job_id.as_ref().map(ToString::to_string);
        let end = match processed.end {
            Ok(done) => {
                if let Some(finished) = &done.finished {
                    line.status(finished.status());
                    self.warn(name, finished);
                }
                for (variation, unexpected) in &done.unexpected {
                    let variation = variation.as_deref().unwrap_or("final_url");
                    line.warn(variation, unexpected.to_string());
                    self.warn_of(name, variation, &unexpected.to_string());
                }
                ends.by_earlier_runs += u64::from(done.was_done());
                self.done(client, done.files, done.finished.as_ref(), &mut line, ends).await
            }
            Err(Error::Left { job_id }) if self.aim == Aim::Id => {
                self.id(&job_id, &mut line);
                ends.add("accepted", Exit::Done);
                Ok(())
            }
            Err(error) => Err(self.of_one(error)),
        };
        if let Err(error) = end {
            self.failed(name, &error, &mut line, ends);
        }
        if self.shared.json {
            self.progress.suspend(|| line.print());
        }
    }

    /// A job is done: its results are where they were asked for.
    async fn done(
        &self,
        client: &Client,
        files: Vec<PathBuf>,
        finished: Option<&Finished>,
        line: &mut InputLine,
        ends: &mut Ends,
    ) -> Result<(), Error> {
        line.outcome = "done";
        let files: Vec<_> = files.iter().map(|path| self.as_typed(path)).collect();
        if let (Aim::StandardOutput, Some(finished)) = (self.aim, finished) {
            self.progress.finish();
            to_standard_output(client, finished).await?;
        }
        ends.add("done", Exit::Done);
        ends.files += u64::try_from(files.len()).unwrap_or(u64::MAX);
        line.files(&files);
        match self.aim {
            Aim::Files | Aim::OneFile => {
                ends.saved += 1;
                if self.aim == Aim::OneFile && files.len() > 1 {
                    self.progress.say(&format!(
                        "the job has {} results: each is saved beside the file of -o, with its \
                         variation's name",
                        files.len()
                    ));
                }
                if !self.shared.json {
                    let print = |path: &PathBuf| output::result(&display(path));
                    self.progress.suspend(|| files.iter().for_each(print));
                }
            }
            Aim::Urls if !self.shared.json => {
                let links = finished.map(Finished::results).unwrap_or_default();
                self.progress.suspend(|| {
                    links.iter().for_each(|link| output::result(&printable(link.url())));
                });
            }
            Aim::Urls | Aim::StandardOutput | Aim::Id => {}
        }
        Ok(())
    }

    /// A path as the user would write it: a journal has absolute ones.
    fn as_typed(&self, path: &Path) -> PathBuf {
        let folder = std::path::absolute(&self.folder).unwrap_or_default();
        match path.strip_prefix(&folder) {
            Ok(rest) if !self.folder.is_absolute() => self.folder.join(rest),
            _ => path.to_path_buf(),
        }
    }

    /// The job's id, which is all that was asked for.
    pub(crate) fn id(&self, job_id: &JobId, line: &mut InputLine) {
        line.outcome = "accepted";
        line.job_id = Some(job_id.to_string());
        self.progress.finish();
        if !self.shared.json {
            output::id(job_id.as_str());
        }
    }

    fn failed(&self, name: Option<&str>, error: &Error, line: &mut InputLine, ends: &mut Ends) {
        line.failed(error);
        let exit = Exit::from(error);
        ends.add(line.outcome, exit);
        ends.unsaved += u64::from(line.outcome == "done");
        ends.files += u64::try_from(line.files.len()).unwrap_or(u64::MAX);
        if let (Error::Incomplete { files, .. }, false) = (error, self.shared.json) {
            let print = |path: &PathBuf| output::result(&display(path));
            self.progress.suspend(|| files.iter().for_each(print));
        }
        if self.is_one {
            self.progress.finish();
        }
        // Of what was never tried, or goes on, the table and the journal tell.
        let is_told = self.is_one || !matches!(error, Error::Stopped(_) | Error::Left { .. });
        if is_told {
            let name = self.prefix(name);
            self.progress.error(&format!("removit: {name}{}", printable(&error.to_string())));
        }
        if let Some(wish) = wish(error) {
            let wish = humantime::format_duration(Duration::from_secs(wish.as_secs().max(1)));
            self.progress.error(&format!("removit: the server asks to come back in {wish}"));
        }
        if matches!(error, Error::FailedBefore { .. }) {
            self.progress.error("removit: --again pays for another job");
        }
        let goes_on = !matches!(line.outcome, "failed");
        if let Some(job_id) = error.job_id().filter(|_| goes_on) {
            let is_place_bad = exit == Exit::LocalIo;
            if let Some(command) = self.going_on.of_job(job_id, self.shared, is_place_bad) {
                self.progress.error(&format!("go on with: {command}"));
            }
        }
    }

    /// What stops a whole batch is, of one photo, the answer to it.
    fn of_one(&self, error: Error) -> Error {
        match error {
            Error::Stopped(Stop::Unauthorized(no) | Stop::InsufficientCredits(no))
                if self.is_one =>
            {
                Error::Upload(UploadError::Rejected(no))
            }
            Error::Stopped(Stop::Unreachable(failure)) if self.is_one => {
                Error::Upload(UploadError::NotSent(failure))
            }
            error => error,
        }
    }

    fn prefix(&self, name: Option<&str>) -> String {
        let name = name.filter(|_| !self.is_one);
        name.map(|name| format!("{}: ", printable(name))).unwrap_or_default()
    }

    fn warn_of(&self, name: Option<&str>, variation: &str, text: &str) {
        let (name, variation, text) = (self.prefix(name), printable(variation), printable(text));
        self.progress.say(&format!("warning: {name}{variation}: {text}"));
    }

    fn warn(&self, name: Option<&str>, finished: &Finished) {
        for (variation, texts) in finished.status().warnings() {
            self.warn_of(name, variation, &texts.join(" "));
        }
        let name = self.prefix(name);
        for variation in finished.status().ignored_variations() {
            self.progress.say(&format!("not made: {name}{}", printable(variation)));
        }
    }

    fn refused(&self, name: Option<&str>, refused: Refused, ends: &mut Ends) {
        self.progress.step();
        let mut line = InputLine::new(name);
        line.outcome = match refused.exit {
            Exit::Ambiguous => "ambiguous",
            Exit::JobFailed => "failed",
            _ => "not_sent",
        };
        ends.refuse(line.outcome, refused.exit);
        let message = printable(&refused.message);
        let name = printable(name.unwrap_or_default());
        // Most of them name the file themselves.
        let text = if message.contains(&name) {
            format!("removit: {message}")
        } else {
            format!("removit: {name}: {message}")
        };
        self.progress.error(&text);
        line.error = Some(refused.message);
        if self.shared.json {
            self.progress.suspend(|| line.print());
        }
    }
}

/// How long the server wants to be left alone, where that ended the work.
fn wish(error: &Error) -> Option<Duration> {
    let said: &ApiError = match error {
        Error::Upload(UploadError::Rejected(said)) => said,
        Error::Poll(PollError::TimedOut { trouble: Some(PollTrouble::Answer(said)), .. }) => said,
        _ => return None,
    };
    said.retry_after()
}

#[cfg(test)]
mod tests;
