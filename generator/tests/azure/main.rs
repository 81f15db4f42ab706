//! The Azure side against the doubles of Azure Resource Manager and Key Vault.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk

mod admin;
mod doctor;
mod kinds;
mod secrets;
mod support;
