//! Agent pools of the team's own, looked up while a plan is made: they are used, not made, so that none is found missing
//! half-way through an apply.

use futures::future::join_all;

use super::diagnostic::Diagnostic;
use super::error::RemoteError;
use super::people::stands;
use super::site::Site;
use crate::project::devops::Agent;
use crate::remote::kinds::permission::QUEUE;
use crate::remote::observed::State;
use crate::remote::resource::{Key, Kind, Resource};
use crate::spec::located::path::Path;

/// What to do about a pool that the project has no queue for.
const ADD: &str = "add it to the project (project settings, agent pools, add pool)";

/// Pools that pipelines name and that the team project, or the organization where the project is yet to be made, does not
/// have. A permission that was seen tells that its queue is there: then nothing is asked.
pub(super) async fn missing(at: &Site, desired: &[Resource], state: &State) -> Vec<Diagnostic> {
    let queues = desired.iter().filter(|resource| resource.key.kind == Kind::Permission).filter_map(|resource| {
        let (kind, name) = resource.key.name.split_once('/')?;
        (kind == QUEUE && !state.contains_key(&resource.key)).then_some((&resource.key, name))
    });
    let project = Key::new(Kind::Project, at.project.devops.project.as_str());
    let there = state.contains_key(&project);
    let looked_up = queues.map(async |(key, name)| match lack(at, name, there).await {
        Ok(lack) => lack.map(|why| Diagnostic::Pool(format!("{}: {why}", place(at, name)))),
        Err(error) => Some(Diagnostic::Read(RemoteError::call("look for the agent pool of", key)(error))),
    });
    join_all(looked_up).await.into_iter().flatten().collect()
}

/// Why pipelines of the project cannot use the pool, and what to do about it.
async fn lack(at: &Site, name: &str, project_is_there: bool) -> devops_client::Result<Option<String>> {
    if project_is_there {
        let found = at.devops.queues().find(name).await?;
        let project = at.project.devops.project.as_str();
        return Ok(found.is_none().then(|| format!("the team project {project} has no agent pool `{name}`; {ADD}")));
    }
    let organization = at.client.organization();
    Ok(match at.client.pools().find(name).await? {
        None => Some(format!(
            "the organization {organization} has no agent pool `{name}` that you may see; make it (organization settings, \
             agent pools), or name another one"
        )),
        Some(pool) if pool.auto_provision == Some(false) => Some(format!(
            "no new project gets the agent pool `{name}` by itself; make the team project {} first, and {ADD}",
            at.project.devops.project.as_str()
        )),
        Some(_) => None,
    })
}

/// Where a pool is named: in the spec, or only in a pipeline.
fn place(at: &Site, name: &str) -> String {
    match &at.project.devops.agent {
        Agent::Pool { name: own, .. } if own.as_str().eq_ignore_ascii_case(name) => {
            stands(at, &Path::root().keys(&["devops", "agent", "pool"]))
        }
        _ => "a pipeline".to_owned(),
    }
}
