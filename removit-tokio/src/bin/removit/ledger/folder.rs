//! Where a user's programs keep what they remember.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// `$XDG_STATE_HOME/removit`, or else `~/.local/state/removit`; on Windows in
/// `%LOCALAPPDATA%`. A relative or empty value counts as none, as XDG has it.
pub(super) fn state() -> Result<PathBuf, String> {
    let folder =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".local").join("state"));
    let local = || folder("LOCALAPPDATA").filter(|_| cfg!(windows));
    let state = folder("XDG_STATE_HOME").or_else(local).or_else(home);
    state
        .map(|state| state.join("removit"))
        .ok_or_else(|| "neither XDG_STATE_HOME nor HOME names a folder".to_owned())
}

/// What an API's own folder is called.
pub(super) fn name(api: &str) -> String {
    let host = api.strip_prefix("https://").unwrap_or(api);
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' };
    host.to_ascii_lowercase().chars().map(plain).collect()
}

/// Makes the folder for its owner alone: the URL of a photo may be a secret.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
