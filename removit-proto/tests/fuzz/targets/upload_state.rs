//! A stored upload from any bytes: what can be read is stored again alike, and
//! goes on under the laws.

use http::Method;
use removit_proto::{Instant, Upload, UploadState};

use super::sequence::{assert_goes_to_the_api, run_on};
use super::support::endpoint;
use super::support::laws::{check_laws, continuations};

pub fn body(input: &[u8]) {
    let Ok(state) = serde_json::from_slice::<UploadState>(input) else { return };
    assert_eq!(stored_and_read(&state), state, "the round trip is the identity");
    for (start, steps) in continuations() {
        let machine = Upload::restore(endpoint(), state.clone(), start);
        let rebuilt = |upload: &Upload, now: Instant| {
            Upload::restore(endpoint(), stored_and_read(upload.state()), now)
        };
        let (mut machine, trace, now) = check_laws(machine, &steps, start, rebuilt);
        for sent in &trace.sent {
            assert_eq!(sent.request.method(), Method::POST);
            assert_goes_to_the_api(&sent.request, "/api/v1/upload");
        }
        let _ = run_on(&mut machine, now);
    }
}

fn stored_and_read(state: &UploadState) -> UploadState {
    serde_json::from_slice(&serde_json::to_vec(state).expect("storable")).expect("readable")
}
