//! Uploads a large photo and shows that memory does not grow with it.
//!
//! ```text
//! cargo run --release -p removit-blocking --example memory_blocking [MIB] [BASE_URL]
//! ```
//!
//! Makes a sparse file of 512 MiB that begins like a PNG, uploads it, prints
//! this process's peak memory, and fails where that is over 16 MiB. Without a
//! base URL the server is a process of its own, so that only the client's
//! memory counts.

use std::error::Error;
use std::process::ExitCode;

use removit_blocking::proto::{ApiKey, Endpoint};
use removit_blocking::{Client, Photo};

#[path = "../../removit-proto/tests/adapters/memory.rs"]
mod memory;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(measurement) = memory::Measurement::begin()? else {
        return Ok(ExitCode::SUCCESS);
    };
    let key = std::env::var("REMOVIT_API_KEY").unwrap_or_else(|_| "no-key".to_owned());
    let client = Client::new(Endpoint::new(measurement.base_url(), ApiKey::new(key)?)?)?;
    let photo = Photo::from_path(measurement.photo())?;
    let job = client.upload(&photo)?;
    measurement.end(job.id().as_str())
}
