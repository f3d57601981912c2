//! Webhooks: where they may go, how they are signed, and their delivery.

pub mod address;
pub mod deliver;
pub mod outbox;
pub mod sign;
