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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_has_a_plain_name_that_no_other_has() {
        for (api, expected) in [
            ("https://API.removit.eu", "api.removit.eu"),
            ("https://a-b.example:8443", "a-b.example_8443"),
            ("http://127.0.0.1:80/../x", "http___127.0.0.1_80_.._x"),
        ] {
            assert_eq!(name(api), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("removit").join("api.example");
        make(&path).unwrap();
        make(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
