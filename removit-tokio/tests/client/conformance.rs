//! The conformance kit on the transports of this crate.

#[path = "../../../removit-proto/tests/adapters/one_attempt.rs"]
mod one_attempt;

use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use one_attempt::OneAttempt;
use removit_tokio as adapter;
use removit_tokio::proto::Outcome;
use removit_tokio::proto::conformance::{Exchange, Level, Report, Subject};
use removit_tokio::{
    Driver, HyperTransport, Photo, Proxy, ReqwestTransport, TowerTransport, Transport,
    TransportOptions,
};

async fn exchange<T: Transport>(transport: &T, exchange: Exchange) -> Outcome {
    let Exchange { mut attempt, time_left, photo, file, .. } = exchange;
    let photo = (!photo.is_empty()).then(|| Photo::from_bytes("cup.png", photo).unwrap());
    let mut driver = Driver::new(transport);
    attempt.deadline = driver.clock().now() + time_left;
    if let Some(photo) = &photo {
        driver = driver.with_photo(photo);
    }
    if let Some(file) = file {
        driver = driver.with_file(file);
    }
    driver.drive(&mut OneAttempt::new(attempt), |_| ()).await
}

fn check<T: Transport + std::fmt::Debug>(transport: &T) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    Subject::with_future(|given| exchange(transport, given), |future| runtime.block_on(future))
        .shown_as(format!("{transport:?}"))
        .check()
}

#[test]
fn the_default_transport_conforms() {
    let mut options = TransportOptions::default();
    options.proxy = Proxy::Direct;
    let report = check(&HyperTransport::with_options(&options).unwrap());
    report.assert_conforming();
    assert_eq!(report.failed(Level::Should), [""; 0], "{report}");
    assert_eq!(report.skipped(), [""; 0], "{report}");
}

#[test]
fn reqwest_conforms_but_tidies_paths_and_may_lose_an_early_answer_before_a_hang_up() {
    let builder = || reqwest::Client::builder().no_proxy();
    let report = check(&ReqwestTransport::new(builder).unwrap());
    report.assert_conforming();
    let mut failed = report.failed(Level::Should);
    // Whether it finds the answer depends on what the system tells it first.
    failed.retain(|case| *case != "early-answer-then-closed");
    assert_eq!(failed, ["dotted-path"], "{report}");
    assert_eq!(report.skipped(), [""; 0], "{report}");
}

#[test]
fn a_plain_client_of_hypers_as_a_tower_service_keeps_every_must() {
    let client = HyperClient::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build_http();
    check(&TowerTransport::new(client)).assert_conforming();
}
