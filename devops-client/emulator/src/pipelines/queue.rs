//! Queueing a run: which version, what it compiles to, whether it may run.

use serde_json::{Map, Value, json};

use super::authorization;
use super::definitions::file_text;
use super::expand::{Input, expand, print};
use super::model::Plan;
use super::read::read;
use crate::core::json::capitalised;
use crate::core::{Call, Organization, ServiceError};
use crate::git::object::ObjectId;
use crate::state::runs::{Build, Definition};

/// What a run is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The full name of the branch.
    pub branch: String,
    /// The commit.
    pub commit: ObjectId,
    /// `templateParameters`.
    pub parameters: Map<String, Value>,
    /// Payloads of webhooks, by their alias.
    pub payloads: Map<String, Value>,
    /// Variables: name to `{value, isSecret}`.
    pub variables: Map<String, Value>,
    /// `stagesToSkip`.
    pub skip: Vec<String>,
    /// YAML that stands in for the file.
    pub yaml: Option<String>,
    /// Why it runs, in the service's word.
    pub reason: String,
}

/// The branch and the commit that a run takes. Errors: 400 if they do not exist.
pub fn source(
    organization: &Organization,
    definition: &Definition,
    branch: Option<&str>,
    version: Option<&str>,
) -> Result<(String, ObjectId), ServiceError> {
    let repository =
        organization.repositories.get(&definition.repository()).filter(|repository| repository.deleted.is_none());
    let repository = repository.ok_or_else(|| {
        ServiceError::pipeline_validation(format!("The repository of pipeline {} does not exist.", definition.name()))
    })?;
    let default = definition.default_branch().or(repository.default_branch.as_deref()).unwrap_or("refs/heads/main");
    let branch = branch.filter(|branch| !branch.is_empty()).unwrap_or(default);
    let branch = if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") };
    let tip = repository.refs.get(&branch).copied();
    let commit = match version {
        Some(version) => version.parse().ok().filter(|id| repository.objects.commit(*id).is_some()),
        None => tip,
    };
    match commit {
        Some(commit) => Ok((branch, commit)),
        None => Err(ServiceError::pipeline_validation(format!(
            "{}: Could not get the latest source version for repository {} hosted on Azure Repos using ref {branch}{}.",
            definition.yaml_path(),
            repository.name,
            version.map(|version| format!(" at version {version}")).unwrap_or_default(),
        ))),
    }
}

/// The final YAML and what it says. Errors: 400 with file, line and column.
pub fn compile(
    organization: &Organization,
    definition: &Definition,
    wanted: &Wanted,
) -> Result<(String, Plan), ServiceError> {
    let path = definition.yaml_path();
    let repository = &organization.repositories[&definition.repository()];
    let files = |path: &str| file_text(repository, wanted.commit, path);
    let text = wanted.yaml.clone().or_else(|| files(&path)).ok_or_else(|| {
        ServiceError::pipeline_validation(format!(
            "{path}: File {path} not found in repository {} branch {} version {}.",
            repository.name, wanted.branch, wanted.commit
        ))
    })?;
    let mut variables = predefined(definition, &repository.name, wanted);
    for (name, variable) in definition.body()["variables"].as_object().into_iter().flatten() {
        variables.insert(name.clone(), variable["value"].clone());
    }
    let input = Input {
        path: &path,
        text: &text,
        files: &files,
        parameters: &wanted.parameters,
        payloads: &wanted.payloads,
        variables,
    };
    let expanded = expand(&input).map_err(ServiceError::pipeline_validation)?;
    let plan = read(&expanded).map_err(ServiceError::pipeline_validation)?;
    let yaml = print(&expanded);
    Ok((yaml, plan))
}

/// Variables that every run has at compile time.
fn predefined(definition: &Definition, repository: &str, wanted: &Wanted) -> Map<String, Value> {
    let short = wanted.branch.rsplit('/').next().unwrap_or_default();
    let rows = [
        ("Build.SourceBranch", wanted.branch.clone()),
        ("Build.SourceBranchName", short.to_owned()),
        ("Build.SourceVersion", wanted.commit.to_string()),
        ("Build.Reason", capitalised(&wanted.reason)),
        ("Build.DefinitionName", definition.name().to_owned()),
        ("Build.Repository.Name", repository.to_owned()),
        ("System.DefinitionId", definition.id.to_string()),
        ("System.TeamProjectId", definition.project.to_string()),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// Queues a run; gives back its id.
///
/// Errors: 400 if the pipeline is switched off, does not compile, or names what it may not use.
pub fn queue(call: &mut Call<'_>, definition: i64, wanted: Wanted) -> Result<i64, ServiceError> {
    let definition = call.organization.definitions[&definition].clone();
    if crate::core::json::text(definition.body(), "queueStatus") == Some("disabled") {
        return Err(ServiceError::queue_validation(&[format!("The pipeline {} is disabled.", definition.name())]));
    }
    let (yaml, plan) = compile(call.organization, &definition, &wanted)?;
    for stage in &wanted.skip {
        if !plan.stages.iter().any(|known| known.name.eq_ignore_ascii_case(stage)) {
            return Err(ServiceError::pipeline_validation(format!(
                "The stage '{stage}' to skip does not exist in the pipeline."
            )));
        }
    }
    let problems = authorization::problems(call.organization, &definition, &plan);
    if !problems.is_empty() {
        return Err(ServiceError::queue_validation(&problems));
    }
    let id = call.organization.next("build");
    let day = call.now.strftime("%Y%m%d").to_string();
    let serial = call.organization.next(&format!("build number {} {day}", definition.id));
    let build = Build::new(
        id,
        &definition,
        format!("{day}.{serial}"),
        wanted,
        plan,
        yaml,
        call.caller,
        call.now,
        &mut call.organization.ids,
    );
    call.organization.builds.insert(id, build);
    Ok(id)
}
