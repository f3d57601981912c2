//! Placeholder
use std::path::PathBuf;
/// Saved
#[derive(Clone, Debug)]
pub struct Saved {
    /// path
    pub path: PathBuf,
}
