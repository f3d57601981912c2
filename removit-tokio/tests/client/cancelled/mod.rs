//! Every future may be dropped, at every point where it waits: nothing goes on
//! behind its back, and no paid job is lost or doubled.

mod at_most;
mod machines;
mod sockets;
mod vendor;
mod way;
mod whole_way;
