//! Hostile servers against the transport over reqwest, which can decompress here
//! and must not.

use crate::support::{self, endpoint};
use removit_tokio as adapter;
use removit_tokio::ReqwestTransport;

type TheClient = adapter::Client<ReqwestTransport>;

fn client(base_url: &str) -> TheClient {
    let transport = ReqwestTransport::new(|| reqwest::Client::builder().no_proxy()).unwrap();
    adapter::Client::with_transport(endpoint(base_url), transport)
}

/// reqwest is built without TLS here.
macro_rules! with_tls {
    ($item:item) => {};
}

#[path = "../../../removit-proto/tests/adapters/hostile/mod.rs"]
mod shared;
