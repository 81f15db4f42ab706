//! Versions of the model file.

/// The version of the model file's schema that this crate writes. It reads the one before too.
pub const SCHEMA_VERSION: u32 = 2;
