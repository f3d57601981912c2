//! Removit for tokio.
