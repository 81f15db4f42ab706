//! The git repository.

use super::Wanted;
use crate::remote::resource::{Key, Kind, Resource};

/// Field of a repository: its default branch as a full ref.
pub const DEFAULT_BRANCH: &str = "defaultBranch";

/// The repository that the spec names, with the spec's branch as the default one.
pub(super) fn desired(wanted: &Wanted<'_>) -> Resource {
    let devops = &wanted.project.devops;
    Resource::new(Kind::Repository, devops.repository.as_str())
        .field(DEFAULT_BRANCH, format!("refs/heads/{}", devops.branch.as_str()))
        .needs(Key::new(Kind::Project, devops.project.as_str()))
}
