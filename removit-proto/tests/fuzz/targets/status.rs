//! The body of a status answer: the same values as the contract's own reading,
//! and no success without a result.

use http::Response;
use removit_proto::{ApiKey, Endpoint, Finished, JobId, JobStatus, State};

use super::support::{self, reading};

/// The job of the vendor's examples.
const ASKED: &str = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a";

pub fn body(input: &[u8]) {
    let asked: JobId = ASKED.parse().expect("an id");
    // A key so short that no copies of it are looked for.
    let endpoint = Endpoint::production(ApiKey::new("k").expect("a key"));
    let decoded = JobStatus::decode(&Response::new(input), &asked, &endpoint).ok();
    if support::is_gzip(input) {
        return;
    }
    assert_eq!(decoded.as_ref().map(reading::Status::of), reading::status(input, ASKED));

    let Some(status) = decoded else { return };
    assert_eq!(status.job_id(), &asked);
    assert_eq!(status.body(), reading::kept(input), "the body is kept as it came");
    assert!(status.progress().is_none_or(|percent| percent <= 100));
    let stored = serde_json::to_vec(&status).expect("storable");
    assert_eq!(serde_json::from_slice::<JobStatus>(&stored).expect("readable"), status);

    let is_finished = status.state() == &State::Done && !status.results().is_empty();
    let finished = Finished::try_from(status);
    assert_eq!(finished.is_ok(), is_finished, "rule 2: no success without a result");
    let stored = finished.map(|finished| serde_json::to_vec(&finished).expect("storable"));
    assert!(stored.map_or(true, |text| serde_json::from_slice::<Finished>(&text).is_ok()));
}
