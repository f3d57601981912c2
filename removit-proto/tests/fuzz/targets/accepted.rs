//! The body of a 2xx answer to an upload: a job's id is found exactly where
//! the contract's rules 3, 15 and 16 say, and never made up.

use http::Response;
use removit_proto::Accepted;

use super::support::{self, reading};

pub fn body(input: &[u8]) {
    let decode = |status| {
        Accepted::decode(&Response::builder().status(status).body(input).expect("an answer"))
    };
    let accepted = decode(202);
    assert_eq!(decode(200), accepted, "any 2xx is read alike");
    for status in [199, 300, 302, 401, 422, 500, 503] {
        assert_eq!(decode(status), None, "{status} accepts nothing");
    }
    if support::is_gzip(input) {
        return;
    }
    let read = accepted.as_ref().map(|accepted| reading::Accepted {
        job_id: accepted.job_id().as_str().to_owned(),
        status: accepted.status().map(str::to_owned),
        mode: accepted.mode().map(str::to_owned),
        salvaged: accepted.is_salvaged(),
    });
    assert_eq!(read, reading::accepted(input), "rules 3, 15 and 16: the id");

    let Some(accepted) = accepted else { return };
    assert_eq!(accepted.earlier_ambiguous(), 0);
    let stored = serde_json::to_vec(&accepted).expect("storable");
    assert_eq!(serde_json::from_slice::<Accepted>(&stored).expect("readable"), accepted);
}
