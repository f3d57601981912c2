//! A stored poller from any bytes: what can be read is stored again alike, and
//! goes on under the laws.

use removit_proto::{Instant, Poller, PollerState};

use super::poller::assert_asks_about;
use super::sequence::{assert_goes_to_the_api, run_on};
use super::support::endpoint;
use super::support::laws::{check_laws, continuations};

pub fn body(input: &[u8]) {
    let Ok(state) = serde_json::from_slice::<PollerState>(input) else { return };
    assert_eq!(stored_and_read(&state), state, "the round trip is the identity");
    for (start, steps) in continuations() {
        let machine = Poller::restore(endpoint(), state.clone(), start);
        let rebuilt = |poller: &Poller, now: Instant| {
            Poller::restore(endpoint(), stored_and_read(poller.state()), now)
        };
        let (mut machine, trace, now) = check_laws(machine, &steps, start, rebuilt);
        for sent in &trace.sent {
            assert_goes_to_the_api(&sent.request, "/api/v1/status");
            assert_asks_about(&sent.request.uri().to_string(), machine.job_id());
        }
        let _ = run_on(&mut machine, now);
    }
}

fn stored_and_read(state: &PollerState) -> PollerState {
    serde_json::from_slice(&serde_json::to_vec(state).expect("storable")).expect("readable")
}
