//! The question before much is paid for.

use std::io::{BufRead, IsTerminal};

use crate::batch_args::PaceArgs;
use crate::exit::Exit;
use crate::output;
use crate::refused::Refused;
use crate::signals::Signals;

/// Whether so many jobs would be asked about.
pub(crate) fn is_needed(pace: &PaceArgs, to_pay: usize) -> bool {
    !pace.yes && to_pay > pace.confirm_over
}

/// Asks whether so many jobs are to be paid for, where that is needed. Where nobody
/// can be asked, that is a no.
pub(crate) async fn confirm(
    pace: &PaceArgs,
    to_pay: usize,
    signals: &mut Signals,
) -> Result<(), Refused> {
    if !is_needed(pace, to_pay) {
        return Ok(());
    }
    let question = format!("{to_pay} photos are to be sent, and each is paid for");
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Refused::usage(format!(
            "{question}; nobody can be asked here: --yes or --confirm-over {to_pay} says yes; \
             nothing was sent"
        )));
    }
    output::ask(&format!("{question}. Go on? [y/N] "));
    match signals.unless_asked(answer()).await {
        Some(answer) if is_yes(&answer) => Ok(()),
        Some(_) => Err(Refused::usage("nothing was sent")),
        None => {
            output::say("");
            Err(Refused { exit: Exit::Interrupted, message: "nothing was sent".to_owned() })
        }
    }
}

/// A line from standard input; nothing where there is none.
async fn answer() -> String {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread that may be left behind: nothing ends the reading of a terminal.
    std::thread::spawn(move || {
        let mut answer = String::new();
        // What cannot be read is no yes.
        let _ = std::io::stdin().lock().read_line(&mut answer);
        let _ = sender.send(answer);
    });
    receiver.await.unwrap_or_default()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_a_yes_however_it_is_written() {
        for yes in ["y", "Y", "yes", "Yes", "YES\n", " y \r\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "no", "yess", "ja", "y n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
