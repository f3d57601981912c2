//! The variables `REMOVIT_…`. An empty one is none, as many shells and CI systems
//! say that there is none.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

const PREFIX: &str = "REMOVIT_";

/// The variables that begin with `REMOVIT_` and are not empty.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// As this process has them.
    pub(crate) fn read() -> Self {
        Self::of(std::env::vars_os())
    }

    pub(super) fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let ours = variables.filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
            let is_empty = value.to_str().is_some_and(|value| value.trim().is_empty());
            (!is_empty).then_some((name, value))
        });
        Self { variables: ours.collect() }
    }

    pub(crate) fn get(&self, variable: &str) -> Option<&OsStr> {
        self.variables.get(variable).map(OsString::as_os_str)
    }

    /// Those that no option has.
    pub(crate) fn unknown(&self, is_known: impl Fn(&str) -> bool) -> Vec<&str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(|name| !is_known(name)).collect()
    }
}

/// The variable of an option, for all commands or for one.
pub(crate) fn variable_of(command: Option<&str>, option: &str) -> String {
    let command = command.map(|command| format!("{command}_")).unwrap_or_default();
    format!("{PREFIX}{command}{option}").replace('-', "_").to_ascii_uppercase()
}
