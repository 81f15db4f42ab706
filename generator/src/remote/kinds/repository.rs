//! The git repository.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use crate::remote::desired::{Wanted, project_key};
use crate::remote::resource::{Fields, Kind, Resource};

const DEFAULT_BRANCH: &str = "defaultBranch";

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its default branch as a full ref; none where it has no branch yet.
    pub default_branch: Option<String>,
}

impl Typed for Repository {
    fn to_fields(&self) -> Fields {
        fields([(DEFAULT_BRANCH, self.default_branch.to_value())])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self { default_branch: get(fields, DEFAULT_BRANCH)? })
    }
}

/// The repository that the spec names, with the spec's branch as the default one.
pub(crate) fn desired(wanted: &Wanted<'_>) -> Resource {
    let devops = &wanted.project.devops;
    let repository = Repository { default_branch: Some(format!("refs/heads/{}", devops.branch.as_str())) };
    Resource::new(Kind::Repository, devops.repository.as_str())
        .with(&repository.to_fields())
        .needs(project_key(wanted.project))
}
