//! A run of `check`, and the file that it is kept in to be a baseline.
//!
//! Judges nothing: what came of the run is in its report.

use std::io::ErrorKind;
use std::path::Path;

use removit_blocking::files::write_whole;
use removit_tokio::proto::contract::{Conclusion, Drift, Report};
use serde::{Deserialize, Serialize};

use crate::output;
use crate::refused::Refused;

/// A run as it is printed and kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) conclusion: Conclusion,
    /// What is other than in the baseline.
    #[serde(default)]
    pub(crate) drift: Vec<Drift>,
    pub(crate) report: Report,
}

/// The kept run; `None` where there is none yet.
pub(crate) fn read(path: &Path) -> Result<Option<Run>, Refused> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            Refused::local(format!("--baseline {}: no run of a check: {error}", path.display()))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Refused::local(format!("--baseline {}: {error}", path.display()))),
    }
}

pub(crate) fn keep(path: &Path, run: &Run) -> Result<(), Refused> {
    let failed = |error: &dyn std::fmt::Display| {
        Refused::local(format!("--baseline {}: {error}", path.display()))
    };
    let text = serde_json::to_vec_pretty(run).map_err(|error| failed(&error))?;
    write_whole(path, true, &text).map_err(|error| failed(&error))?;
    output::say(&format!("kept       {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn no_file_is_no_baseline_yet_and_what_cannot_be_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("none.json")).unwrap().is_none());
        let refused = read(folder.path()).unwrap_err();
        assert_eq!(refused.exit, Exit::LocalIo);
        assert!(refused.message.starts_with("--baseline "), "{}", refused.message);
    }
}
