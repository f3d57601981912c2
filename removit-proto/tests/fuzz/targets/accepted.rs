//! The body of a 2xx answer to an upload: a job's id is found exactly where
//! the contract's rule 3 says, and never made up.

use http::Response;
use removit_proto::Accepted;

use super::support::reading;

pub fn body(input: &[u8]) {
    let decode = |status| {
        Accepted::decode(&Response::builder().status(status).body(input).expect("an answer"))
    };
    let accepted = decode(202);
    assert_eq!(decode(200), accepted, "any 2xx is read alike");
    for status in [199, 300, 302, 401, 422, 500, 503] {
        assert_eq!(decode(status), None, "{status} accepts nothing");
    }
    let (whole, salvaged) = (reading::job_id(input), reading::salvaged_id(input));
    let id = accepted.as_ref().map(|accepted| accepted.job_id().as_str().to_owned());
    assert_eq!(id, whole.clone().or(salvaged), "rule 3: the id");

    let Some(accepted) = accepted else { return };
    assert_eq!(accepted.is_salvaged(), whole.is_none());
    assert_eq!(accepted.earlier_ambiguous(), 0);
    let fields = reading::object(input).filter(|_| whole.is_some()).unwrap_or_default();
    assert_eq!(accepted.status().map(str::to_owned), reading::text(fields.get("status")));
    assert_eq!(accepted.mode().map(str::to_owned), reading::text(fields.get("mode")));

    let stored = serde_json::to_vec(&accepted).expect("storable");
    assert_eq!(serde_json::from_slice::<Accepted>(&stored).expect("readable"), accepted);
}
