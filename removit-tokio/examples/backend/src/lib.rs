//! A whole integration of the Removit image API, as the program to copy: routes, a page,
//! a database, webhooks, and as many machines as there are.
//!
//! One photo is one row in `photos`, and its history is the core's journal in `records`.
//! What may be paid for has a row in `intents` before a request leaves.
//!
//! ```text
//! web/       what callers see          roles/     upload, poll, fetch: what processes do
//! hooks/     webhooks                  election   who polls
//! vendor     requests and tickets      store      photos and results
//! budget     a client with tickets
//! db/        the tables, and every statement              telemetry  log and spans
//! ```

pub mod app;
pub mod budget;
pub mod db;
pub mod election;
pub mod error;
pub mod hooks;
pub mod hub;
pub mod metrics;
pub mod roles;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod vendor;
pub mod web;
