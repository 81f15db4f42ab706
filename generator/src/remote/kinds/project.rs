//! The team project.

use super::field::{FieldError, Typed};
use crate::remote::desired::{Wanted, project_key};
use crate::remote::resource::{Fields, Resource};

/// The team project. It has no fields: what is there is used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project;

impl Typed for Project {
    fn to_fields(&self) -> Fields {
        Fields::new()
    }

    fn from_fields(_: &Fields) -> Result<Self, FieldError> {
        Ok(Self)
    }
}

/// The project that the spec names.
pub(crate) fn desired(wanted: &Wanted<'_>) -> Resource {
    Resource::of(project_key(wanted.project)).with(&Project.to_fields())
}
