//! A host from which nothing comes back, on loopback.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// A port that takes no connection and refuses none: its queue is full, so that the
/// system drops what more comes.
pub struct Swallowing {
    socket: Socket,
    queue: Vec<Socket>,
}

impl Swallowing {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let mut full = Self { socket, queue: Vec::new() };
        let mut swallowed = 0;
        while swallowed < 3 {
            let one = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            match one.connect_timeout(&full.address().into(), Duration::from_millis(200)) {
                Ok(()) => swallowed = 0,
                Err(_) => swallowed += 1,
            }
            full.queue.push(one);
            assert!(full.queue.len() < 100, "this system's queues have no end");
        }
        full
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap().as_socket().unwrap()
    }
}
