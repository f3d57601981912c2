//! What a journal says is paid for and not over, as inputs.

use removit_proto::InputKey;
use removit_proto::journal::{Entry, Need, Replay};

use crate::{BatchInput, Destination};

/// The jobs to be waited for and fetched, for each place that results go to.
pub(crate) fn resumable(replay: &Replay) -> Vec<BatchInput> {
    replay.entries().iter().flat_map(inputs).collect()
}

fn inputs(entry: &Entry) -> Vec<BatchInput> {
    let (Need::Poll(job_id) | Need::Download(job_id)) = entry.need() else { return Vec::new() };
    let key: InputKey = *entry.key();
    let input = || BatchInput::from(job_id.clone()).with_key(key);
    let to = |destination: Option<Destination>| match destination {
        Some(destination) => input().to(destination),
        None => input(),
    };
    let places = entry.places().iter().map(|place| place.destination());
    let inputs: Vec<_> =
        places.map(|place| to(place.and_then(Destination::from_journal))).collect();
    if inputs.is_empty() { vec![input()] } else { inputs }
}
