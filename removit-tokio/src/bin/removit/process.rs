//! `process`, `submit` and `wait`: one photo or one job, from start to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use removit_tokio::proto::{Finished, JobId};
use removit_tokio::{Client, Destination, Error, Job, Saved};

use crate::batch_args::OnAmbiguous;
use crate::cli::{OutputArgs, ProcessArgs, Shared, SubmitArgs, WaitArgs};
use crate::exit::{Exit, outcome};
use crate::interrupt::unless_interrupted;
use crate::output_names::NamePattern;
use crate::photo_args::{Delivery, OptionArgs, PhotoArgs};
use crate::progress::{Progress, Reached};
use crate::record::{Record, display};
use crate::setup::{self, Refused};
use crate::{catalogue, resume, shell, stdout};

/// One run: what it is about, and how it is told.
struct Run<'a> {
    shared: &'a Shared,
    output: Option<&'a OutputArgs>,
    progress: Arc<Progress>,
    record: Record,
}

pub(crate) async fn process(shared: &Shared, args: &ProcessArgs) -> Exit {
    match args.one_photo() {
        Some(photo) => one(shared, args, &photo).await,
        None => catalogue::process(shared, args).await,
    }
}

async fn one(shared: &Shared, args: &ProcessArgs, photo: &PhotoArgs) -> Exit {
    let mut run = Run::new(shared, Some(&args.output), Some(&photo.input), None);
    let outcome = unless_interrupted(async {
        let destination = destination(&args.output, &stem_of(&photo.input));
        check_free(&args.output)?;
        let photo = PhotoArgs::for_output(photo, &args.output)?;
        let (client, job) = run.upload(&photo, args.time.of_one()).await?;
        run.collect(&client, &job, &destination).await
    });
    let outcome = outcome.await;
    run.end(outcome)
}

pub(crate) async fn submit(shared: &Shared, args: &SubmitArgs) -> Exit {
    let mut run = Run::new(shared, None, Some(&args.photo.input), None);
    let outcome = unless_interrupted(async {
        let (_, job) = run.upload(&args.photo, args.time.of_one()).await?;
        run.record.outcome = "accepted";
        if !shared.json {
            stdout::line(job.id().as_str());
        }
        Ok(())
    });
    let outcome = outcome.await;
    run.end(outcome)
}

pub(crate) async fn wait(shared: &Shared, args: &WaitArgs) -> Exit {
    let mut run = Run::new(shared, Some(&args.output), None, Some(&args.job_id));
    let outcome = unless_interrupted(async {
        check_free(&args.output)?;
        let client = setup::client(shared, Some(args.time.of_one()), run.progress.clone())?;
        let job = client.resume(args.job_id.clone());
        let destination = destination(&args.output, args.job_id.as_str());
        run.collect(&client, &job, &destination).await
    });
    let outcome = outcome.await;
    run.end(outcome)
}

/// How a run fails: before anything was tried, or on the way.
enum Failure {
    Refused(Refused),
    Error(Box<Error>),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

impl<'a> Run<'a> {
    fn new(
        shared: &'a Shared,
        output: Option<&'a OutputArgs>,
        input: Option<&str>,
        job_id: Option<&JobId>,
    ) -> Self {
        let progress = match job_id {
            Some(job_id) => Progress::of_job(shared.quiet, job_id),
            None => Progress::new(shared.quiet),
        };
        let mut record = Record::new(input);
        record.job_id = job_id.map(ToString::to_string);
        Self { shared, output, progress: Arc::new(progress), record }
    }

    async fn upload(
        &mut self,
        args: &PhotoArgs,
        timeout: std::time::Duration,
    ) -> Result<(Client, Job), Failure> {
        let photo = setup::photo(args).await?;
        let client = setup::client(self.shared, Some(timeout), self.progress.clone())?;
        self.progress.say(&format!("uploading {}", shell::printable(&args.input)));
        let job = client.upload(&photo).await?;
        self.record.job_id = Some(job.id().to_string());
        Ok((client, job))
    }

    /// Waits for a job and brings its results where they belong.
    async fn collect(
        &mut self,
        client: &Client,
        job: &Job,
        destination: &Option<Destination>,
    ) -> Result<(), Failure> {
        let finished = job.wait().await?;
        self.record.status(finished.status());
        self.warn(&finished);
        match destination {
            Some(destination) => {
                let saved = client.download(&finished, destination).await;
                self.tell_saved(match &saved {
                    Ok(saved) => saved,
                    Err(Error::Download { saved, .. }) => saved,
                    Err(_) => &[],
                });
                saved?;
            }
            None if !self.shared.json => {
                for link in finished.results() {
                    stdout::line(&shell::printable(link.url()));
                }
            }
            None => {}
        }
        self.record.outcome = "done";
        Ok(())
    }

    fn tell_saved(&mut self, saved: &[Saved]) {
        self.progress.finish();
        self.record.saved(saved);
        if !self.shared.json {
            for saved in saved {
                stdout::line(&display(&saved.path));
            }
        }
    }

