//! Templates of a project.

use std::collections::BTreeMap;

/// Templates of a project that shadow or extend built-in ones, by name: `pipelines/build.yml`.
pub type Overrides = BTreeMap<String, String>;
