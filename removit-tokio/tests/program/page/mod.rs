//! The page of `removit report --html`, opened in a real browser.
//!
//! Skipped, with a sentence, where there is no chromium. `REMOVIT_SCREENSHOTS=DIR`
//! keeps pictures of it.

mod browser;
mod counts;
mod file;
mod hostile;
mod keyboard;
mod looks;
mod many;
mod shop;
