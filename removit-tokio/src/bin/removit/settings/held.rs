//! What each option of one command holds, and why.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::environment::variable_of;
use super::loaded::Loaded;
use super::options::{is_for_all, is_list, is_path, name_of, options, take};
use super::origin::Origin;
use super::yields::{Said, contradict, exclude_each_other};
use crate::refused::Refused;

/// An option and what it holds; no words where nothing does.
#[derive(Clone, Debug)]
pub(crate) struct Held<'a> {
    pub(crate) arg: &'a Arg,
    pub(crate) words: Vec<OsString>,
    pub(crate) origin: Origin,
    /// What goes before what: the smaller number.
    rank: usize,
}

/// What is typed, and what variables say; the tables of a file follow.
const TYPED: usize = 0;
const ENVIRONMENT: usize = 1;
const FILE: usize = 2;
const DEFAULT: usize = usize::MAX;

impl<'a> Held<'a> {
    pub(crate) fn name(&self) -> &str {
        name_of(self.arg)
    }

    /// Whether it is neither typed nor so by default.
    pub(crate) const fn is_set(&self) -> bool {
        matches!(self.origin, Origin::Environment(_) | Origin::File { .. })
    }

    fn said(&self) -> Said<'_> {
        Said { arg: self.arg, words: &self.words }
    }

    fn default_of(arg: &'a Arg) -> Self {
        let words =
            arg.get_default_values().iter().map(clap::builder::OsStr::to_os_string).collect();
        Self { arg, words, origin: Origin::Default, rank: DEFAULT }
    }

    fn is_default(&self) -> bool {
        self.rank == DEFAULT
    }

    /// The name by which whoever set it finds it.
    fn place(&self) -> String {
        match &self.origin {
            Origin::Flag => format!("--{}", self.name()),
            Origin::Environment(variable) => variable.clone(),
            origin => format!("{origin}: {}", self.name()),
        }
    }
}

impl Loaded {
    /// What each option of a command holds.
    ///
    /// # Errors
    /// Where a variable has a wrong value, or two settings contradict each other.
    pub(crate) fn held<'a>(&'a self, command: &'a Command) -> Result<Vec<Held<'a>>, Refused> {
        let mut held = Vec::new();
        let mut wrong = Vec::new();
        for arg in options(command) {
            match self.first(command.get_name(), arg) {
                Ok(one) => held.push(one),
                Err(why) => wrong.push(why),
            }
        }
        if !wrong.is_empty() {
            return Err(Refused::usage(wrong.join("\n")));
        }
        make_way(command, &mut held, is_typed(&self.typed, "inputs"))?;
        Ok(held)
    }

    fn first<'a>(&'a self, command: &str, arg: &'a Arg) -> Result<Held<'a>, String> {
        let (name, id) = (name_of(arg), arg.get_id().as_str());
        if is_typed(&self.typed, id) {
            let words = self.typed.get_raw(id).into_iter().flatten();
            let words = words.map(ToOwned::to_owned).collect();
            return Ok(Held { arg, words, origin: Origin::Flag, rank: TYPED });
        }
        let of_all = is_for_all(command, name).then(|| variable_of(None, name));
        for variable in [Some(variable_of(Some(command), name)), of_all].into_iter().flatten() {
            let Some(value) = self.environment.get(&variable) else { continue };
            let words: Vec<_> = match is_list(arg) && is_path(arg) {
                true => {
                    std::env::split_paths(value).map(std::path::PathBuf::into_os_string).collect()
                }
                false => vec![value.to_owned()],
            };
            let taken: Result<Vec<_>, _> = words.iter().map(|word| take(arg, word)).collect();
            let words = taken.map_err(|why| format!("{variable}: {why}"))?;
            let origin = Origin::Environment(variable);
            return Ok(Held { arg, words, origin, rank: ENVIRONMENT });
        }
        let profile = self.profile.as_ref().map(|(name, _)| name.as_str());
        let found = self.file.as_ref().and_then(|file| {
            let (table, words, line, profile) = file.get(profile, command, name)?;
            let (path, profile) = (file.path.clone(), profile.map(str::to_owned));
            let origin = Origin::File { path, line, profile };
            Some(Held { arg, words: words.to_vec(), origin, rank: FILE + table })
        });
        Ok(found.unwrap_or_else(|| Held::default_of(arg)))
    }
}

/// Whether it was typed.
fn is_typed(typed: &ArgMatches, id: &str) -> bool {
    let is_there = typed.try_contains_id(id).unwrap_or(false);
    is_there && typed.value_source(id) == Some(ValueSource::CommandLine)
}

/// What is set makes way for what goes before it and contradicts it.
fn make_way(command: &Command, held: &mut [Held<'_>], has_inputs: bool) -> Result<(), Refused> {
    let all = held.to_vec();
    for one in held.iter_mut().filter(|one| one.is_set()) {
        let others = all.iter().filter(|other| !other.is_default() && other.name() != one.name());
        for other in others {
            let is_before = other.rank < one.rank;
            if is_before && contradict(command, one.said(), other.said()) {
                *one = Held::default_of(one.arg);
                break;
            }
            if other.rank == one.rank && exclude_each_other(command, one.said(), other.said()) {
                let (one, other) = (one.place(), other.place());
                return Err(Refused::usage(format!("{one} and {other} contradict each other")));
            }
        }
        // A list that is set is for runs that name no photos: nothing else is paid for.
        if has_inputs && one.name() == "from" {
            *one = Held::default_of(one.arg);
        }
    }
    Ok(())
}
