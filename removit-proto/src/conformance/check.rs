//! A subject under examination: by all cases or by some, and which there are.

use super::case::Case;
use super::kit;
use super::report::{CaseInfo, Report};
use super::run::run;
use super::subject::Subject;

impl Subject<'_> {
    /// Runs every case: some ten seconds, on loopback sockets alone.
    pub fn check(&self) -> Report {
        run(self, &kit::all())
    }

    /// Every case that [`check`](Self::check) runs, in the order of its report.
    ///
    /// ```
    /// use removit_proto::conformance::{Level, Subject};
    ///
    /// let cases = Subject::cases();
    /// let silence = cases.iter().find(|case| case.name == "silence").unwrap();
    /// assert_eq!(silence.level, Level::Must);
    /// assert!(silence.rule.contains("by its deadline"));
    /// ```
    #[must_use]
    pub fn cases() -> Vec<CaseInfo> {
        let info = |case: Case| CaseInfo { name: case.name, level: case.level, rule: case.rule };
        kit::all().into_iter().map(info).collect()
    }

    /// Runs the cases with these names: for finding out why one fails.
    ///
    /// # Panics
    /// Where there is no case of a name: a check that tries nothing finds nothing.
    #[track_caller]
    #[expect(clippy::panic, reason = "it is there for tests, to fail them")]
    pub fn check_only(&self, names: &[&str]) -> Report {
        let mut cases = kit::all();
        if let Some(unknown) =
            names.iter().find(|name| cases.iter().all(|case| case.name != **name))
        {
            let known: Vec<_> = cases.iter().map(|case| case.name).collect();
            panic!("there is no case {unknown:?}; there are {}", known.join(", "));
        }
        cases.retain(|case| names.contains(&case.name));
        run(self, &cases)
    }
}
