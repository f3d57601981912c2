//! The way to a server, as both adapters' own transports go it: which names are
//! reached without a proxy, what a name stands for, which address is tried when,
//! and which failures no repetition mends.
//!
//! Nothing here speaks HTTP or holds a connection.

mod addresses;
mod barrier;
mod no_proxy;
mod resolver;

pub use addresses::{NEXT_AFTER, in_turn};
pub use barrier::{barrier, not_in_time, refused_after_all};
pub(crate) use no_proxy::NoProxy;
pub use resolver::Resolver;
