//! What judging an answer brought: which rules were looked at, and which of
//! them do not hold.

/// The verdicts on one answer, in the order in which they were reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    pub(super) held: Vec<&'static str>,
    pub(super) broken: Vec<(&'static str, String)>,
}

impl Verdicts {
    /// Judges a rule; `seen` is told where it does not hold.
    pub(super) fn judge(
        &mut self,
        rule: &'static str,
        holds: bool,
        seen: impl FnOnce() -> String,
    ) -> bool {
        if holds {
            self.held.push(rule);
        } else {
            self.broken.push((rule, seen()));
        }
        holds
    }

    /// Whether this rule was found broken.
    pub(super) fn breaks(&self, rule: &str) -> bool {
        self.broken.iter().any(|(broken, _)| *broken == rule)
    }
}
