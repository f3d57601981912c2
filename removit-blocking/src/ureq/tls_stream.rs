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
        while stream.tls.is_handshaking() {
            stream.flush()?;
            if stream.tls.is_handshaking() && !stream.receive()? {
                return Err(Error::Io(ErrorKind::UnexpectedEof.into()));
            }
        }
        stream.flush()?;
        Ok(stream)
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
    use super::*;
    use crate::TransportOptions;
    use crate::connect::tls_config;
    use crate::ureq::scripted::Scripted;

    #[test]
    fn a_stream_is_shown_by_its_name_alone() {
        let config = Arc::new(tls_config(&TransportOptions::default()).unwrap());
        let name = ServerName::try_from("api.example").unwrap();
        let tls = ClientConnection::new(config, name).unwrap();
        let now = Arc::new(|| time::Instant::Exact(std::time::Instant::now()));
        let wire: Box<dyn Transport> = Box::new(Scripted::new());
        let wire = TransportAdapter::new(wire, now);
        let buffers = SpareBuffers::default().of_len(16, 16);
        assert_eq!(format!("{:?}", TlsStream { tls, wire, buffers }), "TlsStream { .. }");
    }
}
