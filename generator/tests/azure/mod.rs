//! The Azure side against the doubles of Azure Resource Manager and Key Vault.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::print_stdout)] // a test starts programs, looks at the disk, says figures

mod admin;
mod doctor;
mod kinds;
mod membership;
mod secrets;
mod support;
mod zones;
