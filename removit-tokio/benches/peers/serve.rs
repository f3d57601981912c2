//! The server of every row: keep-alive, no sleep, no work. A process of its own, so that
//! it counts for no client.
//!
//! An upload makes a job; the third look at one shows it done. Made with the standard
//! library alone, one thread a connection.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::answers::{ACCEPTED, status};

/// Serves until its standard input ends, which is with the process that started it.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let looks = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let looks = Arc::clone(&looks);
            // A client that goes away ends its connection and nothing else.
            std::thread::spawn(move || drop(converse(&stream, &looks)));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn converse(stream: &TcpStream, looks: &AtomicUsize) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::with_capacity(256 * 1024, stream);
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let is_upload = line.starts_with("POST ");
        let mut len = 0_u64;
        loop {
            line.clear();
            requests.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                len = value.trim().parse().unwrap_or(0);
            }
            if name.eq_ignore_ascii_case("expect") {
                (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
        }
        while len > 0 {
            let read = requests.fill_buf()?.len();
            if read == 0 {
                return Ok(());
            }
            let read = read.min(usize::try_from(len).unwrap_or(usize::MAX));
            requests.consume(read);
            len -= u64::try_from(read).unwrap_or(u64::MAX);
        }
        let (code, body) = if is_upload {
            looks.store(0, Ordering::Relaxed);
            ("202 Accepted", ACCEPTED)
        } else {
            ("200 OK", status(looks.fetch_add(1, Ordering::Relaxed)))
        };
        let answer = format!(
            "HTTP/1.1 {code}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        (&*stream).write_all(answer.as_bytes())?;
    }
}
