//! What a batch survives of the transport below it.
#![cfg(feature = "ureq")]

mod support;

use std::time::Instant;

use http::Request;
use removit_blocking::proto::{TransportFailure, UploadError};
use removit_blocking::{Client, Error, Photo, RequestBody, ResponseBody};
use support::{PNG, endpoint, with_fast_policies};

#[test]
fn an_upload_whose_transport_panics_is_ambiguous_and_the_others_go_on() {
    let transport = |request: Request<RequestBody>, _: Instant| {
        // The first photo is the longer one.
        assert!(request.body().len() < 1000, "a defect of the transport");
        Err::<http::Response<ResponseBody>, _>(TransportFailure::connect("no server here"))
    };
    let client =
        with_fast_policies(Client::with_transport(endpoint("http://127.0.0.1:9"), transport));
    let long = [PNG, &[7; 1000]].concat();
    let photos = [long, PNG.to_vec()].map(|bytes| Photo::from_bytes("cup.png", bytes).unwrap());
    let mut policy = removit_blocking::proto::BatchPolicy::default();
    policy.upload.retry.max_attempts = 1;
    let mut ends: Vec<_> = client.batch(photos).policy(policy).collect();
    ends.sort_by_key(|processed| processed.index);
    let [first, second] = &ends[..] else { panic!("{ends:?}") };
    assert!(matches!(first.end, Err(Error::Upload(UploadError::Ambiguous(_)))), "{first:?}");
    assert!(matches!(second.end, Err(Error::Upload(UploadError::NotSent(_)))), "{second:?}");
}
