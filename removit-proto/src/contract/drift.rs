//! What differs between two runs against the same server.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::report::Report;

/// One difference between a run and an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Drift {
    /// It was not there before.
    New {
        /// What kind of thing it is, such as `states`.
        topic: String,
        /// What was met.
        what: String,
    },
    /// It was there before. Told where both runs sent the same requests.
    Gone {
        /// What kind of thing it is.
        topic: String,
        /// What was met before.
        what: String,
    },
    /// Jobs take another time than is usual. No change of what is said.
    Slower {
        /// The median of the earlier run, in seconds.
        before: f64,
        /// The median of this one, in seconds.
        now: f64,
    },
    /// The same, the other way round.
    Faster {
        /// The median of the earlier run, in seconds.
        before: f64,
        /// The median of this one, in seconds.
        now: f64,
    },
}

/// What depends on the moment of a look: not seen is not gone.
const BY_CHANCE: [&str; 4] = [
    super::seen::topic::STEPS,
    super::seen::topic::STATES,
    super::seen::topic::EARLY,
    super::seen::topic::FAILURES,
];

impl Report {
    /// What is other than in an earlier run.
    ///
    /// ```
    /// # use removit_proto::contract::Report;
    /// # fn compare(earlier: &Report, report: &Report) {
    /// for drift in report.drift_from(earlier) {
    ///     println!("{drift}"); // "new in states: napping"
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn drift_from(&self, earlier: &Self) -> Vec<Drift> {
        let mut drift = Vec::new();
        let met = |report: &Self, topic: &String, what: &String| {
            report.seen.facts.get(topic).is_some_and(|facts| facts.contains(what))
        };
        for (topic, facts) in &self.seen.facts {
            // A topic that no earlier run came to is new as a whole where it paid as much.
            let comparable = earlier.seen.facts.contains_key(topic)
                || self.credits_allowed <= earlier.credits_allowed;
            for what in facts.iter().filter(|what| comparable && !met(earlier, topic, what)) {
                drift.push(Drift::New { topic: topic.clone(), what: what.clone() });
            }
        }
        let same = self.credits_allowed == earlier.credits_allowed && self.ended == earlier.ended;
        for (topic, facts) in earlier.seen.facts.iter().filter(|_| same) {
            if BY_CHANCE.contains(&topic.as_str()) {
                continue;
            }
            for what in facts.iter().filter(|what| !met(self, topic, what)) {
                drift.push(Drift::Gone { topic: topic.clone(), what: what.clone() });
            }
        }
        drift.extend(durations(&earlier.seen.job_seconds, &self.seen.job_seconds));
        drift
    }
}

/// Twice as long and five seconds more, or the reverse, is out of the usual.
fn durations(before: &[f64], now: &[f64]) -> Option<Drift> {
    let (before, now) = (median(before)?, median(now)?);
    let much_more = |a: f64, b: f64| a > b * 2.0 + 5.0;
    if much_more(now, before) {
        Some(Drift::Slower { before, now })
    } else if much_more(before, now) {
        Some(Drift::Faster { before, now })
    } else {
        None
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len().div_euclid(2)).copied()
}

impl Drift {
    /// Whether the server says something else than before; how long it takes is
    /// no such thing.
    #[must_use]
    pub fn is_of_words(&self) -> bool {
        matches!(self, Self::New { .. } | Self::Gone { .. })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New { topic, what } => write!(f, "new in {topic}: {what}"),
            Self::Gone { topic, what } => write!(f, "gone from {topic}: {what}"),
            Self::Slower { before, now } | Self::Faster { before, now } => {
                write!(f, "jobs take {now:.1} s, where {before:.1} s were usual")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_is_told_in_one_line() {
        let (topic, what) = (|| "states".to_owned(), || "resting".to_owned());
        for (drift, told, is_of_words) in [
            (Drift::New { topic: topic(), what: what() }, "new in states: resting", true),
            (Drift::Gone { topic: topic(), what: what() }, "gone from states: resting", true),
            (
                Drift::Slower { before: 10.0, now: 30.04 },
                "jobs take 30.0 s, where 10.0 s were usual",
                false,
            ),
            (
                Drift::Faster { before: 30.0, now: 10.0 },
                "jobs take 10.0 s, where 30.0 s were usual",
                false,
            ),
        ] {
            assert_eq!((drift.to_string().as_str(), drift.is_of_words()), (told, is_of_words));
        }
    }

    #[test]
    fn jobs_take_longer_where_half_of_them_take_much_more_than_half_of_them_took() {
        let slower = |before, now| Some(Drift::Slower { before, now });
        let faster = |before, now| Some(Drift::Faster { before, now });
        for (before, now, drift) in [
            (&[10.0][..], &[25.0][..], None),
            (&[10.0], &[25.5], slower(10.0, 25.5)),
            (&[25.0], &[10.0], None),
            (&[25.5], &[10.0], faster(25.5, 10.0)),
            (&[1.0, 10.0, 90.0], &[9.0, 11.0, 99.0], None),
            (&[1.0, 10.0], &[2.0, 30.0], slower(10.0, 30.0)),
            (&[], &[10.0], None),
            (&[10.0], &[], None),
        ] {
            assert_eq!(durations(before, now), drift, "{before:?} {now:?}");
        }
    }
}
