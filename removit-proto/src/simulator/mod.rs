//! The vendor's side of the contract as a machine of requests and virtual time.
