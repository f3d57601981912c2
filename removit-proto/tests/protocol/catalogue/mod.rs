//! The catalogue, in virtual time: a driver whose disk can fail and be shared, and the
//! simulated vendor, whose account is what counts.

mod copies;
mod crashes;
mod giving_up;
mod late;
mod restarting;
mod shop;
mod storing;
mod storm;
