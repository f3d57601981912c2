//! One connection from the server's side, byte for byte.
//!
//! It speaks no more HTTP than it needs to find the end of a request, so that a case can
//! break off anywhere. Each wait is bounded.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::log::{Log, PATIENCE, Received, TICK};

/// One connection, from the server's side. It closes when its script ends; with
/// unread bytes in it, that is a reset.
pub(super) struct Connection {
    /// Counted from zero, in the order of their first requests.
    pub(super) number: usize,
    stream: TcpStream,
    /// Where the request under way stands in the log.
    request: Option<usize>,
    path: Arc<str>,
    log: Arc<Log>,
}

impl Connection {
    /// A connection of the client's. `None` where it cannot be used, or what comes first
    /// is no request for a path that begins with this one: another case's client, which
    /// goes on after its own server is gone and whose port was given again.
    pub(super) fn accepted(stream: TcpStream, path: Arc<str>, log: Arc<Log>) -> Option<Self> {
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(TICK)).ok()?;
        stream.set_write_timeout(Some(TICK)).ok()?;
        let mut connection = Self { number: 0, stream, request: None, path, log };
        if !connection.asks_for_path()? {
            connection.log.played.add("server: turns a request for another path away");
            return None;
        }
        connection.number = connection.log.connection();
        Some(connection)
    }

    /// Where the server's paths begin.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether the request line that comes first is for a path below the server's. It
    /// stays in the socket.
    fn asks_for_path(&self) -> Option<bool> {
        let mut beginning = [0; 4096];
        let began = Instant::now();
        loop {
            let came = match self.stream.peek(&mut beginning) {
                Ok(0) => return None,
                Ok(came) => came,
                Err(error) if is_tick(&error) => 0,
                Err(_) => return None,
            };
            let text = String::from_utf8_lossy(beginning.get(..came)?);
            if let Some((line, _)) = text.split_once("\r\n") {
                let rest = line.split(' ').nth(1)?.strip_prefix(&*self.path);
                return Some(rest.is_some_and(|rest| rest.starts_with('/')));
            }
            if came == beginning.len() {
                return Some(false);
            }
            if self.log.is_stopping() || began.elapsed() >= PATIENCE {
                return None;
            }
            // What is there wakes nobody a second time.
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads the next request to its end; `None` where none comes.
    pub(super) fn request(&mut self) -> Option<Received> {
        let head = self.head()?;
        if head.is_chunked() {
            let mut body = Vec::new();
            loop {
                let size = usize::from_str_radix(self.line()?.trim(), 16).ok()?;
                body.extend(self.take(size)?);
                self.line()?;
                if size == 0 {
                    break;
                }
            }
            self.note(|request| request.body = body);
        } else {
            let body = self.take(head.announced())?;
            self.note(|request| request.body = body);
        }
        self.is_whole()
    }

    /// Reads the head of the next request and leaves its body where it is.
    pub(super) fn head(&mut self) -> Option<Received> {
        let mut received = Received { line: self.line()?, ..Received::default() };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            received.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut requests = self.log.requests();
        self.request = Some(requests.len());
        requests.push(received.clone());
        drop(requests);
        self.log.tell();
        let method = received.line.split(' ').next().unwrap_or_default();
        self.log.played.add(format!("server: a {method} comes"));
        Some(received)
    }

    /// A line without its end, read byte by byte: what follows stays in the socket.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.take(1)?);
        }
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Reads all of a request but its last byte, and waits until that one has
    /// come as well: what follows the script's end is a reset.
    pub(super) fn request_left_unread(&mut self) -> Option<Received> {
        let head = self.head()?;
        let body = self.take(head.announced().checked_sub(1)?)?;
        self.wait_for_input()?;
        self.note(|request| request.body = body);
        self.is_whole()
    }

    /// Exactly so many further bytes; `None` where fewer come.
    pub(super) fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        let mut taken = vec![0; len];
        let mut rest = taken.as_mut_slice();
        while !rest.is_empty() {
            self.wait_for_input()?;
            match self.stream.read(rest) {
                Ok(0) => return None,
                Ok(read) => rest = rest.get_mut(read..)?,
                Err(error) if is_tick(&error) => {}
                Err(_) => return None,
            }
        }
        Some(taken)
    }

    /// Sends all of it; `false` where the client no longer takes it.
    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let mut rest = bytes.as_ref();
        self.log.played.add(format!("server: sends {}", described(rest)));
        let mut began = Instant::now();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => return false,
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    self.log.wrote(written);
                    began = Instant::now();
                }
                Err(error) if is_tick(&error) => {
                    if self.log.is_stopping() || began.elapsed() >= PATIENCE {
                        return false;
                    }
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Ends the server's side in good order; reading goes on.
    pub(super) fn finish(&mut self) {
        self.log.played.add("server: ends its side");
        // Fails where the client is gone already, which is as good an end.
        drop(self.stream.shutdown(Shutdown::Write));
    }

    /// Does nothing for so long, or until the server stops.
    pub(super) fn pause(&self, time: Duration) {
        self.pause_until(time, || false);
    }

    /// Does nothing until something has happened, but at most for so long.
    pub(super) fn pause_until(&self, time: Duration, happened: impl Fn() -> bool) {
        let began = Instant::now();
        while began.elapsed() < time && !happened() && !self.log.is_stopping() {
            thread::sleep(TICK.min(time));
        }
    }

    /// Reads on until the client hangs up, and notes how much came.
    pub(super) fn until_hung_up(&mut self) {
        let began = Instant::now();
        let mut read = 0;
        let mut piece = vec![0; 64 * 1024];
        while began.elapsed() < PATIENCE && !self.log.is_stopping() {
            match self.stream.read(&mut piece) {
                Ok(more @ 1..) => read += more,
                Err(error) if is_tick(&error) => {}
                Ok(0) | Err(_) => {
                    self.log.played.add(format!("server: sees a hang-up after {read} more bytes"));
                    return self.note(|request| request.hung_up = Some(read));
                }
            }
        }
    }

    /// Waits until there is something to read; `None` where nothing comes.
    fn wait_for_input(&self) -> Option<()> {
        let began = Instant::now();
        loop {
            match self.stream.peek(&mut [0]) {
                Ok(0) => return None,
                Ok(_) => return Some(()),
                Err(error) if is_tick(&error) => {
                    if self.log.is_stopping() || began.elapsed() >= PATIENCE {
                        return None;
                    }
                }
                Err(_) => return None,
            }
        }
    }

    fn note(&self, change: impl FnOnce(&mut Received)) {
        let mut requests = self.log.requests();
        if let Some(request) = self.request.and_then(|at| requests.get_mut(at)) {
            change(request);
        }
        drop(requests);
        self.log.tell();
    }

    fn is_whole(&self) -> Option<Received> {
        self.note(|request| request.whole = true);
        let request = self.log.requests().get(self.request?).cloned()?;
        self.log.played.add(format!("server: has all of it, {} bytes", request.body.len()));
        Some(request)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.request.is_some() {
            self.log.played.add("server: hangs up");
        }
    }
}

/// What is sent, without its text: it may be long, and hold what nobody should see.
fn described(bytes: &[u8]) -> String {
    let status = bytes.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let status = status.and_then(|digits| core::str::from_utf8(digits).ok());
    match (bytes.len(), status) {
        (1, None) => "a byte".to_owned(),
        (len, None) => format!("{len} bytes"),
        (len, Some(status)) => format!("{len} bytes, a {status}"),
    }
}

fn is_tick(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
