//! `report`: what a journal says, for people and for scripts.
//!
//! Read alone: no server is asked, and the journal is neither locked nor written to, so
//! that it can be had while another process is at work on it.

mod html;
mod item;
mod links;
mod shown;
mod summary;
mod text;
mod times;

use removit_tokio::JournalFile;
use removit_tokio::proto::journal::{Journal, Tail};

use crate::cli::Shared;
use crate::exit::Exit;
use crate::offline_args::ReportArgs;
use crate::output;
use crate::refused::Refused;
use crate::report::summary::Summary;
use crate::shell::printable;

/// How many faults of the file are told at most on standard error.
const TOLD: usize = 20;

pub(crate) fn report(shared: &Shared, args: &ReportArgs) -> Result<Exit, Refused> {
    let journal = JournalFile::read(&args.journal)
        .map_err(|error| Refused::local(printable(&error.to_string())))?;
    let mut faults = faults(&journal, shared.quiet);
    cut_short(&mut faults);
    for fault in faults {
        output::say(&format!("removit: {fault}"));
    }
    let summary = Summary::new(&journal, &args.journal);
    if let Some(path) = &args.html {
        html::write(path, &journal, &summary)?;
    }
    if shared.json {
        let mut line = serde_json::to_vec(&summary)
            .map_err(|error| Refused::local(format!("cannot write JSON: {error}")))?;
        line.push(b'\n');
        output::text(&line);
    } else {
        output::text(summary.to_string().as_bytes());
    }
    Ok(if summary.is_done { Exit::Done } else { Exit::Mixed })
}

/// Leaves no more than are told, and how many more there are.
fn cut_short(faults: &mut Vec<String>) {
    let more = faults.len().saturating_sub(TOLD);
    if more > 0 {
        faults.truncate(TOLD);
        faults.push(format!("and {more} more such lines"));
    }
}

/// What is wrong with the file itself: damage first, which is never kept quiet.
fn faults(journal: &Journal, quiet: bool) -> Vec<String> {
    let broken = journal.broken.iter().map(|broken| {
        format!("{broken}; what it said is not known, so nothing more is sent by this journal")
    });
    let last = journal.torn.last().filter(|_| journal.tail == Tail::Torn);
    let torn = journal.torn.iter().filter(|_| !quiet).map(|torn| match torn {
        torn if torn.salvaged => {
            format!("line {} was torn by a crash; the job's id in it counts", torn.line)
        }
        torn if last == Some(torn) => {
            format!("line {}, the last, is torn: its process died, or is writing it now", torn.line)
        }
        torn => format!("line {} was torn by a crash", torn.line),
    });
    broken.chain(torn).collect()
}

#[cfg(test)]
mod tests;
