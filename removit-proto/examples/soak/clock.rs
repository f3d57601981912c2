//! A client's clock, which somebody sets now and then.

use std::time::Duration;

use removit_proto::Instant;

/// The time that one client sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
    behind: Duration,
    /// All that it was ever set back: its client may be so much later.
    pub(crate) set_back: Duration,
    /// When it was set forward: what came before is long ago to its client.
    pub(crate) set_forward: Vec<Instant>,
}

impl Clock {
    /// What the clock shows at `now`.
    pub(crate) fn shows(&self, now: Instant) -> Instant {
        let since = (now + self.ahead).since_origin();
        Instant::from_origin(since.saturating_sub(self.behind))
    }

    /// The moment that is as far from `now` as `shown` is from what it shows.
    pub(crate) fn moment(&self, now: Instant, shown: Instant) -> Instant {
        now + (shown - self.shows(now))
    }

    pub(crate) fn forward(&mut self, now: Instant, by: Duration) {
        self.ahead += by;
        self.set_forward.push(now);
    }

    /// Another machine's, whose clock began a hundred days ago.
    pub(crate) fn another(&mut self, now: Instant) {
        let origin = now.since_origin().saturating_sub(Duration::from_secs(100 * 24 * 3600));
        (self.ahead, self.behind) = (Duration::ZERO, origin);
    }

    pub(crate) fn back(&mut self, by: Duration) {
        self.behind += by;
        self.set_back += by;
    }
}
