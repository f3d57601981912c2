//! Removit without a runtime.
