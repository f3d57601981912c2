//! Uploads a large photo and shows that memory does not grow with it.
//!
//! ```text
//! cargo run --release -p removit-blocking --example upload_memory [MIB] [BASE_URL]
//! ```
//!
//! Makes a sparse file of 512 MiB that begins like a PNG, uploads it, prints
//! this process's peak memory, and fails where that is over 16 MiB. Without a
//! base URL the server is a process of its own, so that only the client's
//! memory counts. Linux only: the peak is read from `/proc`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use removit_blocking::proto::{ApiKey, Endpoint};
use removit_blocking::{Client, Photo};

const LIMIT_KIB: u64 = 16 * 1024;
const SERVE: &str = "--serve-one-upload";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == SERVE) {
        serve_one_upload()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mib: u64 = arguments.first().map_or(Ok(512), |mib| mib.parse())?;
    let server = Server::for_arguments(arguments.get(1))?;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.png");
    let mut file = File::create(&path)?;
    file.write_all(b"\x89PNG\r\n\x1a\n")?;
    file.set_len(mib * 1024 * 1024)?;

    let key = std::env::var("REMOVIT_API_KEY").unwrap_or_else(|_| "no-key".to_owned());
    let client = Client::new(Endpoint::new(&server.base_url, ApiKey::new(key)?)?)?;
    let begun = Instant::now();
    let job = client.upload(&Photo::from_path(&path)?)?;
    let peak = peak_kib()?;
    println!("job {}: {mib} MiB in {:.1?}, peak memory {peak} KiB", job.id(), begun.elapsed());
    Ok(if peak <= LIMIT_KIB { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The most memory that this process ever had, in KiB.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(number.parse()?)
}

struct Server {
    base_url: String,
    child: Option<Child>,
}

impl Server {
    fn for_arguments(base_url: Option<&String>) -> Result<Self, Box<dyn Error>> {
        if let Some(base_url) = base_url {
            return Ok(Self { base_url: base_url.clone(), child: None });
        }
        let mut program = Command::new(std::env::current_exe()?);
        let mut child = program.arg(SERVE).stdout(Stdio::piped()).spawn()?;
        let mut base_url = String::new();
        let output = child.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut base_url)?;
        Ok(Self { base_url: base_url.trim_end().to_owned(), child: Some(child) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads one request and keeps nothing of it.
fn serve_one_upload() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let (stream, _) = listener.accept()?;
    let mut reader = BufReader::with_capacity(256 * 1024, stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let read = std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    if read < length {
        return Err("the upload was cut short".into());
    }
    let body = r#"{"job_id":"job-1","status":"queued"}"#;
    let head = format!("HTTP/1.1 202 Accepted\r\nContent-Length: {}\r\n\r\n", body.len());
    (&stream).write_all(format!("{head}{body}").as_bytes())?;
    Ok(())
}
