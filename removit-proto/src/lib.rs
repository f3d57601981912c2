//! The Removit image API as values and state machines.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod image_type;
mod seed;
#[cfg(feature = "simulator")]
pub mod simulator;
mod time;

pub use image_type::{ImageType, UnsupportedImage};
pub use seed::Seed;
pub use time::Instant;
