//! Where a user's programs keep what they remember and how they are set.
//!
//! A relative or empty variable counts as none, as XDG has it.

use std::env;
use std::path::PathBuf;

/// `$XDG_STATE_HOME/removit`, or else `~/.local/state/removit`; on Windows in
/// `%LOCALAPPDATA%`.
///
/// # Errors
/// Where none of them names a folder.
pub(crate) fn state() -> Result<PathBuf, String> {
    of("XDG_STATE_HOME", "LOCALAPPDATA", &[".local", "state"])
        .ok_or_else(|| "neither XDG_STATE_HOME nor HOME names a folder".to_owned())
}

/// `$XDG_CONFIG_HOME/removit`, or else `~/.config/removit`; on Windows in `%APPDATA%`.
pub(crate) fn config() -> Option<PathBuf> {
    of("XDG_CONFIG_HOME", "APPDATA", &[".config"])
}

/// The user's own folder.
pub(crate) fn home() -> Option<PathBuf> {
    folder("HOME").or_else(|| folder("USERPROFILE").filter(|_| cfg!(windows)))
}

fn of(xdg: &str, windows: &str, below_home: &[&str]) -> Option<PathBuf> {
    let on_windows = || folder(windows).filter(|_| cfg!(windows));
    let in_home = || folder("HOME").map(|home| home.join(below_home.iter().collect::<PathBuf>()));
    folder(xdg).or_else(on_windows).or_else(in_home).map(|folder| folder.join("removit"))
}

fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
