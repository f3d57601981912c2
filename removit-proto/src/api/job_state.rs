//! How a job is, by the words that a status answer has for it (contract, rules 1
//! and 2).
//!
//! It knows words alone: whether to look again is the `Poller`'s to decide.

use serde::{Deserialize, Serialize};

/// What to decide on: the answer's `state`, or its `status` where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum State {
    /// Queued or being worked on.
    Pending,
    /// Finished; whether with a result is for
    /// [`JobStatus::results`](crate::JobStatus::results) to say.
    Done,
    /// Failed for good: one of the words of the contract's rule 1.
    Failed,
    /// A word that the contract does not know, treated as still pending.
    Unknown(String),
}

impl State {
    pub(crate) fn decide(
        state: Option<&str>,
        status: Option<&str>,
        has_results: bool,
    ) -> Option<Self> {
        let known = |word| Self::known(word).or_else(|| Self::success(word, has_results));
        let by_status = status.map(|word| match known(word) {
            Some(state) => state,
            // A workflow step that we have no name for.
            None => Self::Pending,
        });
        let Some(word) = state else {
            return by_status;
        };
        Some(match known(word) {
            // A success of another word and without a result is none yet, or a failure.
            Some(Self::Pending) if is_success(word) && by_status == Some(Self::Failed) => {
                Self::Failed
            }
            // `state` decides, but a success without a result is none.
            Some(Self::Done) if !has_results && by_status == Some(Self::Failed) => Self::Failed,
            Some(state) => state,
            None if by_status == Some(Self::Failed) => Self::Failed,
            None => Self::Unknown(word.to_owned()),
        })
    }

    pub(crate) fn map_word(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Unknown(word) => Self::Unknown(change(&word)),
            known => known,
        }
    }

    /// What a word for success that is not the documented one means: that the
    /// job is done where a result is there, and goes on where none is.
    fn success(word: &str, has_results: bool) -> Option<Self> {
        is_success(word).then_some(if has_results { Self::Done } else { Self::Pending })
    }

    fn known(word: &str) -> Option<Self> {
        let word = word.trim();
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        if is("done") {
            return Some(Self::Done);
        }
        let begins = |start: &str| {
            word.get(..start.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(start))
        };
        if is("queued") || is("pending") || begins("pending_") {
            return Some(Self::Pending);
        }
        let failures = ["failed", "error", "cancelled", "canceled", "rejected", "expired"];
        failures.into_iter().any(is).then_some(Self::Failed)
    }
}

/// Words for success that other APIs have.
fn is_success(word: &str) -> bool {
    let word = word.trim();
    let known = ["completed", "complete", "finished", "success", "succeeded", "ready"];
    known.into_iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(word: &str) -> Option<State> {
        Some(State::Unknown(word.to_owned()))
    }

    #[test]
    fn the_words_of_the_contract_are_known_in_any_case() {
        use State::{Done, Failed, Pending};
        for (words, state) in [
            (&["done", " Done "][..], Done),
            (&["failed", "error", "cancelled", "canceled", "rejected", "EXPIRED"], Failed),
            (&["queued", "pending", "pending_compose", "Pending_x"], Pending),
        ] {
            for word in words {
                assert_eq!(State::decide(Some(word), None, true), Some(state.clone()), "{word}");
                assert_eq!(State::decide(None, Some(word), true), Some(state.clone()), "{word}");
            }
        }
        assert_eq!(State::decide(Some("pendingx"), None, true), unknown("pendingx"));
        assert_eq!(State::decide(None, None, true), None);
    }

    #[test]
    fn state_decides_and_a_failed_status_fills_what_it_leaves_open() {
        use State::{Done, Failed, Pending};
        for (state, status, has_results, decided) in [
            ("done", "failed", true, Some(Done)),
            ("done", "failed", false, Some(Failed)),
            ("done", "done", false, Some(Done)),
            ("done", "composing", false, Some(Done)),
            ("pending", "failed", false, Some(Pending)),
            ("failed", "done", true, Some(Failed)),
            ("resting", "failed", false, Some(Failed)),
            ("resting", "failed", true, Some(Failed)),
            ("resting", "done", true, unknown("resting")),
            ("resting", "composing", false, unknown("resting")),
        ] {
            let told = State::decide(Some(state), Some(status), has_results);
            assert_eq!(told, decided, "{state}, {status}, {has_results}");
        }
        assert_eq!(State::decide(None, Some("composing"), false), Some(Pending), "a step");
    }

    #[test]
    fn another_word_for_success_is_done_with_a_result_and_goes_on_without_one() {
        use State::{Done, Failed, Pending};
        for word in ["completed", "Complete", "finished", "SUCCESS", " succeeded ", "ready"] {
            for (has_results, meant) in [(true, Done), (false, Pending)] {
                let by = |state, status| State::decide(state, status, has_results);
                assert_eq!(by(Some(word), None), Some(meant.clone()), "{word}");
                assert_eq!(by(None, Some(word)), Some(meant.clone()), "{word}");
                assert_eq!(by(Some(word), Some("composing")), Some(meant.clone()), "{word}");
                assert_eq!(by(Some("pending"), Some(word)), Some(Pending), "{word}");
            }
            assert_eq!(State::decide(Some(word), Some("failed"), false), Some(Failed), "{word}");
            assert_eq!(State::decide(Some(word), Some("failed"), true), Some(Done), "{word}");
        }
        assert_eq!(State::decide(Some("readyish"), None, true), unknown("readyish"));
    }

    #[test]
    fn only_a_word_that_is_not_known_is_changed() {
        let loud = |word: &str| word.to_uppercase();
        assert_eq!(
            State::Unknown("resting".to_owned()).map_word(loud),
            unknown("RESTING").unwrap()
        );
        assert_eq!(State::Failed.map_word(loud), State::Failed);
    }
}
