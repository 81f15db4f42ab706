//! The server's own check of the pipelines, before anybody's branch holds them.

use devops_client::api::definitions::DefinitionFilter;
use devops_client::api::runs::RunRequest;
use devops_client::{Error, ErrorKind, PipelineId, Problem};
use futures::future::join_all;

use crate::edge::remote::branches::candidate;
use crate::edge::remote::error::RemoteError;
use crate::edge::remote::site::Site;
use crate::remote::preview::required_parameters;
use crate::remote::resource::{Key, Kind, Resource};

// Invariant: what the server refuses is not pushed
// (test: pipelines_that_the_server_refuses_are_not_pushed_and_the_file_is_named).
/// Has the server expand every pipeline from the candidate.
///
/// # Errors
/// Everything that the server finds wrong, with file and line; the first other failure.
pub(super) async fn check(at: &Site, files: &Resource) -> Result<(), RemoteError> {
    let pipelines = ids(at, files).await.map_err(RemoteError::call("check", &files.key))?;
    let answers = join_all(pipelines.iter().map(|(key, id)| async move { (*key, preview(at, key, *id).await) })).await;
    let mut findings = Vec::new();
    for (key, answer) in answers {
        match answer {
            Ok(()) => {}
            Err(error) => match error.kind() {
                ErrorKind::Invalid { problems } => findings.extend(told(key, &error, problems)),
                _ => return Err(RemoteError::call("check", key)(error)),
            },
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    findings.sort();
    findings.dedup();
    let why = format!("the server refuses the pipelines: {}", findings.join("; "));
    let next = format!(
        "{} was not touched; correct the spec or the template that is named, and apply again. The refused files are on \
         the branch {}",
        files.key.name,
        candidate(at)
    );
    Err(RemoteError::new("push", &files.key, why, next))
}

async fn preview(at: &Site, key: &Key, id: PipelineId) -> devops_client::Result<()> {
    let text = at.content.get(&file(key)).map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let parameters = required_parameters(text.as_deref().unwrap_or_default());
    let request = RunRequest::new().branch(["refs/heads/", &candidate(at)].concat());
    let request = parameters.into_iter().fold(request, |request, (name, value)| request.parameter(name, value));
    at.devops.pipelines().preview(id, &request, None).await.map(drop)
}

/// The file of a pipeline, which has its name.
fn file(key: &Key) -> String {
    format!("pipelines/{}.yml", key.name)
}

/// The pipelines that the files come after, as far as they are there.
async fn ids<'a>(at: &Site, files: &'a Resource) -> devops_client::Result<Vec<(&'a Key, PipelineId)>> {
    let keys: Vec<&Key> = files.needs.iter().filter(|key| key.kind == Kind::Pipeline).collect();
    let known = |key: &&'a Key| Some((*key, PipelineId(at.known(key)?.id.parse().ok()?)));
    let found: Vec<_> = keys.iter().filter_map(known).collect();
    if found.len() == keys.len() {
        return Ok(found);
    }
    let filter = DefinitionFilter::new().folder(at.project.devops.folder.as_str());
    let listed = at.devops.definitions().list(&filter).all().await?;
    let named = |key: &&'a Key| listed.iter().find(|one| one.name == key.name).map(|one| (*key, one.id));
    Ok(keys.iter().filter_map(named).collect())
}

fn told(key: &Key, error: &Error, problems: &[Problem]) -> Vec<String> {
    if problems.is_empty() {
        return vec![format!("{}: {}", file(key), error.message())];
    }
    let told = |problem: &Problem| {
        let named = problem.file.as_deref().map(|file| file.trim_start_matches('/').to_owned());
        let place = [problem.line, problem.column].iter().flatten().map(u32::to_string).collect::<Vec<_>>();
        let place = std::iter::once(named.unwrap_or_else(|| file(key))).chain(place).collect::<Vec<_>>().join(":");
        format!("{place}: {}", problem.message)
    };
    problems.iter().map(told).collect()
}
