//! What the memory measurements of both adapters share: a large photo, a server
//! in a process of its own, and this process's peak memory.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use tempfile::TempDir;

#[path = "peak_memory.rs"]
mod peak_memory;

use peak_memory::peak_kib;

const LIMIT_KIB: u64 = 16 * 1024;
const SERVE: &str = "--serve-one-upload";

/// What is measured: a photo of so many MiB, sent to a server.
pub(crate) struct Measurement {
    mib: u64,
    server: Server,
    folder: TempDir,
}

impl Measurement {
    /// From the arguments `[MIB] [BASE_URL]`; `None` in the process that only serves.
    pub(crate) fn begin() -> Result<Option<Self>, Box<dyn Error>> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments.first().is_some_and(|first| first == SERVE) {
            serve_one_upload()?;
            return Ok(None);
        }
        let mib = arguments.first().map_or(Ok(512), |mib| mib.parse())?;
        let server = Server::for_arguments(arguments.get(1))?;
        let measurement = Self { mib, server, folder: tempfile::tempdir()? };
        let mut file = File::create(measurement.photo())?;
        file.write_all(b"\x89PNG\r\n\x1a\n")?;
        file.set_len(mib * 1024 * 1024)?;
        Ok(Some(measurement))
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// A sparse file that begins like a PNG.
    pub(crate) fn photo(&self) -> PathBuf {
        self.folder.path().join("large.png")
    }

    /// Prints the peak, which must be under 16 MiB.
    pub(crate) fn end(self, job_id: &str) -> Result<ExitCode, Box<dyn Error>> {
        let peak = peak_kib()?;
        println!("job {job_id}: {} MiB uploaded, peak memory {peak} KiB of {LIMIT_KIB}", self.mib);
        Ok(if peak <= LIMIT_KIB { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
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
