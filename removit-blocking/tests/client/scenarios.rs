//! The scenarios that both adapters share, without a runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use removit_blocking as adapter;
use removit_blocking::{Photo, PhotoError};

#[path = "../../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod shared;

fn from_source(
    bytes: &'static [u8],
    len: u64,
    opened: Arc<AtomicU32>,
) -> Result<Photo, PhotoError> {
    let open = move || {
        opened.fetch_add(1, Ordering::Relaxed);
        Ok(bytes)
    };
    Ok(Photo::from_reader("coffee.jpg", len, open)?.format(adapter::proto::OutputFormat::Jpg))
}
