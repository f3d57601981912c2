//! The bodies of the fuzz targets, which live with the tests of `removit-proto`:
//! there they are property tests, and the seeds are replayed.

#[path = "../../removit-proto/tests/fuzz/targets/mod.rs"]
pub mod targets;
