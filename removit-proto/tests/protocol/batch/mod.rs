//! The batch, in virtual time. Where the vendor is simulated, what counts is the
//! vendor's account, not the client's opinion.

mod adding;
mod ambiguous;
mod budget;
mod cancelling;
mod downloads;
mod late;
mod laws;
mod learning;
mod lost;
mod refreshing;
mod resting;
mod shop;
mod statuses;
mod stopping;
mod storing;
mod storm;
mod throttle;
mod world;
