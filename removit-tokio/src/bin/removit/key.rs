//! The API key from a file or from the environment. No text here repeats it.

use std::path::Path;

use removit_tokio::proto::ApiKey;

use crate::cli::Shared;
use crate::exit::Exit;
use crate::refused::Refused;

pub(crate) const VARIABLE: &str = "REMOVIT_API_KEY";

pub(crate) fn key(shared: &Shared) -> Result<ApiKey, Refused> {
    let Some(path) = file(shared) else {
        let text = in_environment().ok_or_else(|| {
            Refused::usage(
                "no API key: set REMOVIT_API_KEY, or name a file with --api-key-file \
                 (a simulated API takes any key; `removit demo` needs none)",
            )
        })?;
        return read(&text).map_err(|why| Refused::usage(format!("{VARIABLE}: {why}")));
    };
    let named = |why: String| format!("--api-key-file {}: {why}", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| Refused { exit: Exit::LocalIo, message: named(error.to_string()) })?;
    read(&text).map_err(|why| Refused::usage(named(why)))
}

/// An empty variable is how many shells and CI systems say that there is none.
fn in_environment() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty())
}

pub(crate) fn is_in_environment() -> bool {
    in_environment().is_some()
}

/// Whether the settings' file names the file of the key, and the environment has the
/// key itself, which goes before it.
fn is_put_aside(shared: &Shared) -> bool {
    shared.from_file.contains("api-key-file") && is_in_environment()
}

/// The file of the key, where it is read.
pub(crate) fn file(shared: &Shared) -> Option<&Path> {
    shared.api_key_file.as_deref().filter(|_| !is_put_aside(shared))
}

/// The key alone: what editors put around it is left out, and what is written as for
/// a shell is told rather than sent as a key that no server knows.
fn read(text: &str) -> Result<ApiKey, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if is_assignment(text) {
        return Err("it holds NAME=key; it must be the key alone".to_owned());
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err("the key is in quotes; it must be the key alone".to_owned());
    }
    ApiKey::new(text).map_err(|error| error.to_string())
}

/// `NAME=key`, and not a key that has = in it or at its end, as Base64 has.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    let Some((name, value)) = text.split_once('=') else { return false };
    let name = name.trim_end().to_ascii_uppercase();
    !value.trim_matches('=').is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && ["KEY", "TOKEN", "SECRET"].iter().any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_put_around_a_key_is_left_out() {
        for text in ["sk-1", " sk-1\r\n", "\u{feff}sk-1\n"] {
            assert!(read(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_line_for_a_shell_is_no_key() {
        for text in [
            "REMOVIT_API_KEY=sk-1",
            "export REMOVIT_API_KEY=sk-1",
            "key = sk-1",
            "TOKEN2_secret=sk-1",
            "TOKEN=sk-1==",
        ] {
            assert!(read(text).unwrap_err().contains("NAME=key"), "{text}");
        }
        for text in ["'sk-1'", "\"sk-1", "sk-1'"] {
            assert!(read(text).unwrap_err().contains("in quotes"), "{text}");
        }
    }

    #[test]
    fn a_key_may_have_an_equals_sign_in_it_or_at_its_end() {
        for text in ["c2VjcmV0=", "monKEY==", "my-key=1", "abc=def", "=x"] {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
