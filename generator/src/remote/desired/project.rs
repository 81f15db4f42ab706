//! The team project.

use super::Wanted;
use crate::remote::resource::{Kind, Resource};

/// The project that the spec names. It has no fields: what is there is used as it is.
pub(super) fn desired(wanted: &Wanted<'_>) -> Resource {
    Resource::new(Kind::Project, wanted.project.devops.project.as_str())
}
