//! The scenarios that both adapters share, on tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use removit_tokio as adapter;
use removit_tokio::{Photo, PhotoError};

#[path = "../../../removit-proto/tests/adapters/scenarios/mod.rs"]
mod shared;

async fn from_source(
    bytes: &'static [u8],
    len: u64,
    opened: Arc<AtomicU32>,
) -> Result<Photo, PhotoError> {
    let open = move || {
        opened.fetch_add(1, Ordering::Relaxed);
        async move { Ok(bytes) }
    };
    let photo = Photo::from_reader("coffee.jpg", len, open).await?;
    Ok(photo.format(adapter::proto::OutputFormat::Jpg))
}
