//! The journal of a run: that of a catalogue, or that of one photo in the ledger.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use removit_tokio::proto::InputKey;
use removit_tokio::proto::journal::{Header, Record, Replay};
use removit_tokio::{Clock, JournalError, JournalFile};

use crate::exit::Exit;
use crate::ledger::{Ledger, set_aside};
use crate::output;
use crate::refused::Refused;
use crate::shell::{printable, quoted};
use crate::signals::Signals;

/// How often it is looked whether another process has left the journal.
const LOOKED_EVERY: Duration = Duration::from_millis(200);

/// An open journal, and what it says.
pub(crate) struct Book {
    pub(crate) path: PathBuf,
    pub(crate) journal: JournalFile,
    pub(crate) replay: Replay,
}

impl Book {
    /// Opens a journal, or begins one.
    pub(crate) fn open(path: &Path, api: &str) -> Result<Self, JournalError> {
        let by = concat!("removit ", env!("CARGO_PKG_VERSION"));
        let mut header = Header::new(Clock::start().wall_time(), by);
        header.api = Some(api.to_owned());
        let (journal, replay) = JournalFile::open(path, header)?;
        Ok(Self { path: path.to_path_buf(), journal, replay })
    }

    /// Writes down what is to be known before anything is sent.
    pub(crate) fn write(&mut self, records: Vec<Record>) -> Result<(), Refused> {
        if records.is_empty() {
            return Ok(());
        }
        self.journal.append_all(&records).map_err(|error| refused(&error))?;
        records.into_iter().for_each(|record| self.replay.apply(record));
        Ok(())
    }
}

pub(crate) fn refused(error: &JournalError) -> Refused {
    // A journal may come from anybody: where the key goes is not for it to say.
    let advice = match error {
        JournalError::OtherApi { found, .. } => {
            format!(", or say `--base-url {found}` if your key may go there")
        }
        _ => String::new(),
    };
    Refused::local(printable(&format!("{error}{advice}")))
}

/// How one photo's journal is opened.
pub(crate) struct Alone<'a> {
    pub(crate) ledger: Option<&'a Ledger>,
    pub(crate) api: &'a str,
    pub(crate) again: bool,
    /// How long another process with the same photo is waited for.
    pub(crate) patience: Duration,
    pub(crate) quiet: bool,
}

impl Alone<'_> {
    /// The journal of one photo; `None` where there cannot be one, which is told, and
    /// costs nothing but that the photo is not remembered.
    pub(crate) async fn open(
        &self,
        key: &InputKey,
        signals: &mut Signals,
    ) -> Result<Option<Book>, Refused> {
        let Some(ledger) = self.ledger else { return Ok(None) };
        if let Err(error) = ledger.make() {
            return self.without(&format!("{}: {error}", ledger.journal(key).display()));
        }
        let path = ledger.journal(key);
        let began = Instant::now();
        let mut is_told = self.quiet;
        let mut is_set_aside = !self.again;
        loop {
            let error = match Book::open(&path, self.api) {
                Ok(book) if is_set_aside => return Ok(Some(book)),
                // Nobody else has it: it can be moved while it is held.
                Ok(_held) => {
                    self.move_aside(&path)?;
                    is_set_aside = true;
                    continue;
                }
                Err(error) => error,
            };
            match error {
                JournalError::Locked { .. } if began.elapsed() < self.patience => {
                    if !std::mem::replace(&mut is_told, true) {
                        output::say("waiting for another process that has the same photo");
                    }
                    let pause = tokio::time::sleep(LOOKED_EVERY);
                    if signals.unless_asked(pause).await.is_none() {
                        let message = "interrupted before anything was sent".to_owned();
                        return Err(Refused { exit: Exit::Interrupted, message });
                    }
                }
                JournalError::Damaged { .. } | JournalError::Unreadable { .. } if self.again => {
                    self.move_aside(&path)?;
                    is_set_aside = true;
                }
                JournalError::NotStored { .. } => return self.without(&error.to_string()),
                JournalError::Open { .. }
                    if JournalFile::read(&path).is_ok() || !is_there(&path) =>
                {
                    return self.without(&error.to_string());
                }
                error => {
                    let Refused { exit, message } = refused(&error);
                    let message = format!(
                        "{message}\nit is what is known of this photo alone: --again pays for it \
                         anew, and --journal FILE keeps another record"
                    );
                    return Err(Refused { exit, message });
                }
            }
        }
    }

    fn without(&self, why: &str) -> Result<Option<Book>, Refused> {
        if !self.quiet {
            output::say(&unremembered(why));
        }
        Ok(None)
    }

    fn move_aside(&self, path: &Path) -> Result<(), Refused> {
        let moved = set_aside(path);
        let error = |error| Refused::local(format!("{}: {error}", path.display()));
        if let (Some(moved), false) = (moved.map_err(error)?, self.quiet) {
            let moved = quoted(&moved.to_string_lossy());
            output::say(&format!("paying anew; what was known before: removit report {moved}"));
        }
        Ok(())
    }
}

/// What is said where nothing can be remembered.
pub(crate) fn unremembered(why: &str) -> String {
    format!(
        "removit: what is paid for now is not remembered, and would be paid for again: {}; \
         XDG_STATE_HOME names another folder",
        printable(why)
    )
}

fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
