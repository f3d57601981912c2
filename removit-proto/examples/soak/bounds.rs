//! The most requests for one job: what the policies say, and who came so far.

use crate::client::Client;
use crate::tally::Tally;

/// What must have been reached somewhere, or the bounds are too wide.
pub(crate) const REACHED: [&str; 3] = [
    "bound reached: uploads of one photo",
    "bound reached: polls of one wait",
    "bound reached: requests for one result",
];

pub(crate) fn check(client: &Client, tally: &mut Tally) {
    let order = &client.order;
    let bounds = [
        (client.uploads, u64::from(order.upload.retry.max_attempts)),
        (client.most_polls, order.poll.most_polls()),
        (client.most_fetches, order.download.most_requests()),
    ];
    for ((requests, most), name) in bounds.into_iter().zip(REACHED) {
        assert!(requests <= most, "{requests} requests of at most {most}: {client:?}");
        if requests == most {
            *tally.happened.entry(name.to_owned()).or_default() += 1;
        }
    }
}
