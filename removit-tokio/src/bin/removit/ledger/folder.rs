//! The ledger's own folder for each API.

use std::io;
use std::path::Path;

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
