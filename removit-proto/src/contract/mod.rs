//! Does a server keep the contract? The rules as data, and the check of them.
//!
//! [`Rule`] is one line of the contract: its id is what reports name. [`OPENAPI`]
//! tells the same to tools of others. [`Check`] judges a server: a
//! [`Machine`](crate::Machine) that makes requests right and wrong, follows the
//! jobs that it is allowed to pay for, and ends with a [`Report`], which
//! [`Report::drift_from`] compares with an earlier one.
//!
//! Nothing here sends, sleeps or draws: whoever drives the machine does. It sends
//! nothing that makes a job where the contract is kept, unless
//! [`CheckPolicy::credits`] allows it, and no answer of a server can make it
//! send without end.

mod answer;
mod check;
mod client_rules;
mod curl;
mod draft;
mod drift;
mod expected;
mod findings;
mod follow;
mod jobs;
mod judge_refusal;
mod judge_result;
mod judge_status;
mod log;
mod luck;
mod order;
mod policy;
mod probes;
mod render;
mod report;
mod rule;
mod rules;
mod seen;
mod server_rules;
mod settle;
mod shrink;

pub use check::Check;
pub use drift::Drift;
pub use policy::{CheckPhoto, CheckPolicy};
pub use report::{CheckedJob, Conclusion, Ended, Finding, JobEnding, Report};
pub use rule::{Means, Origin, Rule};
pub use seen::Seen;

/// Both endpoints and every documented answer as OpenAPI 3.1, in JSON: for
/// generators, fuzzers and gateways that know nothing of this crate.
///
/// ```
/// let description: serde_json::Value = serde_json::from_str(removit_proto::contract::OPENAPI)?;
/// assert_eq!(description["openapi"], "3.1.0");
/// assert!(description["paths"]["/api/v1/upload"]["post"]["responses"]["202"].is_object());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const OPENAPI: &str = include_str!("openapi.json");