    fn warn(&self, finished: &Finished) {
        for (variation, texts) in finished.status().warnings() {
            let text = shell::printable(&texts.join(" "));
            self.progress.say(&format!("warning: {}: {text}", shell::printable(variation)));
        }
        for variation in finished.status().ignored_variations() {
            self.progress.say(&format!("not made: {}", shell::printable(variation)));
        }
    }

    /// Says how it ended; `None` is an interrupt.
    fn end(mut self, outcome_of_run: Option<Result<(), Failure>>) -> Exit {
        self.progress.finish();
        let exit = match outcome_of_run {
            Some(Ok(())) => Exit::Done,
            Some(Err(Failure::Refused(Refused { exit, message }))) => {
                eprintln!("removit: {message}");
                self.record.outcome = "not_sent";
                self.record.error = Some(message);
                exit
            }
            Some(Err(Failure::Error(error))) => {
                eprintln!("removit: {}", shell::printable(&error.to_string()));
                self.record.failed(&error);
                if let Some(job_id) = error.job_id().filter(|_| outcome(&error) != "failed") {
                    eprintln!("go on with: {}", self.resume(job_id));
                }
                Exit::from(&*error)
            }
            None => self.interrupted(),
        };
        if self.shared.json {
            self.record.print();
        }
        exit
    }

    fn interrupted(&mut self) -> Exit {
        let message = match self.progress.reached() {
            Reached::NotSent => {
                self.record.outcome = "not_sent";
                "interrupted before the photo was sent; no job was created".to_owned()
            }
            Reached::Ambiguous => {
                self.record.outcome = "ambiguous";
                "interrupted while the server's answer was awaited: a job may exist and be \
                 charged; look at the account before sending the photo again"
                    .to_owned()
            }
            Reached::Job(job_id) => {
                self.record.outcome = "timed_out";
                self.record.job_id = Some(job_id.to_string());
                let command = self.resume(&job_id);
                format!("interrupted; job {job_id} goes on\ngo on with: {command}")
            }
        };
        eprintln!("removit: {message}");
        self.record.error = message.lines().next().map(str::to_owned);
        Exit::Interrupted
    }

    fn resume(&self, job_id: &JobId) -> String {
        resume::command(job_id, self.shared, self.output)
    }
}

impl ProcessArgs {
    /// The one photo, where there is one and nothing that only many need was typed.
    fn one_photo(&self) -> Option<PhotoArgs> {
        let [word] = self.inputs.inputs.as_slice() else { return None };
        let input = word.to_str()?.to_owned();
        let batch = &self.batch;
        let is_plain = self.inputs.from.is_none()
            && batch.journal.is_none()
            && !batch.dry_run
            && batch.name == NamePattern::default()
            && batch.pace.max_jobs.is_none()
            && batch.pace.confirm_over.is_none()
            && batch.pace.on_ambiguous == OnAmbiguous::Report;
        let path = Path::new(&input);
        let is_file = input.contains("://")
            || path.is_file()
            || !(path.is_dir() || input.contains(['*', '?', '[']));
        (is_plain && is_file).then(|| PhotoArgs { input, options: self.options.clone() })
    }
}

impl PhotoArgs {
    /// `-o FILE` holds one result, so one is asked for.
    fn for_output(&self, output: &OutputArgs) -> Result<Self, Refused> {
        let delivery = match (&output.output, self.options.delivery) {
            (Some(_), Some(Delivery::Url)) => {
                let message = "-o FILE holds one result; use --out-dir with --delivery url";
                return Err(Refused::usage(message));
            }
            (Some(_), None) => Some(Delivery::FinalUrl),
            (_, given) => given,
        };
        let options = OptionArgs { delivery, ..self.options.clone() };
        Ok(Self { input: self.input.clone(), options })
    }
}

fn destination(output: &OutputArgs, stem: &str) -> Option<Destination> {
    if output.no_download {
        return None;
    }
    let destination = match (&output.output, &output.out_dir) {
        (Some(file), _) => Destination::file(file),
        (None, Some(dir)) => Destination::folder(dir, stem),
        (None, None) => Destination::folder(".", stem),
    };
    Some(destination.overwrite(output.overwrite))
}

/// A file that is in the way is better known before the job is paid for, and so
/// is a folder that is missing.
fn check_free(output: &OutputArgs) -> Result<(), Refused> {
    let Some(file) = &output.output else { return Ok(()) };
    let local = |message| Refused { exit: Exit::LocalIo, message };
    if file.exists() && !output.overwrite {
        let name = file.display();
        return Err(local(format!("{name} exists; choose another name or add --overwrite")));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(local(format!("{} is no folder; create it first", folder.display())))
        }
        _ => Ok(()),
    }
}

/// What the results are named after: the photo's name without its ending.
fn stem_of(input: &str) -> String {
    let path = input.split(['?', '#']).next().unwrap_or_default();
    let path = if input.contains("://") { PathBuf::from(path) } else { PathBuf::from(input) };
    Path::file_stem(&path).unwrap_or_default().to_string_lossy().into_owned()
}
