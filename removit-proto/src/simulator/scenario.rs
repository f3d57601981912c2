//! A named script, for a command line and for tests.

use core::fmt;

use super::config::Config;

/// A named way for things to go, as a change of the [`Config`].
///
/// ```
/// use removit_proto::simulator::{Config, Scenario, Simulator};
///
/// let scenario = Scenario::by_name("lost-answer").ok_or("no such scenario")?;
/// let simulator = Simulator::new(scenario.apply(Config::instant()));
/// assert_eq!(simulator.hits(), [0]);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Scenario {
    name: &'static str,
    about: &'static str,
    change: fn(&mut Config),
}

impl Scenario {
    pub(super) const fn new(
        name: &'static str,
        about: &'static str,
        change: fn(&mut Config),
    ) -> Self {
        Self { name, about, change }
    }

    /// Its name: lower case, with hyphens.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What happens, in one line.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The configuration with this scenario added to it.
    #[must_use]
    pub fn apply(&self, config: Config) -> Config {
        config.with(self.change)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scenario").field(&self.name).finish()
    }
}
