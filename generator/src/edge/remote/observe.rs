//! Everything as it is, read at the same time.

use futures::future::join_all;

use super::error::RemoteError;
use super::registry::Registry;
use super::site::Site;
use crate::remote::observed::State;
use crate::remote::resource::{Kind, Resource};

/// Reads every kind of resource at `site`: those under a wanted name, and all that carry the project's mark.
///
/// The team project is asked for first: where it is missing, nothing in it is asked for.
///
/// # Errors
/// Everything that could not be read.
pub async fn observe(site: &Site, registry: &Registry<'_>, wanted: &[Resource]) -> Result<State, Vec<RemoteError>> {
    let of = |kind: Kind| wanted.iter().filter(|resource| resource.key.kind == kind).collect::<Vec<&Resource>>();
    let azure = async {
        let kinds = registry.iter().filter(|(kind, _)| kind.is_azure());
        join_all(kinds.map(async |(kind, handler)| handler.observe(site, &of(kind)).await)).await
    };
    let devops = async {
        let mut found = Vec::new();
        if let Some(projects) = registry.get(Kind::Project) {
            let project = projects.observe(site, &of(Kind::Project)).await;
            let missing = project.as_ref().map_or(true, State::is_empty);
            found.push(project);
            if missing {
                return found;
            }
        }
        let kinds = registry.iter().filter(|(kind, _)| !kind.is_azure() && *kind != Kind::Project);
        found.extend(join_all(kinds.map(async |(kind, handler)| handler.observe(site, &of(kind)).await)).await);
        found
    };
    let (devops, azure) = futures::future::join(devops, azure).await;
    let (mut state, mut errors) = (State::new(), Vec::new());
    for found in devops.into_iter().chain(azure) {
        match found {
            Ok(found) => state.extend(found),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(state) } else { Err(errors) }
}
