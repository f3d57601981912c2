//! Two HTTP clients that no adapter knows, each as a transport over the core alone, and
//! what the conformance kit says of them.
//!
//! `cargo run -p removit-blocking --example transports`, on loopback
//! and without a key. Copy one of the files to begin a transport of your own.

mod attohttpc;
mod libcurl;

use removit_blocking::proto::conformance::{Exchange, Report, Subject};
use removit_blocking::proto::{Outcome, TransportFailure};

fn main() {
    println!("attohttpc\n{}", examine(attohttpc::exchange));
    println!("libcurl\n{}", examine(libcurl::exchange));
}

fn examine(exchange: fn(Exchange) -> Outcome) -> Report {
    Subject::blocking(exchange).check()
}

/// The result could not be written.
fn unwritten(error: &std::io::Error) -> Outcome {
    Outcome::Failed(TransportFailure::sink(error.to_string()))
}

#[cfg(test)]
mod tests {
    use removit_blocking::proto::conformance::Level;

    use super::*;

    #[test]
    fn the_one_on_libcurl_conforms() {
        let report = examine(libcurl::exchange);
        report.assert_conforming();
        assert_eq!(report.failed(Level::Should), [""; 0], "{report}");
        assert_eq!(report.skipped(), ["cancelled-upload", "cancelled-wait"], "{report}");
    }

    #[test]
    fn of_the_one_on_attohttpc_the_kit_says_what_its_client_cannot_do() {
        let report = examine(attohttpc::exchange);
        // It takes any three digits for an answer, stops at a trailer and at an interim answer,
        // and waits for a body where there is none.
        let lacks = ["garbage-after-all", "chunked", "interim-answers", "no-content"];
        assert_eq!(report.failed(Level::Must), lacks, "{report}");
    }
}
