//! TLS over one of ureq's connections, with a configuration of our own.
//!
//! ureq's own TLS cannot add a root certificate to those of the platform. It
//! also sends what is left before it reads, so that an answer which came before
//! the end of an upload would be lost with the connection.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, NextTimeout, Transport, TransportAdapter, time,
};

use crate::ureq::buffers::{KeptBuffers, SpareBuffers};

/// A connection after its handshake.
pub(crate) struct TlsStream {
    tls: ClientConnection,
    wire: TransportAdapter,
    buffers: KeptBuffers,
}

impl TlsStream {
    /// Shakes hands with the server that the request is for.
    pub(crate) fn connect(
        config: &Arc<ClientConfig>,
        wire: Box<dyn Transport>,
        details: &ConnectionDetails<'_>,
        spare: &SpareBuffers,
    ) -> Result<Self, Error> {
        let host = details.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::Tls("the server's name is none that a certificate can have"))?;
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(refused)?;
        let mut wire = TransportAdapter::new(wire, Arc::clone(&details.current_time));
        wire.set_timeout(time_left(details));
        let mut stream = Self { tls, wire, buffers: spare.buffers(details) };
        stream.shake_hands()?;
        Ok(stream)
    }

    fn shake_hands(&mut self) -> Result<(), Error> {
        while self.tls.is_handshaking() {
            self.flush()?;
            if self.tls.is_handshaking() && !self.receive()? {
                return Err(Error::Io(ErrorKind::UnexpectedEof.into()));
            }
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Error> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.wire)?;
        }
        Ok(())
    }

    /// Reads once from the wire; `false` where the server closed it.
    fn receive(&mut self) -> Result<bool, Error> {
        let read = self.tls.read_tls(&mut self.wire)?;
        if let Err(error) = self.tls.process_new_packets() {
            // The alert is a courtesy; what went wrong is the error to report.
            let _ = self.flush();
            return Err(refused(error));
        }
        Ok(read > 0)
    }
}

impl Transport for TlsStream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// All of the bytes are on the wire when this is `Ok`.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.wire.set_timeout(timeout);
        let mut sent = 0;
        while sent < amount {
            let rest = self.buffers.output().get(sent..amount).unwrap_or_default();
            sent += self.tls.writer().write(rest)?;
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.wire)?;
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.wire.set_timeout(timeout);
        loop {
            let input = self.buffers.input_append_buf();
            match self.tls.reader().read(input) {
                Ok(read) => {
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.receive()?,
                Err(error) => return Err(error.into()),
            };
        }
    }

    fn is_open(&mut self) -> bool {
        self.wire.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// What is left of the time for connecting after the way there was made.
fn time_left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (time::Duration::Exact(limit), time::Instant::Exact(begun), time::Instant::Exact(now)) =
        (timeout.after, details.now, (details.current_time)())
    {
        timeout.after = limit.saturating_sub(now.saturating_duration_since(begun)).into();
    }
    timeout
}

fn refused(error: rustls::Error) -> Error {
    Error::Other(Box::new(error))
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rustls::{ServerConfig, ServerConnection};
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;
    use crate::connect::tls_config;
    use crate::lock::lock;
    use crate::ureq::scripted::Scripted;
    use crate::{TlsRoots, TransportOptions};

    /// The way to a server that is here: what is sent, it has at once.
    #[derive(Debug)]
    struct Near(Arc<Mutex<ServerConnection>>, LazyBuffers);

    impl Transport for Near {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.1
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
            let (mut server, mut output) = (lock(&self.0), &self.1.output()[..amount]);
            while !output.is_empty() {
                server.read_tls(&mut output)?;
                server.process_new_packets().unwrap();
            }
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            let said = lock(&self.0).write_tls(&mut self.1.input_append_buf())?;
            self.1.input_appended(said);
            Ok(said > 0)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    fn stream_over(wire: Box<dyn Transport>, trusted: Vec<u8>) -> TlsStream {
        let mut options = TransportOptions::default();
        (options.roots, options.extra_roots) = (TlsRoots::ExtraOnly, vec![trusted]);
        let config = Arc::new(tls_config(&options).unwrap());
        let name = ServerName::try_from("api.example").unwrap();
        let tls = ClientConnection::new(config, name).unwrap();
        let now = Arc::new(|| time::Instant::Exact(std::time::Instant::now()));
        let wire = TransportAdapter::new(wire, now);
        TlsStream { tls, wire, buffers: SpareBuffers::default().of_len(1024, 1024) }
    }

    fn over(wire: Scripted) -> TlsStream {
        let own = rcgen::generate_simple_self_signed(["api.example".to_owned()]).unwrap();
        stream_over(Box::new(wire), own.cert.der().to_vec())
    }

    /// A stream after its handshake, and the server.
    fn connected() -> (TlsStream, Arc<Mutex<ServerConnection>>) {
        let own = rcgen::generate_simple_self_signed(["api.example".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = own.signing_key.serialize_der().try_into().unwrap();
        let config = config.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
        let server = Arc::new(Mutex::new(ServerConnection::new(Arc::new(config)).unwrap()));
        let near = Near(Arc::clone(&server), LazyBuffers::new(32 * 1024, 32 * 1024));
        let mut stream = stream_over(Box::new(near), own.cert.der().to_vec());
        stream.shake_hands().unwrap();
        (stream, server)
    }

    #[test]
    fn what_the_server_says_comes_until_its_farewell() {
        let (mut stream, server) = connected();
        lock(&server).writer().write_all(b"answer").unwrap();
        lock(&server).send_close_notify();
        assert!(stream.await_input(NextTimeout::default()).unwrap());
        assert_eq!(stream.buffers().input(), b"answer");
        assert!(!stream.await_input(NextTimeout::default()).unwrap());
    }

    #[test]
    fn an_end_without_a_farewell_is_an_error() {
        let (mut stream, _server) = connected();
        let end = stream.await_input(NextTimeout::default()).unwrap_err();
        let is_early = matches!(&end, Error::Io(e) if e.kind() == ErrorKind::UnexpectedEof);
        assert!(is_early, "{end:?}");
    }

    #[test]
    fn a_server_that_ends_before_the_handshake_is_an_error() {
        let end = over(Scripted::new()).shake_hands().unwrap_err();
        let is_early = matches!(&end, Error::Io(e) if e.kind() == ErrorKind::UnexpectedEof);
        assert!(is_early, "{end:?}");
    }

    #[test]
    fn a_stream_is_safe_and_as_open_as_what_is_below_it() {
        for is_open in [true, false] {
            let mut stream = over(Scripted { is_open, is_tls: false, ..Scripted::new() });
            assert_eq!((stream.is_open(), stream.is_tls()), (is_open, true));
        }
    }

    #[test]
    fn a_stream_is_shown_by_its_name_alone() {
        assert_eq!(format!("{:?}", over(Scripted::new())), "TlsStream { .. }");
    }
}
