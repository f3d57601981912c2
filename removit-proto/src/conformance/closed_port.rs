//! A port that nobody listens on, and nobody can listen on meanwhile.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// The near end of a connection has the port: it is taken for whoever looks for a free
/// one, and a connection to it is refused.
pub(super) struct ClosedPort {
    near: TcpStream,
    _far: TcpStream,
    path: String,
}

impl ClosedPort {
    pub(super) fn hold(path: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        // Whoever else came to the listener is not it.
        let far = loop {
            let (far, from) = listener.accept()?;
            if from == near.local_addr()? {
                break far;
            }
        };
        Ok(Self { near, _far: far, path })
    }

    /// The base URL of an API that is not there.
    pub(super) fn url(&self) -> std::io::Result<String> {
        Ok(format!("http://{}{}", self.near.local_addr()?, self.path))
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn it_refuses_connections_and_cannot_be_listened_on() {
        let port = ClosedPort::hold("/x".to_owned()).unwrap();
        let address = port.near.local_addr().unwrap();
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(TcpListener::bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert_eq!(port.url().unwrap(), format!("http://{address}/x"));
    }
}
