//! The API key from a file or from the environment. No text here repeats it.

use removit_tokio::proto::ApiKey;

use crate::cli::Shared;
use crate::exit::Exit;
use crate::refused::Refused;

const VARIABLE: &str = "REMOVIT_API_KEY";

pub(crate) fn key(shared: &Shared) -> Result<ApiKey, Refused> {
    let Some(path) = &shared.api_key_file else {
        // An empty variable is how many shells and CI systems say that there is none.
        let text = std::env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| {
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
