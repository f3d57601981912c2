//! Everything that says what options hold: the arguments, the environment, the file
//! and the profile.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Command};

use super::environment::{Environment, variable_of};
use super::file::{SettingsFile, no_profile};
use super::options::{commands, name_of, options, program};
use super::origin::Origin;
use crate::folders;
use crate::refused::Refused;

/// What was found.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What was typed with the command that runs.
    pub(super) typed: ArgMatches,
    pub(super) program: Command,
    pub(super) environment: Environment,
    pub(super) file: Option<SettingsFile>,
    pub(super) profile: Option<(String, Origin)>,
    /// Where the file is, or would be.
    pub(super) path: Option<(PathBuf, Origin)>,
}

impl Loaded {
    /// Reads the environment and the file that these arguments, or else the
    /// environment, name.
    ///
    /// # Errors
    /// Where the file cannot be read, or something in it is wrong.
    pub(super) fn load(typed: &ArgMatches) -> Result<Self, Refused> {
        let (program, environment) = (program(), Environment::read());
        let by = |option: &str, typed: Option<OsString>| {
            let variable = variable_of(None, option);
            let typed = typed.map(|value| (value, Origin::Flag));
            typed.or_else(|| {
                let value = environment.get(&variable)?.to_owned();
                Some((value, Origin::Environment(variable)))
            })
        };
        let path = typed.get_one::<PathBuf>("config").cloned().map(PathBuf::into_os_string);
        let named = by("config", path).map(|(path, origin)| (PathBuf::from(path), origin));
        let is_named = named.is_some();
        let usual = || {
            let path = folders::config()?.join("config.toml");
            Some((path, Origin::Default))
        };
        let path = named.or_else(usual);
        let file = match &path {
            Some((path, _)) => SettingsFile::read(path, is_named, &program)?,
            None => None,
        };
        let profile = typed.get_one::<String>("profile").map(OsString::from);
        let profile = by("profile", profile);
        let profile = profile.map(|(name, origin)| (name.to_string_lossy().into_owned(), origin));
        if let Some((name, origin)) = &profile {
            let place = path.as_ref().map(|(path, _)| path.display().to_string());
            let place = place.unwrap_or_else(|| "the settings".to_owned());
            let profiles = file.as_ref().map(SettingsFile::profiles).unwrap_or_default();
            if !file.as_ref().is_some_and(|file| file.has_profile(name)) {
                let by = match origin {
                    Origin::Flag => "--profile".to_owned(),
                    origin => origin.to_string(),
                };
                let why = no_profile(name, profiles);
                return Err(Refused::usage(format!("{by}: in {place} {why}")));
            }
        }
        let by_file = || {
            let file = file.as_ref()?;
            let (name, line) = file.profile.clone()?;
            let path = file.path.clone();
            Some((name, Origin::File { path, line, profile: None }))
        };
        let profile = profile.or_else(by_file);
        Ok(Self { typed: typed.clone(), program, environment, file, profile, path })
    }

    /// The commands for which something can be set.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> {
        commands(&self.program)
    }

    pub(crate) fn command(&self, name: &str) -> Option<&Command> {
        self.commands().find(|command| command.get_name() == name)
    }

    /// The file that was read.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Where the file is, or would be, and who says so.
    pub(crate) fn place(&self) -> Option<&(PathBuf, Origin)> {
        self.path.as_ref()
    }

    pub(crate) fn profile(&self) -> Option<&(String, Origin)> {
        self.profile.as_ref()
    }

    /// Variables that look like this program's and are not.
    pub(crate) fn unknown_variables(&self) -> Vec<&str> {
        let mut known = vec!["REMOVIT_API_KEY".to_owned()];
        known.extend(["config", "profile"].map(|option| variable_of(None, option)));
        for command in self.commands() {
            for arg in options(command) {
                known.push(variable_of(None, name_of(arg)));
                known.push(variable_of(Some(command.get_name()), name_of(arg)));
            }
        }
        self.environment.unknown(|name| known.iter().any(|known| known == name))
    }
}
