//! What a dispatcher survives of the transport below it.

use std::time::Duration;

use crate::support::{KEY, PNG};
use bytes::Bytes;
use http::{Method, Request, Response};
use removit_tokio::proto::{ApiKey, BatchPolicy, Endpoint, Schedule, UploadError};
use removit_tokio::{Client, Error, Photo, RequestBody, ResponseBody};

fn photo(len: usize) -> Photo {
    Photo::from_bytes("cup.png", [PNG, &vec![7; len]].concat()).unwrap()
}

#[tokio::test]
async fn a_transport_that_panics_costs_one_job() {
    let transport = |request: Request<RequestBody>| async move {
        assert!(request.body().len() < 1000, "a defect of the transport");
        let (status, body) = match *request.method() {
            Method::POST => (202, r#"{"job_id":"job-1"}"#),
            _ => (200, r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#),
        };
        let body = ResponseBody::from(Bytes::from_static(body.as_bytes()));
        Ok(Response::builder().status(status).body(body).unwrap())
    };
    let endpoint = Endpoint::production(ApiKey::new(KEY).unwrap());
    let client = Client::with_transport(endpoint, transport);
    let mut policy = BatchPolicy::default();
    policy.requests_per_second = 1_000_000;
    policy.poll.schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    let dispatcher = client.dispatcher().policy(policy).start();
    let first = dispatcher.submit(photo(1)).await.unwrap();
    let panicked = dispatcher.submit(photo(1000)).await.unwrap().await;
    assert!(matches!(panicked, Err(Error::Upload(UploadError::Ambiguous(_)))), "{panicked:?}");
    first.await.unwrap();
    dispatcher.submit(photo(2)).await.unwrap().await.unwrap();
}
