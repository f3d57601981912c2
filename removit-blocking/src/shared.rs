//! What `removit-tokio` runs as well, on its blocking threads. It is there for
//! that crate alone: no part of the public API, with no version promise.

pub use crate::attempt_span::AttemptSpan;
pub use crate::batch::{
    Disk, Effects, Inspected, Intake, Keyed, Listed, PhotoCatalogue, Settled, Supplies, lock,
    whole_file,
};
pub use crate::clock::wall;
#[cfg(feature = "tls")]
pub use crate::connect::proxy_choice::{ProxyChoice, UnusableProxy};
#[cfg(feature = "tls")]
pub use crate::connect::tls::config as tls_config;
#[cfg(feature = "tls")]
pub use crate::connect::{NEXT_AFTER, barrier, in_turn, not_in_time, refused_after_all};
pub use crate::dispatcher::{Message, Queue, Seen, Watch, Watched};
pub use crate::fetched::unnamed;
pub use crate::photo::{Content, content_of};
pub use crate::photo_reader::PhotoReader;
pub use crate::seed::fresh as fresh_seed;
pub use crate::text::{causes, one_line};
