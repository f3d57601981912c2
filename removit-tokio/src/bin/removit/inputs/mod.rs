//! From what was typed to the flat list of inputs, each once.
//!
//! All that can be wrong with a name is found here, before anything is sent or
//! paid; every wrong one is named, so that a long list is mended in one go. No
//! photo is opened: what is in a file is looked at when its turn comes.

mod folder;
mod list;
mod pattern;
mod place;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use removit_tokio::proto::SourceUrl;

use self::place::Places;
use crate::batch_args::InputsArgs;
use crate::exit::Exit;
use crate::setup::Refused;
use crate::shell::printable;

/// One photo, as it was named. Its `Display` is for JSON: on a terminal it goes
/// through [`printable`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum InputName {
    File(PathBuf),
    /// The vendor fetches it.
    Url(SourceUrl),
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Url(url) => f.write_str(url.as_str()),
        }
    }
}

/// How many wrong names are told at most.
const TOLD: usize = 20;

/// The inputs that the arguments name, in their order; what a folder or pattern
/// stands for is sorted, so that two runs agree.
pub(crate) fn expand(args: &InputsArgs) -> Result<Vec<InputName>, Refused> {
    expand_with(args, io::stdin())
}

/// The inputs without those that are results, and how many were left out.
///
/// A folder that takes the results too has them beside the photos: a second run
/// over it would pay for the results of the first.
pub(crate) fn without_results(
    mut inputs: Vec<InputName>,
    results: impl IntoIterator<Item = PathBuf>,
) -> (Vec<InputName>, usize) {
    let mut places = Places::default();
    let results: HashSet<_> = results.into_iter().map(|result| places.of(&result)).collect();
    let before = inputs.len();
    inputs.retain(|input| match input {
        InputName::File(path) => !results.contains(&places.of(path)),
        InputName::Url(_) => true,
    });
    let left_out = before - inputs.len();
    (inputs, left_out)
}

fn expand_with(args: &InputsArgs, stdin: impl Read) -> Result<Vec<InputName>, Refused> {
    let mut inputs = Inputs { recursive: args.recursive, ..Inputs::default() };
    for word in &args.inputs {
        inputs.take(word, None);
    }
    if let Some(from) = &args.from {
        let lines = list::read(from, stdin)?;
        if lines.is_empty() {
            let name = printable(&from.to_string_lossy());
            return Err(Refused::usage(format!("--from {name} names no input")));
        }
        for line in lines {
            match line.word {
                Ok(word) => inputs.take(&word, Some(line.number)),
                Err(wrong) => inputs.refuse(Some(line.number), Exit::Usage, wrong),
            }
        }
    }
    inputs.finish()
}

/// Why a word stands for no input.
struct Wrong {
    exit: Exit,
    message: String,
}

impl Wrong {
    fn local(message: impl Into<String>) -> Self {
        Self { exit: Exit::LocalIo, message: message.into() }
    }
}

#[derive(Default)]
struct Inputs {
    recursive: bool,
    found: Vec<InputName>,
    /// The found ones in a form that is the same for `a.jpg` and `./a.jpg`.
    known: HashSet<InputName>,
    places: Places,
    exit: Option<Exit>,
    wrong: usize,
    messages: Vec<String>,
}

impl Inputs {
    /// Takes what one word of the command line, or one line, stands for.
    fn take(&mut self, word: &OsStr, line: Option<u64>) {
        if let Some(url) = word.to_str().filter(|text| text.contains("://")) {
            match url.parse() {
                Ok(url) => self.add(InputName::Url(url)),
                Err(error) => {
                    self.refuse(line, Exit::Usage, format!("{}: {error}", printable(url)));
                }
            }
            return;
        }
        match files(word, self.recursive) {
            Ok(files) => files.into_iter().for_each(|file| self.add(InputName::File(file))),
            Err(wrong) => {
                let word = printable(&word.to_string_lossy());
                self.refuse(line, wrong.exit, format!("{word}: {}", wrong.message));
            }
        }
    }

    fn add(&mut self, input: InputName) {
        let form = match &input {
            InputName::File(path) => InputName::File(self.places.of(path)),
            InputName::Url(_) => input.clone(),
        };
        if self.known.insert(form) {
            self.found.push(input);
        }
    }

    fn refuse(&mut self, line: Option<u64>, exit: Exit, message: String) {
        self.exit.get_or_insert(exit);
        self.wrong += 1;
        if self.messages.len() < TOLD {
            self.messages.push(match line {
                Some(line) => format!("line {line}: {message}"),
                None => message,
            });
        }
    }

    fn finish(mut self) -> Result<Vec<InputName>, Refused> {
        let Some(exit) = self.exit else { return Ok(self.found) };
        if self.wrong > self.messages.len() {
            self.messages.push(format!("and {} more", self.wrong - self.messages.len()));
        }
        self.messages.push("nothing was sent".to_owned());
        Err(Refused { exit, message: self.messages.join("\n") })
    }
}

/// The files that a word stands for: a file for itself, a folder for the photos
/// in it, and what is neither, if it can be one, is a pattern.
fn files(word: &OsStr, recursive: bool) -> Result<Vec<PathBuf>, Wrong> {
    let path = Path::new(word);
    match path.metadata() {
        Ok(there) if there.is_dir() => folder::photos(path, recursive),
        Ok(_) => Ok(vec![path.to_path_buf()]),
        Err(error) => match word.to_str().filter(|text| pattern::is_pattern(text)) {
            Some(text) => pattern::photos(text, recursive),
            None => Err(Wrong::local(error.to_string())),
        },
    }
}

#[cfg(test)]
mod tests;
