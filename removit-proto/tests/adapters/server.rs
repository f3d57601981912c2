//! A server on loopback that answers as a test wrote it down: one answer for
//! each request, in order, each over a connection of its own. Written once, for
//! the tests of every adapter.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long it waits for a client, which may run on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server does with one request.
pub enum Answer {
    /// Reads it and writes these bytes.
    Raw(Vec<u8>),
    /// Reads it and closes without an answer.
    Lost,
    /// Reads its head and so many bytes of its body, and resets the connection.
    BreakAfter(usize),
    /// Reads its head, writes the first bytes, lets the sender block for a
    /// while, reads the rest of the body, and writes the others.
    Early(Vec<u8>, Vec<u8>),
    /// Reads its head, writes these bytes, and closes.
    EarlyThenClose(Vec<u8>),
    /// Reads one byte of it, writes these bytes, and resets the connection once
    /// they were read.
    Reset(Vec<u8>),
    /// Reads its head, writes these bytes, and then neither reads nor closes
    /// until the test ends.
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

pub fn done(url: &str) -> Answer {
    let body = format!(
        r#"{{"job_id":"job-1","status":"done","state":"done","progress":100,"final_url":"{url}"}}"#
    );
    json("200 OK", &body)
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
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
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

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What it received, once it has served each of its answers.
    pub fn finish(mut self) -> Vec<Received> {
        self.thread.take().unwrap().join().unwrap();
        self.received()
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
    match answer {
        Answer::EarlyThenClose(bytes) | Answer::Deaf(bytes) => stream.write_all(bytes).unwrap(),
        Answer::Early(bytes, _) => {
            stream.write_all(bytes).unwrap();
            std::thread::sleep(Duration::from_millis(350));
        }
        _ => {}
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
        Answer::Raw(bytes) | Answer::Early(_, bytes) => {
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            None
        }
        Answer::Stall(bytes) => {
            let _ = stream.write_all(bytes);
            Some(stream)
        }
        Answer::Deaf(_) => Some(stream),
        // Closing with unread bytes resets the connection.
        Answer::Lost | Answer::BreakAfter(_) | Answer::EarlyThenClose(_) | Answer::Reset(_) => None,
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
