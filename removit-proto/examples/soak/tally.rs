//! What was seen in some worlds, for the report.

use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) jobs: u64,
    /// Photos in catalogues, and how many of these there were.
    pub(crate) photos: u64,
    pub(crate) catalogues: u64,
    /// Requests that left a client.
    pub(crate) exchanges: u64,
    /// Those of them that came to the vendor.
    pub(crate) arrived: u64,
    pub(crate) happened: BTreeMap<String, u64>,
    pub(crate) ended: BTreeMap<String, u64>,
    pub(crate) latest_end: Duration,
}

impl Tally {
    pub(crate) fn add(&mut self, more: &Self) {
        self.jobs += more.jobs;
        self.photos += more.photos;
        self.catalogues += more.catalogues;
        self.exchanges += more.exchanges;
        self.arrived += more.arrived;
        for (mine, others) in [(&mut self.happened, &more.happened), (&mut self.ended, &more.ended)]
        {
            for (name, count) in others {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
        self.latest_end = self.latest_end.max(more.latest_end);
    }
}
