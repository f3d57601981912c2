//! The default transport, through this crate's own driver.

use removit_blocking::proto::Outcome;
use removit_blocking::proto::conformance::{Exchange, Level, Subject};
use removit_blocking::{Driver, Photo, Proxy, Transport, TransportOptions, UreqTransport};

use super::one_attempt::OneAttempt;

fn exchange<T: Transport>(transport: &T, exchange: Exchange) -> Outcome {
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
    driver.drive(&mut OneAttempt::new(attempt), |_| ())
}

#[test]
fn the_default_transport_conforms() {
    let mut options = TransportOptions::default();
    options.proxy = Proxy::Direct;
    let transport = UreqTransport::with_options(&options).unwrap();
    let subject = Subject::blocking(|given| exchange(&transport, given));
    let report = subject.shown_as(format!("{transport:?}")).check();
    report.assert_conforming();
    assert_eq!(report.failed(Level::Should), [""; 0], "{report}");
    assert_eq!(report.skipped(), ["cancelled-upload", "cancelled-wait"], "{report}");
}
