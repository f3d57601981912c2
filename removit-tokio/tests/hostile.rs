//! Hostile servers against the default transport on tokio.
#![cfg(all(feature = "hyper", feature = "bundled-roots"))]

#[macro_use]
#[path = "support/on_tokio.rs"]
mod on_tokio;
mod support;

use adapter::{HyperTransport, Proxy, TlsRoots, TransportOptions};
use removit_tokio as adapter;
use support::{client, endpoint};
use tokio_rustls::rustls as tls;

type TheClient = adapter::Client;

/// A client that trusts this certificate alone.
fn client_trusting(base_url: &str, certificate: Vec<u8>) -> TheClient {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![certificate];
    options.proxy = Proxy::Direct;
    let transport = HyperTransport::with_options(&options).unwrap();
    TheClient::with_transport(endpoint(base_url), transport)
}

macro_rules! with_tls {
    ($item:item) => {
        $item
    };
}

#[path = "../../removit-proto/tests/adapters/hostile/mod.rs"]
mod hostile;
