//! A command, and one call of it.

use std::path::Path;

use serde_json::Value;

use super::arguments::Arguments;
use super::failure::Failure;
use crate::store::Store;

/// What a command gives back.
pub(crate) type Answer = Result<Value, Failure>;

/// One call of a command.
pub(crate) struct Call<'a> {
    pub store: &'a Store,
    /// Where the caller stands.
    pub here: &'a Path,
    pub arguments: &'a Arguments,
}

impl Call<'_> {
    /// The value of an option that must be there.
    pub fn need(&self, option: &str) -> Result<&str, Failure> {
        let missing = || Failure::usage(format!("the following arguments are required: --{option}"));
        self.arguments.one(option).ok_or_else(missing)
    }
}

/// A command.
pub(crate) struct Command {
    /// Its words: `ml job create`.
    pub words: &'static str,
    /// Its options, without the dashes, beside those that every command has.
    pub options: &'static [&'static str],
    pub run: fn(&Call<'_>) -> Answer,
}
