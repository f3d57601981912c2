//! The check of a server is itself examined: a vendor that keeps the contract is
//! clean, and each that breaks a rule is found out by that rule.

mod against;
mod happy;
