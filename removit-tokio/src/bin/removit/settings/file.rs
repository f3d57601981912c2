//! The settings' file: TOML, with a table for each command and each profile.
//!
//! All of it is read and judged, whichever command runs: what is wrong is told with its
//! line and what is allowed, each at once. A file that is not there is none, unless it
//! was named.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Command;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file_value::words;
use super::options::{commands, is_for_all, name_of, option, options};
use crate::refused::Refused;
use crate::shell::printable;

/// What is set for a profile or for all, for a command or for all.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) profile: Option<String>,
    pub(super) command: Option<String>,
    values: BTreeMap<String, (Vec<OsString>, usize)>,
}

/// A file of settings.
#[derive(Debug)]
pub(super) struct SettingsFile {
    pub(super) path: PathBuf,
    tables: Vec<Table>,
    /// The profile that is taken where none is named, with its line.
    pub(super) profile: Option<(String, usize)>,
    profiles: Vec<String>,
}

impl SettingsFile {
    /// `None` where there is none, which is an error only where it was named.
    pub(super) fn read(
        path: &Path,
        is_named: bool,
        program: &Command,
    ) -> Result<Option<Self>, Refused> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound && !is_named => return Ok(None),
            Err(error) => {
                let path = printable(&path.to_string_lossy());
                return Err(Refused::local(format!("the settings {path}: {error}")));
            }
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let read = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(read).filter(|byte| **byte == b'\n').count();
            told(path, &[(line + 1, "it is no UTF-8".to_owned())])
        })?;
        // As some editors begin a file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let root = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(text, span.start));
            told(path, &[(line, error.message().to_owned())])
        })?;
        let mut reading = Reading { text, path, program, wrong: Vec::new() };
        let file = reading.file(root.get_ref());
        match reading.wrong.is_empty() {
            true => Ok(Some(file)),
            false => {
                reading.wrong.sort();
                Err(told(path, &reading.wrong))
            }
        }
    }

    pub(super) fn has_profile(&self, name: &str) -> bool {
        self.profiles.iter().any(|profile| profile == name)
    }

    pub(super) fn profiles(&self) -> &[String] {
        &self.profiles
    }

    /// What is set for an option of a command: the words, the line, and whether by the
    /// profile. The profile goes before what is set for all, and what is set for the
    /// command before what is set for all commands. The number says which table it was.
    pub(super) fn get<'a>(
        &'a self,
        profile: Option<&'a str>,
        command: &str,
        option: &str,
    ) -> Option<(usize, &'a [OsString], usize, Option<&'a str>)> {
        let profiles = profile.map(Some).into_iter().chain([None]);
        let tables = profiles.flat_map(|profile| [(profile, Some(command)), (profile, None)]);
        tables.enumerate().find_map(move |(number, (profile, of))| {
            if of.is_none() && !is_for_all(command, option) {
                return None;
            }
            let is_it = |table: &&Table| {
                table.profile.as_deref() == profile && table.command.as_deref() == of
            };
            let (words, line) = self.tables.iter().find(is_it)?.values.get(option)?;
            Some((number, &words[..], *line, profile))
        })
    }
}

/// What is wrong in a file, each with its line.
fn told(path: &Path, wrong: &[(usize, String)]) -> Refused {
    let path = printable(&path.to_string_lossy());
    let lines = wrong.iter().map(|(line, why)| format!("{path}:{line}: {}", printable(why)));
    Refused::usage(lines.collect::<Vec<_>>().join("\n"))
}

/// Counted from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

struct Reading<'a> {
    text: &'a str,
    path: &'a Path,
    program: &'a Command,
    wrong: Vec<(usize, String)>,
}

