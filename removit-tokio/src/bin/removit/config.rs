//! `config`: each setting that holds, and where it came from. Of the key only that.

use std::ffi::OsString;

use crate::cli::Shared;
use crate::exit::Exit;
use crate::json::SettingLine;
use crate::key;
use crate::output;
use crate::refused::Refused;
use crate::settings::{Held, Loaded, Origin, is_for_all, is_secret};
use crate::shell::printable;

/// A setting as it is shown.
struct Shown {
    name: String,
    /// The words that hold; `None` of a secret.
    words: Option<Vec<String>>,
    origin: Origin,
}

pub(crate) fn config(shared: &Shared, loaded: Option<&Loaded>) -> Result<Exit, Refused> {
    let Some(loaded) = loaded else { return Ok(Exit::Done) };
    let mut shown = about_settings(loaded);
    shown.extend(key_of(shared));
    shown.extend(all(loaded)?);
    if shared.json {
        shown.iter().for_each(json);
    } else {
        let width = shown.iter().map(|one| one.name.len()).max().unwrap_or_default();
        shown.iter().for_each(|one| output::result(&line(one, width)));
    }
    if !shared.quiet {
        if loaded.file().is_none() {
            if let Some((path, _)) = loaded.place() {
                output::say(&format!("no settings in {}", printable(&path.to_string_lossy())));
            }
        }
        for variable in loaded.unknown_variables() {
            output::say(&format!("{} is no setting", printable(variable)));
        }
    }
    Ok(Exit::Done)
}

/// Which file and which profile.
fn about_settings(loaded: &Loaded) -> Vec<Shown> {
    let file = loaded.place().filter(|_| loaded.file().is_some());
    let file =
        file.map(|(path, origin)| ("config", path.to_string_lossy().into_owned(), origin.clone()));
    let profile = loaded.profile().cloned().map(|(name, origin)| ("profile", name, origin));
    let shown = |(name, word, origin): (&str, String, Origin)| Shown {
        name: name.to_owned(),
        words: Some(vec![word]),
        origin,
    };
    file.into_iter().chain(profile).map(shown).collect()
}

/// Where the key comes from.
fn key_of(shared: &Shared) -> Option<Shown> {
    // Of a file the option says it.
    let is_there = key::file(shared).is_none() && key::is_in_environment();
    let origin = Origin::Environment(key::VARIABLE.to_owned());
    is_there.then(|| Shown { name: "api-key".to_owned(), words: None, origin })
}

/// Each option once, and again where a command has its own.
fn all(loaded: &Loaded) -> Result<Vec<Shown>, Refused> {
    let mut shown: Vec<Shown> = Vec::new();
    for command in loaded.commands() {
        for held in loaded.held(command)? {
            let one = of(&held);
            let is_for_all = is_for_all(command.get_name(), held.name());
            let same = shown.iter().find(|other| other.name == one.name).filter(|_| is_for_all);
            match same {
                Some(same) if same.words == one.words && same.origin == one.origin => {}
                None if is_for_all => shown.push(one),
                _ => {
                    let name = format!("{}.{}", command.get_name(), one.name);
                    shown.push(Shown { name, ..one });
                }
            }
        }
    }
    // What holds nothing by default does not hold.
    let holds = |one: &Shown| one.origin != Origin::Default || one.words != Some(Vec::new());
    Ok(shown.into_iter().filter(holds).collect())
}

fn of(held: &Held<'_>) -> Shown {
    let word = |word: &OsString| {
        let word = word.to_string_lossy().into_owned();
        if held.name() == "proxy" { without_password(&word) } else { word }
    };
    let words = held.words.iter().map(word).collect();
    let words = (!is_secret(held.arg)).then_some(words);
    Shown { name: held.name().to_owned(), words, origin: held.origin.clone() }
}

/// A proxy's URL may hold a name and a password.
fn without_password(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    format!("{scheme}***@{host}")
}

fn line(shown: &Shown, width: usize) -> String {
    let words = match &shown.words {
        Some(words) if words.is_empty() => "(unset)".to_owned(),
        Some(words) => printable(&words.join(" ")),
        None => "(not shown)".to_owned(),
    };
    format!("{:<width$}  {words:<24}  {}", shown.name, shown.origin)
}

fn json(shown: &Shown) {
    let (mut variable, mut file, mut line, mut profile) = (None, None, None, None);
    match &shown.origin {
        Origin::Environment(name) => variable = Some(name.clone()),
        Origin::File { path, line: at, profile: of } => {
            file = Some(path.display().to_string());
            line = u64::try_from(*at).ok();
            profile.clone_from(of);
        }
        Origin::Flag | Origin::Default => {}
    }
    let (name, values) = (&shown.name, shown.words.as_deref());
    SettingLine { name, values, source: shown.origin.word(), variable, file, line, profile }
        .print();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        for (url, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://me:p@ss@proxy.example:3128", "http://***@proxy.example:3128"),
            ("socks5://me:pass@127.0.0.1", "socks5://***@127.0.0.1"),
            ("me:pass@proxy:1", "***@proxy:1"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
