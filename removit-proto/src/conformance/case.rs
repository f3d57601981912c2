//! What a case is: a name, how binding it is, the rule behind it, and what is played.
//! Which cases there are is in `kit`.

use super::held::Held;
use super::report::Level;
use super::trial::Trial;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) level: Level,
    pub(super) rule: &'static str,
    pub(super) run: fn(&Trial<'_>) -> Held,
}

pub(super) const fn must(
    name: &'static str,
    rule: &'static str,
    run: fn(&Trial<'_>) -> Held,
) -> Case {
    Case { name, level: Level::Must, rule, run }
}

pub(super) const fn should(
    name: &'static str,
    rule: &'static str,
    run: fn(&Trial<'_>) -> Held,
) -> Case {
    Case { name, level: Level::Should, rule, run }
}

pub(super) const fn note(
    name: &'static str,
    rule: &'static str,
    run: fn(&Trial<'_>) -> Held,
) -> Case {
    Case { name, level: Level::Note, rule, run }
}
