//! From what was typed to the flat list of inputs, each once.
//!
//! All that can be wrong with a name is found here, before anything is sent or paid:
//! it is told of each, and the others go on. No photo is opened: what is in a file is
//! looked at when its turn comes.

mod folder;
mod left_out;
mod list;
pub(crate) mod name;
mod pattern;
mod place;
mod wrong;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub(crate) use self::left_out::LeftOut;
use self::name::{FoundInput, InputName};
use self::place::Places;
pub(crate) use self::wrong::WrongInput;
use crate::batch_args::InputsArgs;
use crate::refused::Refused;
use crate::shell::printable;

/// What the arguments name.
#[derive(Default)]
pub(crate) struct Found {
    /// In the order of the arguments; what a folder or pattern stands for is sorted, so
    /// that two runs agree.
    pub(crate) inputs: Vec<FoundInput>,
    pub(crate) wrong: Vec<WrongInput>,
    pub(crate) left_out: LeftOut,
    /// Whether a folder or a pattern was among them, where results may lie.
    pub(crate) is_searched: bool,
    recursive: bool,
    /// The found ones in a form that is the same for `a.jpg` and `./a.jpg`.
    known: HashSet<InputName>,
    places: Places,
}

/// The inputs that the arguments name.
///
/// # Errors
/// Where a list of inputs cannot be read, or names none.
pub(crate) fn expand(args: &InputsArgs) -> Result<Found, Refused> {
    expand_with(args, io::stdin())
}

fn expand_with(args: &InputsArgs, stdin: impl Read) -> Result<Found, Refused> {
    let mut found = Found { recursive: args.recursive, ..Found::default() };
    for word in &args.inputs {
        found.take(word, None);
    }
    if let Some(from) = &args.from {
        let lines = list::read(from, stdin)?;
        if lines.is_empty() {
            let name = printable(&from.to_string_lossy());
            return Err(Refused::usage(format!("--from {name} names no input")));
        }
        for line in lines {
            match line.wrong {
                None => found.take(&line.word, Some(line.number)),
                Some(wrong) => found.refuse(&line.word, Some(line.number), &Refused::usage(wrong)),
            }
        }
    }
    Ok(found)
}

impl Found {
    /// Leaves those out that are results of earlier runs.
    ///
    /// A folder that takes the results too has them beside the photos: a second run
    /// over it would pay for the results of the first.
    pub(crate) fn leave_out(&mut self, results: impl IntoIterator<Item = PathBuf>) {
        let places = &mut self.places;
        let results: HashSet<_> = results.into_iter().map(|result| places.of(&result)).collect();
        let before = self.inputs.len();
        self.inputs.retain(|input| match &input.name {
            InputName::File(path) => !results.contains(&places.of(path)),
            InputName::Url(_) => true,
        });
        let left_out = before - self.inputs.len();
        self.left_out.results += u64::try_from(left_out).unwrap_or(u64::MAX);
    }

    /// Takes what one word of the command line, or one line, stands for.
    fn take(&mut self, word: &OsStr, line: Option<u64>) {
        if let Some(url) = word.to_str().filter(|text| text.contains("://")) {
            return match url.parse() {
                Ok(url) => self.add(FoundInput::named(InputName::Url(url))),
                Err(error) => self.refuse(word, line, &Refused::usage(error.to_string())),
            };
        }
        let path = Path::new(word);
        let walked = match path.metadata() {
            Ok(there) if there.is_dir() => {
                folder::photos(path, self.recursive).map(|walked| (path.to_path_buf(), walked))
            }
            Ok(_) => {
                return self.add(FoundInput::named(InputName::File(path.to_path_buf())));
            }
            // What is neither, if it can be one, is a pattern.
            Err(error) => match word.to_str().filter(|text| pattern::is_pattern(text)) {
                Some(text) => pattern::photos(text, self.recursive),
                None => Err(Refused::local(error.to_string())),
            },
        };
        match walked {
            Err(wrong) => self.refuse(word, line, &wrong),
            Ok((folder, walked)) => {
                self.is_searched = true;
                self.left_out.take(walked.left_out);
                for (path, wrong) in walked.wrong {
                    self.refuse(path.as_os_str(), line, &wrong);
                }
                for photo in walked.photos {
                    self.add(FoundInput::below(&folder, photo));
                }
            }
        }
    }

    fn add(&mut self, input: FoundInput) {
        let form = match &input.name {
            InputName::File(path) => InputName::File(self.places.of(path)),
            InputName::Url(_) => input.name.clone(),
        };
        if self.known.insert(form) {
            self.inputs.push(input);
        }
    }

    fn refuse(&mut self, word: &OsStr, line: Option<u64>, wrong: &Refused) {
        self.wrong.push(WrongInput::new(word, line, wrong));
    }
}

#[cfg(test)]
mod tests;
