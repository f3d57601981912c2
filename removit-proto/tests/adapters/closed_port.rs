//! A port that refuses every connection, for as long as it is held.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// Bound, and not listened on: nobody else is given it meanwhile.
pub struct ClosedPort(Socket);

impl ClosedPort {
    pub fn hold() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // A server can begin to listen on it while it is held.
        socket.set_reuse_address(true).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }
}
