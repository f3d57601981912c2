//! `-v`, `-vv` and `--log-file`: a line for each attempt, by the feature `tracing`.
//!
//! There is no key, no id and no URL in what the adapter tells of attempts, and nothing
//! else is logged but this program's own words: HTTP stacks would log headers. What
//! cannot be logged is told once and costs nothing else, and a log that takes no bytes
//! stops no work.

use std::fmt::{self, Write as _};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::Shared;
use crate::output;
use crate::shell::printable;

/// What the adapter and this program call themselves in traces.
pub(crate) const TARGET: &str = "removit";

/// How many lines may wait for a slow disk.
const LINES_KEPT: usize = 4096;

/// How long the end of the program waits for a slow disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// The log of this run, until it ends.
#[must_use = "it is ended before the program is"]
pub(crate) struct Log {
    file: Option<(Arc<LogFile>, Receiver<()>)>,
}

/// Begins the log that was asked for.
pub(crate) fn begin(shared: &Shared) -> Log {
    let file = shared.log_file.as_deref().map(LogFile::begin);
    let lines = match &file {
        Some((file, _)) => Lines::File(file.clone()),
        None if shared.verbose > 0 => Lines::StandardError,
        None => return Log { file: None },
    };
    let most = if shared.verbose > 1 { Level::DEBUG } else { Level::INFO };
    let layer = Attempts { lines, most };
    // There is no other: this is the program's beginning.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    Log { file }
}

/// Whether lines of the log go to standard error.
pub(crate) fn is_on_standard_error(shared: &Shared) -> bool {
    shared.verbose > 0 && shared.log_file.is_none()
}

impl Log {
    /// Waits a little for what is not on disk yet.
    pub(crate) fn end(self) {
        let Some((file, written)) = self.file else { return };
        if let Some(loss) = file.close() {
            output::say(&loss);
        }
        // A disk that takes longer keeps the rest.
        let _ = written.recv_timeout(PATIENCE);
    }
}

enum Lines {
    StandardError,
    File(Arc<LogFile>),
}

impl Lines {
    fn write(&self, line: &str) {
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        let line = format!("{now} {}", printable(line));
        match self {
            Self::StandardError => output::say(&line),
            Self::File(file) => file.write(line),
        }
    }
}

/// A file that a thread of its own writes to.
struct LogFile {
    sender: Mutex<Sending>,
}

struct Sending {
    lines: Option<SyncSender<String>>,
    lost: u64,
}

impl LogFile {
    fn begin(path: &Path) -> (Arc<Self>, Receiver<()>) {
        let (lines, receiver) = sync_channel::<String>(LINES_KEPT);
        let (done, written) = sync_channel(1);
        let path = path.to_path_buf();
        std::thread::spawn(move || {
            write_all(&path, &receiver);
            let _ = done.send(());
        });
        (Arc::new(Self::to(lines)), written)
    }

    fn to(lines: SyncSender<String>) -> Self {
        Self { sender: Mutex::new(Sending { lines: Some(lines), lost: 0 }) }
    }

    fn write(&self, line: String) {
        let mut sending = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lines) = &sending.lines else { return };
        if let Err(TrySendError::Full(_)) = lines.try_send(line) {
            sending.lost += 1;
        }
    }

    /// Takes no further line. What is said of those that were lost, if any were.
    fn close(&self) -> Option<String> {
        let mut sending = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sending.lines = None;
        let lost = sending.lost;
        (lost > 0).then(|| format!("removit: {lost} lines of the log are lost"))
    }
}

/// Writes until no further line can come. After an error nothing more is written.
fn write_all(path: &Path, lines: &Receiver<String>) {
    let failed = |error: std::io::Error| {
        let path = printable(&path.to_string_lossy());
        output::say(&format!("removit: the log {path} cannot be written: {error}"));
    };
    let mut file = match OpenOptions::new().create(true).append(true).open(PathBuf::from(path)) {
        Ok(file) => file,
        Err(error) => return failed(error),
    };
    for line in lines {
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            return failed(error);
        }
    }
}

/// Turns what is told of attempts into lines.
struct Attempts {
    lines: Lines,
    most: Level,
}

/// What is known of an attempt under way.
struct Attempt {
    began: Instant,
    fields: Fields,
}

/// The fields that are logged.
#[derive(Default)]
struct Fields {
    what: String,
    host: String,
    port: String,
    size: String,
    resent: String,
    status: String,
    error: String,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = match field.name() {
            "otel.name" => &mut self.what,
            "server.address" => &mut self.host,
            "server.port" => &mut self.port,
            "http.request.body.size" => &mut self.size,
            "http.request.resend_count" => &mut self.resent,
            "http.response.status_code" => &mut self.status,
            "error.type" => &mut self.error,
            "message" => &mut self.message,
            _ => return,
        };
        text.clear();
        let _ = write!(text, "{value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Fields {
    fn place(&self) -> String {
        format!("{} at {}:{}", self.what, self.host, self.port)
    }

    fn begun(&self) -> String {
        format!("{}: begun, with {} bytes", self.place(), self.size)
    }

    fn ended(&self, took: Duration) -> String {
        let outcome = match (self.status.as_str(), self.error.as_str()) {
            ("", "") => "given up".to_owned(),
            ("", error) => error.to_owned(),
            (status, error) if error.is_empty() || error == status => status.to_owned(),
            (status, error) => format!("{status}, {error}"),
        };
        let again = match self.resent.as_str() {
            "" => String::new(),
            before => format!(", sent {before} times before"),
        };
        format!("{}: {outcome} after {:.3} s{again}", self.place(), took.as_secs_f64())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Attempts {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == TARGET && *metadata.level() <= self.most
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let Some(span) = context.span(id) else { return };
        if self.most >= Level::DEBUG {
            self.lines.write(&fields.begun());
        }
        span.extensions_mut().insert(Attempt { began: Instant::now(), fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(attempt) = span.extensions_mut().get_mut::<Attempt>() {
            values.record(&mut attempt.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(attempt) = span.extensions().get::<Attempt>() {
            self.lines.write(&attempt.fields.ended(attempt.began.elapsed()));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.lines.write(&fields.message);
    }
}

#[cfg(test)]
mod tests;
