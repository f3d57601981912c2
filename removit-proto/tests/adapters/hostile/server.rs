//! A server on loopback that treats its connections badly, step by step, and
//! counts what it got and what it could get rid of. It stops when it is dropped.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// Between two bytes of a server that is slow, and two bites of one that reads
/// slowly: many fit into any deadline, so that no single read times out.
const SLOWLY: Duration = Duration::from_millis(20);

/// What is done with a connection, one after the other. After the last one it is
/// closed, which resets it where bytes are left unread.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Reads a whole request.
    ReadRequest,
    /// Reads the head of a request and nothing of its body.
    ReadHead,
    /// Reads so many bytes.
    Read(usize),
    /// Reads a whole request but for its last byte: closing is a reset then.
    ReadAllButOne,
    /// Reads a little now and then, for ever.
    ReadSlowly,
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one by one, again and again.
    Trickle(Vec<u8>),
    /// Writes these bytes again and again, as fast as the client takes them.
    Flood(Vec<u8>),
    /// Neither reads nor writes nor closes.
    Hold,
    /// Writes the first of these to a `GET`, and the second to a `POST`.
    Answer(Vec<u8>, Vec<u8>),
    /// Does nothing until the test says so.
    AwaitRelease,
    /// Reads until the client closes, or resets.
    ReadToEnd,
}

pub(super) use Step::*;

/// What a server saw of its clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) connections: usize,
    /// The heads of requests.
    pub(super) heads: Vec<String>,
    /// Paid requests that were read to their last byte.
    pub(super) uploads: usize,
    /// How many bytes the clients, and the sockets between, took.
    pub(super) written: usize,
    /// How many connections were read to their end, and what came since a request
    /// had been read.
    pub(super) ends: usize,
    pub(super) at_the_end: usize,
}

pub(super) struct HostileServer {
    port: u16,
    shared: Arc<Shared>,
}

/// The connections that are open, by number.
type Open = HashMap<usize, (TcpStream, Sender<()>)>;

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    /// The connections under way by their numbers, to be ended with the server.
    open: Mutex<Option<Open>>,
    released: AtomicBool,
}

impl HostileServer {
    /// Does the same with every connection.
    pub(super) fn start(steps: impl Into<Vec<Step>>) -> Self {
        let steps = steps.into();
        Self::start_with(move |_, _| steps.clone())
    }

    /// Asks for the steps of each connection by its number, from 0, and tells the
    /// server's own URL.
    pub(super) fn start_with(steps: impl Fn(usize, &str) -> Vec<Step> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, shared: Arc::default() };
        *server.shared.open.lock().unwrap() = Some(HashMap::new());
        let (shared, url) = (Arc::clone(&server.shared), server.url());
        thread::spawn(move || {
            for number in 0.. {
                let (stream, _) = listener.accept().unwrap();
                let (waker, stopped) = channel();
                match &mut *shared.open.lock().unwrap() {
                    Some(open) => open.insert(number, (stream.try_clone().unwrap(), waker)),
                    None => return,
                };
                shared.seen().connections += 1;
                let mut connection =
                    Connection { stream, stopped, shared: Arc::clone(&shared), head: None };
                let steps = steps(number, &url);
                thread::spawn(move || {
                    // Stops at the first step that the client does not let happen.
                    let _ = steps.iter().try_for_each(|step| connection.go(step));
                    if let Some(open) = &mut *connection.shared.open.lock().unwrap() {
                        open.remove(&number);
                    }
                });
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same place for a client that wants TLS.
    #[allow(dead_code, reason = "one transport is tested without TLS")]
    pub(super) fn https(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    #[allow(dead_code, reason = "one transport is tested without its options")]
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn seen(&self) -> Seen {
        self.shared.seen().clone()
    }

    /// Lets connections go on that wait for it.
    pub(super) fn release(&self) {
        self.shared.released.store(true, Ordering::Relaxed);
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        for (stream, waker) in self.shared.open.lock().unwrap().take().unwrap().into_values() {
            drop(waker);
            // The client may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

struct Connection {
    stream: TcpStream,
    stopped: Receiver<()>,
    shared: Arc<Shared>,
    /// How many bytes are to follow the head that was read.
    head: Option<usize>,
}

/// The client is gone, or the server stops.
struct Over;

impl Connection {
    fn go(&mut self, step: &Step) -> Result<(), Over> {
        match step {
            ReadRequest => {
                let body = self.read_head()?;
                self.read(body)?;
                let mut seen = self.shared.seen();
                if seen.heads.last().is_some_and(|head| head.starts_with("post ")) {
                    seen.uploads += 1;
                }
                Ok(())
            }
            ReadHead => self.read_head().map(|body| self.head = Some(body)),
            Read(bytes) => self.read(*bytes),
            ReadAllButOne => {
                let body = self.read_head()?;
                // A request without a body leaves none of it; the next step's bytes
                // then end with an orderly close.
                self.read(body.saturating_sub(1))
            }
            ReadSlowly => loop {
                self.read(16 * 1024)?;
                self.pause(SLOWLY)?;
            },
            Write(bytes) => self.write(bytes),
            Trickle(bytes) => loop {
                for byte in bytes {
                    self.write(&[*byte])?;
                    self.pause(SLOWLY)?;
                }
            },
            Flood(bytes) => {
                let many = bytes.repeat(16 * 1024 / bytes.len() + 1);
                loop {
                    self.write(&many)?;
                }
            }
            Answer(get, post) => {
                let head = self.shared.seen().heads.last().cloned().unwrap_or_default();
                self.write(if head.starts_with("get ") { get } else { post })
            }
            AwaitRelease => {
                while !self.shared.released.load(Ordering::Relaxed) {
                    self.pause(SLOWLY)?;
                }
                Ok(())
            }
            ReadToEnd => {
                let mut piece = [0; 16 * 1024];
                loop {
                    match self.stream.read(&mut piece) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => self.shared.seen().at_the_end += read,
                    }
                }
                self.shared.seen().ends += 1;
                Ok(())
            }
            Hold => loop {
                self.pause(Duration::from_secs(3600))?;
            },
        }
    }

    /// Reads byte by byte, so as to take nothing of what follows, and tells the
    /// length of the body.
    fn read_head(&mut self) -> Result<usize, Over> {
        if let Some(body) = self.head.take() {
            return Ok(body);
        }
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).map_err(|_| Over)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = length.map_or(0, |length| length.parse().unwrap());
        self.shared.seen().heads.push(head);
        Ok(body)
    }

    fn read(&mut self, bytes: usize) -> Result<(), Over> {
        let mut piece = vec![0; bytes.min(64 * 1024)];
        let mut left = bytes;
        while left > 0 {
            let room = left.min(piece.len());
            match self.stream.read(&mut piece[..room]) {
                Ok(0) | Err(_) => return Err(Over),
                Ok(read) => left -= read,
            }
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let mut left = bytes;
        while !left.is_empty() {
            match self.stream.write(left) {
                Ok(0) | Err(_) => return Err(Over),
                Ok(written) => {
                    self.shared.seen().written += written;
                    left = &left[written..];
                }
            }
        }
        Ok(())
    }

    fn pause(&self, time: Duration) -> Result<(), Over> {
        match self.stopped.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Err(Over),
        }
    }
}
