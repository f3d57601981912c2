//! What a folder holds beside photos: counted, and named for what it is.

use std::collections::BTreeMap;

use removit_tokio::proto::ForeignImage;

/// Files that were passed over, by kind.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    pub(crate) by_kind: BTreeMap<&'static str, u64>,
    /// Results of earlier runs, which are no photos to pay for.
    pub(crate) results: u64,
}

impl LeftOut {
    /// A file whose name promises no image that the API takes.
    pub(super) fn file(&mut self, name: &str) {
        let kind = ForeignImage::from_name(name).map_or("no image", ForeignImage::name);
        *self.by_kind.entry(kind).or_default() += 1;
    }

    pub(super) fn take(&mut self, other: Self) {
        for (kind, count) in other.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        self.results += other.results;
    }
}