impl Reading<'_> {
    fn file(&mut self, root: &DeTable<'_>) -> SettingsFile {
        let (mut tables, mut profiles, mut profile) = (Vec::new(), Vec::new(), None);
        for (key, value) in root {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("profiles", DeValue::Table(of_names)) => {
                    for (name, value) in of_names {
                        match value.get_ref() {
                            DeValue::Table(table) => {
                                let name = name.get_ref().to_string();
                                self.tables(Some(&name), table, &[], &mut tables);
                                profiles.push(name);
                            }
                            _ => self.wrong(name, "a profile is a table: [profiles.NAME]"),
                        }
                    }
                }
                ("profiles", _) => self.wrong(key, "it holds a table for each: [profiles.NAME]"),
                ("profile", DeValue::String(name)) if !name.is_empty() => {
                    profile = Some((name.to_string(), line(self.text, key.span().start)));
                }
                ("profile", _) => self.wrong(key, "it takes the name of a profile"),
                _ => {}
            }
        }
        self.tables(None, root, &["profile", "profiles"], &mut tables);
        if let Some((name, at)) = &profile {
            if !profiles.contains(name) {
                self.wrong.push((*at, no_profile(name, &profiles)));
            }
        }
        SettingsFile { path: self.path.to_path_buf(), tables, profile, profiles }
    }

    /// What is set for all commands, and what for each.
    fn tables(
        &mut self,
        profile: Option<&str>,
        found: &DeTable<'_>,
        but: &[&str],
        tables: &mut Vec<Table>,
    ) {
        let mut all = Table { profile: profile.map(str::to_owned), ..Table::default() };
        for (key, value) in found.iter().filter(|(key, _)| !but.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            match commands(self.program).find(|command| command.get_name() == name) {
                Some(command) => match value.get_ref() {
                    DeValue::Table(of_command) => {
                        let mut table = Table {
                            profile: profile.map(str::to_owned),
                            command: Some(name.to_owned()),
                            ..Table::default()
                        };
                        for (key, value) in of_command {
                            self.value(Some(command), key, value, &mut table);
                        }
                        tables.push(table);
                    }
                    _ => self.wrong(key, "it is a command, and takes a table of its options"),
                },
                None => self.value(None, key, value, &mut all),
            }
        }
        tables.push(all);
    }

    fn value(
        &mut self,
        of: Option<&Command>,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        table: &mut Table,
    ) {
        let name = key.get_ref().replace('_', "-");
        let arg = match of {
            Some(command) => option(command, &name),
            None => commands(self.program)
                .filter(|command| is_for_all(command.get_name(), &name))
                .find_map(|command| option(command, &name)),
        };
        let Some(arg) = arg else {
            return self.wrong(key, &self.unknown(of, &name));
        };
        match words(arg, value.get_ref(), self.path) {
            Ok(words) => {
                let at = line(self.text, key.span().start);
                if table.values.insert(name, (words, at)).is_some() {
                    self.wrong(key, "it is set twice");
                }
            }
            Err(why) => self.wrong(key, &why),
        }
    }

    fn unknown(&self, of: Option<&Command>, name: &str) -> String {
        if name == "api-key" {
            return "the key itself is not kept in settings; api-key-file names its file"
                .to_owned();
        }
        let mut names: Vec<_> = match of {
            Some(command) => options(command).map(name_of).collect(),
            None => commands(self.program)
                .flat_map(|command| options(command).map(move |arg| (command, name_of(arg))))
                .filter(|(command, name)| is_for_all(command.get_name(), name))
                .map(|(_, name)| name)
                .chain(commands(self.program).map(Command::get_name))
                .chain(["profile", "profiles"])
                .collect(),
        };
        names.sort_unstable();
        names.dedup();
        let whose = of.map(|command| format!(" of {}", command.get_name())).unwrap_or_default();
        format!("there is no such setting{whose}; there are {}", names.join(", "))
    }

    fn wrong(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, why: &str) {
        let at = line(self.text, key.span().start);
        self.wrong.push((at, format!("{}: {why}", key.get_ref())));
    }
}

/// What is said where a profile is named that is not in the file.
pub(super) fn no_profile(name: &str, profiles: &[String]) -> String {
    let name = printable(name);
    match profiles.is_empty() {
        true => format!("there is no profile {name}, and no other"),
        false => format!("there is no profile {name}; there are {}", profiles.join(", ")),
    }
}
