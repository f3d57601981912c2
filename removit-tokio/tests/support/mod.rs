//! A server on loopback that answers as a test wrote it down: one answer for
//! each request, in order, each over a connection of its own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use removit_tokio::proto::{
    ApiKey, Backoff, DownloadPolicy, Endpoint, PollPolicy, RetryPolicy, Schedule, UploadPolicy,
};
use removit_tokio::{Client, HyperTransport, Proxy, TransportOptions};

pub const KEY: &str = "test-key-123";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest of a small picture";

/// What the server does with one request.
pub enum Answer {
    /// Reads it and writes these bytes.
    Raw(Vec<u8>),
    /// Reads it and closes without an answer.
    Lost,
    /// Reads its head and so many bytes of its body, and resets the connection.
    BreakAfter(usize),
    /// Reads its head, writes these bytes, and reads the rest of the body.
    Early(Vec<u8>),
    /// Reads its head, writes these bytes, and closes.
    EarlyThenClose(Vec<u8>),
    /// Reads one byte of it, writes these bytes, and resets the connection once
    /// they were read.
    Reset(Vec<u8>),
    /// Reads its head, writes these bytes, and then neither reads nor closes.
    Deaf(Vec<u8>),
    /// Reads it, writes these bytes, and then nothing until the test ends.
    Stall(Vec<u8>),
}

/// An answer with a status, headers and a body of that length. It announces that
/// the connection closes, so that no client tries to use it again.
pub fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub fn json(status: &str, body: &str) -> Answer {
    Answer::Raw(answer(status, "Content-Type: application/json\r\n", body))
}

pub fn accepted() -> Answer {
    json("202 Accepted", r#"{"job_id":"job-1","status":"queued","mode":"clipping"}"#)
}

pub fn pending() -> Answer {
    json(
        "200 OK",
        r#"{"job_id":"job-1","status":"pending_compose","state":"pending","progress":33}"#,
    )
}

#[derive(Clone, Debug)]
pub struct Received {
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}: "));
        self.head.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, v)| v)
    }
}

/// Stops when it is dropped.
pub struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    _stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves these answers; a further request finds a closed port.
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self::serve(listener, port, answers.into_iter().collect())
    }

    /// As [`start`](Self::start), with answers that need to know the port.
    pub fn start_with(answers: impl FnOnce(&str) -> Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self::serve(listener, port, answers(&format!("http://127.0.0.1:{port}")))
    }

    fn serve(listener: TcpListener, port: u16, answers: Vec<Answer>) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = channel();
        let log = Arc::clone(&received);
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for answer in answers {
                let Ok((stream, _)) = listener.accept() else { return };
                if stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                    return;
                }
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
                if let Some(stream) = exchange(stream, &answer, &log) {
                    open.push(stream);
                }
            }
            drop(listener);
            if !open.is_empty() {
                wait_for_the_end(&stopped);
            }
        });
        Self { port, received, _stop: stop, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was received once all answers were given and all connections ended.
    pub fn received_after_the_end(mut self) -> Vec<Received> {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.received()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// A client of this server that waits for milliseconds where others wait
    /// for seconds.
    pub fn client(&self) -> Client {
        client(&self.url())
    }
}

fn wait_for_the_end(stopped: &Receiver<()>) {
    let _ = stopped.recv();
}

impl Drop for Server {
    fn drop(&mut self) {
        let (closed, _) = channel();
        drop(std::mem::replace(&mut self._stop, closed));
        // Wakes a server that still waits for a request.
        // The thread is not waited for: it may in turn wait for a connection that
        // the test's own runtime still holds.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

pub fn client(base_url: &str) -> Client {
    let endpoint = Endpoint::new(base_url, ApiKey::new(KEY).unwrap()).unwrap();
    let mut options = TransportOptions::default();
    options.proxy = Proxy::Direct;
    with_fast_policies(Client::with_transport(
        endpoint,
        HyperTransport::with_options(&options).unwrap(),
    ))
}

pub fn with_fast_policies<T: removit_tokio::Transport>(client: Client<T>) -> Client<T> {
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let mut retry = RetryPolicy::default();
    retry.backoff = backoff;
    retry.max_attempts = 3;
    let mut upload = UploadPolicy::default();
    upload.retry = retry;
    let mut poll = PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(5)).with_floor(Duration::ZERO);
    poll.backoff = backoff;
    poll.timeout = Duration::from_secs(10);
    let mut download = DownloadPolicy::default();
    download.retry = retry;
    client.upload_policy(upload).poll_policy(poll).download_policy(download)
}

/// Gives the stream back where it has to stay open.
fn exchange(
    mut stream: TcpStream,
    answer: &Answer,
    log: &Mutex<Vec<Received>>,
) -> Option<TcpStream> {
    if let Answer::Reset(bytes) = answer {
        stream.read_exact(&mut [0]).unwrap();
        stream.write_all(bytes).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        return None;
    }
    let (head, mut body) = read_head(&mut stream)?;
    let received = Received { head, body: Vec::new() };
    let length = received.header("content-length").map_or(0, |v| v.parse().unwrap());
    let wanted = match answer {
        Answer::BreakAfter(bytes) => *bytes,
        Answer::EarlyThenClose(_) | Answer::Deaf(_) => 0,
        _ => length,
    };
    if let Answer::Early(bytes) | Answer::EarlyThenClose(bytes) | Answer::Deaf(bytes) = answer {
        stream.write_all(bytes).unwrap();
    }
    let mut piece = vec![0; 64 * 1024];
    while body.len() < wanted {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(n) => body.extend_from_slice(&piece[..n]),
        }
    }
    log.lock().unwrap().push(Received { body, ..received });
    match answer {
        Answer::Raw(bytes) => {
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            None
        }
        Answer::Deaf(_) => Some(stream),
        Answer::Stall(bytes) => {
            let _ = stream.write_all(bytes);
            Some(stream)
        }
        // Closing with unread bytes resets the connection.
        Answer::Lost
        | Answer::BreakAfter(_)
        | Answer::Early(_)
        | Answer::EarlyThenClose(_)
        | Answer::Reset(_) => None,
    }
}

fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|w| w == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return Some((String::from_utf8(read).unwrap(), body));
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(n) => read.extend_from_slice(&piece[..n]),
        }
    }
}
