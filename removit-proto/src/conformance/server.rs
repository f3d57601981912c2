//! A server of plain sockets on loopback that does what a case wrote down, byte
//! for byte, and remembers what came.
//!
//! It speaks no more HTTP than it needs to find the end of a request, so that
//! it can break off anywhere. Each wait of it is bounded, and it stops when it
//! is dropped.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the server waits for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether it has to stop.
const TICK: Duration = Duration::from_millis(20);

/// What a server does with one connection.
type Script = dyn Fn(&mut Connection) + Send + Sync;

pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    connections: AtomicUsize,
    written: AtomicU64,
    requests: Mutex<Vec<Received>>,
    changed: Condvar,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    /// `POST /path HTTP/1.1`
    pub(super) line: String,
    /// Names in lower case, in the order of the wire.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether all that it announced had arrived.
    pub(super) whole: bool,
    /// How many bytes came after it before the client hung up.
    pub(super) hung_up: Option<usize>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn announced(&self) -> usize {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some()
    }
}

impl Server {
    /// A server on a free port. `None` where the machine gives it none.
    pub(super) fn start(
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&shared));
        let accepting = thread::spawn(move || accept(&listener, &script, &log));
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections were made.
    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of answers the client's side took.
    pub(super) fn written(&self) -> u64 {
        self.shared.written.load(Ordering::SeqCst)
    }

    /// The requests whose heads have come, in that order.
    pub(super) fn requests(&self) -> Vec<Received> {
        self.shared.requests().clone()
    }

    /// How many requests have arrived whole.
    pub(super) fn whole_requests(&self) -> usize {
        self.shared.requests().iter().filter(|request| request.whole).count()
    }

    /// Waits until `reached` holds of the requests; `false` where it never does.
    pub(super) fn wait_for(&self, reached: impl Fn(&[Received]) -> bool) -> bool {
        let began = Instant::now();
        let mut requests = self.shared.requests();
        loop {
            if reached(&requests) {
                return true;
            }
            if began.elapsed() >= PATIENCE {
                return false;
            }
            let woken = self.shared.changed.wait_timeout(requests, TICK);
            requests = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the accepting thread; where that fails it was awake already.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            // A script that panicked shows in its case: what it serves is missing.
            drop(accepting.join());
        }
    }
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<Received>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

fn accept(listener: &TcpListener, script: &Arc<Script>, shared: &Arc<Shared>) {
    let mut talks = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        if shared.is_stopping() {
            break;
        }
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let ready = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(TICK)));
        if ready.and_then(|()| stream.set_write_timeout(Some(TICK))).is_err() {
            continue;
        }
        let (script, shared) = (Arc::clone(script), Arc::clone(shared));
        talks.push(thread::spawn(move || {
            let mut connection = Connection { number, stream, request: None, shared };
            script(&mut connection);
        }));
    }
    for talk in talks {
        drop(talk.join());
    }
}

/// One connection, from the server's side. It closes when its script ends; with
/// unread bytes in it, that is a reset.
pub(super) struct Connection {
    /// Counted from zero, in the order of acceptance.
    pub(super) number: usize,
    stream: TcpStream,
    /// Where the request under way stands in the log.
    request: Option<usize>,
    shared: Arc<Shared>,
}

impl Connection {
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
        self.note(|request| request.whole = true);
        self.noted()
    }

    /// Reads the head of the next request and leaves its body where it is.
    pub(super) fn head(&mut self) -> Option<Received> {
        let mut received = Received { line: self.line()?, ..Received::default() };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            received.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut requests = self.shared.requests();
        self.request = Some(requests.len());
        requests.push(received.clone());
        drop(requests);
        self.shared.changed.notify_all();
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
        self.note(|request| request.whole = true);
        self.noted()
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
        let mut began = Instant::now();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(0) => return false,
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    let written = u64::try_from(written).unwrap_or(u64::MAX);
                    self.shared.written.fetch_add(written, Ordering::SeqCst);
                    began = Instant::now();
                }
                Err(error) if is_tick(&error) => {
                    if self.shared.is_stopping() || began.elapsed() >= PATIENCE {
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
        while began.elapsed() < time && !happened() && !self.shared.is_stopping() {
            thread::sleep(TICK.min(time));
        }
    }

    /// Reads on until the client hangs up, and notes how much came.
    pub(super) fn until_hung_up(&mut self) {
        let began = Instant::now();
        let mut read = 0;
        let mut piece = vec![0; 64 * 1024];
        while began.elapsed() < PATIENCE && !self.shared.is_stopping() {
            match self.stream.read(&mut piece) {
                Ok(more @ 1..) => read += more,
                Err(error) if is_tick(&error) => {}
                Ok(0) | Err(_) => return self.note(|request| request.hung_up = Some(read)),
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
                    if self.shared.is_stopping() || began.elapsed() >= PATIENCE {
                        return None;
                    }
                }
                Err(_) => return None,
            }
        }
    }

    fn note(&self, change: impl FnOnce(&mut Received)) {
        let mut requests = self.shared.requests();
        if let Some(request) = self.request.and_then(|at| requests.get_mut(at)) {
            change(request);
        }
        drop(requests);
        self.shared.changed.notify_all();
    }

    fn noted(&self) -> Option<Received> {
        self.shared.requests().get(self.request?).cloned()
    }
}

fn is_tick(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// An answer with its `Content-Length`. `headers` are whole lines.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}
