//! Hostile servers against the default transport on tokio.

use crate::support::{self, client, endpoint};
use adapter::{HyperTransport, Proxy, TlsRoots, TransportOptions};
use removit_tokio as adapter;
use tokio_rustls::rustls as tls;

type TheClient = adapter::Client;

/// A client with other options than those of all tests.
fn client_with(base_url: &str, change: impl FnOnce(&mut TransportOptions)) -> TheClient {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![tests_root()];
    options.proxy = Proxy::Direct;
    change(&mut options);
    let transport = HyperTransport::with_options(&options).unwrap();
    TheClient::with_transport(endpoint(base_url), transport)
}

/// A certificate that is no server's: without any there is no client.
fn tests_root() -> Vec<u8> {
    rcgen::generate_simple_self_signed(["nobody.test".to_owned()]).unwrap().cert.der().to_vec()
}

macro_rules! with_tls {
    ($item:item) => {
        $item
    };
}

#[path = "../../../removit-proto/tests/adapters/hostile/mod.rs"]
mod shared;
