//! The files on the default branch.

use super::Wanted;
use crate::artifacts::Ownership;
use crate::remote::files::SEED;
use crate::remote::resource::{Key, Kind, Resource};

/// One field for each file: its path, and the git object id of its content, or [`SEED`] for a file of the team's.
///
/// The files come after what their pipelines name: the push starts runs, and the server's preview reads the definitions.
pub(super) fn desired(wanted: &Wanted<'_>, others: &[Resource]) -> Resource {
    let devops = &wanted.project.devops;
    let files = Resource::new(Kind::Files, devops.branch.as_str())
        .needs(Key::new(Kind::Repository, devops.repository.as_str()));
    let files = wanted.content.iter().fold(files, |files, (path, file)| {
        let value = match file.ownership {
            Ownership::Managed => file.blob.as_str(),
            Ownership::Seed => SEED,
        };
        files.field(path.as_str(), value)
    });
    use Kind::{Environment, Pipeline, ServiceConnection, VariableGroup};
    let named =
        |other: &&Resource| matches!(other.key.kind, Pipeline | ServiceConnection | VariableGroup | Environment);
    others.iter().filter(named).fold(files, |files, other| files.needs(other.key.clone()))
}
