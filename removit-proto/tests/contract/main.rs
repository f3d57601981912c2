//! The check of a server is itself examined: a vendor that keeps the contract is
//! clean, and each that breaks a rule is found out by that rule.

mod against;
mod costs;
mod doubles;
mod drift;
mod happy;
mod openapi;
mod rules;
mod scenarios;
mod shrinking;
