//! One value of the settings' file, as the words of its option.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction};
use toml::de::DeValue;

use super::options::{allowed, is_flag, is_list, is_path, name_of, take};
use crate::folders;

/// Options whose files lie beside the settings that name them: wherever the program is
/// called, they are the same.
const BESIDE: [&str; 2] = ["api-key-file", "ca-cert"];

/// The words that an option is set to; none where an empty text unsets it.
///
/// # Errors
/// Why it takes no such value, and what is allowed.
pub(super) fn words(arg: &Arg, value: &DeValue<'_>, file: &Path) -> Result<Vec<OsString>, String> {
    match value {
        DeValue::Array(values) if is_list(arg) => {
            values.iter().map(|value| word(arg, value.get_ref(), file)).collect()
        }
        DeValue::String(text) if text.is_empty() => Ok(Vec::new()),
        value => Ok(vec![word(arg, value, file)?]),
    }
}

fn word(arg: &Arg, value: &DeValue<'_>, file: &Path) -> Result<OsString, String> {
    let is_count = matches!(arg.get_action(), ArgAction::Count);
    let text = match value {
        DeValue::Boolean(is_on) if is_flag(arg) => is_on.to_string(),
        DeValue::Integer(number) if !is_flag(arg) && number.radix() == 10 => {
            number.as_str().to_owned()
        }
        DeValue::String(text) if !is_flag(arg) && !is_count => text.to_string(),
        _ => return Err(format!("it takes {}", allowed(arg))),
    };
    let text = match is_path(arg) {
        true => at(arg, &text, file).into_os_string(),
        false => text.into(),
    };
    take(arg, &text)
}

/// A path as the file means it.
fn at(arg: &Arg, text: &str, file: &Path) -> PathBuf {
    let path = match (text.strip_prefix("~/"), folders::home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    match file.parent() {
        Some(folder) if BESIDE.contains(&name_of(arg)) => folder.join(path),
        _ => path,
    }
}
