//! Hostile servers against the default transport without a runtime.
#![cfg(all(feature = "ureq", feature = "bundled-roots"))]

#[macro_use]
#[path = "support/without_runtime.rs"]
mod without_runtime;
mod support;

use adapter::{Proxy, TlsRoots, TransportOptions, UreqTransport};
use removit_blocking as adapter;
use rustls as tls;
use support::{client, endpoint};

type TheClient = adapter::Client;

/// A client that trusts this certificate alone.
fn client_trusting(base_url: &str, certificate: Vec<u8>) -> TheClient {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![certificate];
    options.proxy = Proxy::Direct;
    let transport = UreqTransport::with_options(&options).unwrap();
    TheClient::with_transport(endpoint(base_url), transport)
}

macro_rules! with_tls {
    ($item:item) => {
        $item
    };
}

#[path = "../../removit-proto/tests/adapters/hostile/mod.rs"]
mod hostile;
