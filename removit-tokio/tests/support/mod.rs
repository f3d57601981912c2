//! Clients for tests, and what they talk to.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses a part of it")]

#[path = "../../../removit-proto/tests/adapters/closed_port.rs"]
mod closed_port;
#[path = "../../../removit-proto/tests/adapters/fast_policies.rs"]
mod fast_policies;
#[path = "../../../removit-proto/tests/adapters/server.rs"]
mod server;
#[path = "../../../removit-proto/tests/adapters/swallowing.rs"]
mod swallowing;

use removit_tokio as adapter;
use removit_tokio::proto::{ApiKey, Endpoint};
use removit_tokio::{Client, HyperTransport, Proxy, TransportOptions};

pub use closed_port::ClosedPort;
pub use fast_policies::with_fast_policies;
pub use server::{Answer, Received, Server, accepted, answer, done, json, pending};
pub use swallowing::Swallowing;

pub const KEY: &str = "test-key-123";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of a small picture";

impl Server {
    /// A client of this server, with fast policies.
    pub fn client(&self) -> Client {
        client(&self.url())
    }
}

pub fn endpoint(base_url: &str) -> Endpoint {
    Endpoint::new(base_url, ApiKey::new(KEY).unwrap()).unwrap()
}

pub fn client(base_url: &str) -> Client {
    let mut options = TransportOptions::default();
    options.proxy = Proxy::Direct;
    with_fast_policies(Client::with_transport(
        endpoint(base_url),
        HyperTransport::with_options(&options).unwrap(),
    ))
}
