//! Pipelines.

use async_trait::async_trait;
use devops_client::api::definitions::{BuildDefinition, DefinitionFilter, NewDefinition, QueueRef};
use devops_client::{Extra, PipelineId};
use serde_json::{Value, json};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{Operation, all_typed};
use super::marked;
use super::site::Site;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::pipeline::{self as kind, Triggers};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Pipelines, as build definitions: those have all the settings.
pub struct Pipelines;

#[async_trait]
impl Handler for Pipelines {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let list = at.devops.definitions().list_whole(&DefinitionFilter::new()).all().await;
        let mut list = list.map_err(|error| RemoteError::listing("pipelines", &error))?;
        list.sort_by_key(|definition| definition.id);
        Ok(sort(at, list, &all_typed::<kind::Pipeline>(wanted)?))
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let want: kind::Pipeline = operation.wanted(wanted)?;
        let repository = operation.repository(&want.repository).await?;
        let mut new = NewDefinition::yaml(&want.name, &want.file, repository, &want.default_branch)
            .description(marked::put(at, &want.description))
            .folder(&want.folder);
        if let Some(queue) = &want.queue {
            new = new.queue(operation.queue(queue).await?);
        }
        let definitions = at.devops.definitions();
        match definitions.create(&new).await {
            Err(error) if error.is_already_exists() => {
                let found =
                    definitions.find(&want.name, &want.folder).await.map_err(|error| operation.failed(error))?;
                let id = found.ok_or_else(|| operation.gone())?.id;
                let found = definitions.get(id).await.map_err(|error| operation.failed(error))?;
                let ours = found.map(|found| observed(at, &found)).filter(Observed::is_ours);
                self.update(at, wanted, &ours.ok_or_else(|| operation.taken())?).await
            }
            made => Ok(observed(at, &made.map_err(|error| operation.failed(error))?)),
        }
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        let want: kind::Pipeline = operation.wanted(wanted)?;
        let definitions = at.devops.definitions();
        let definition = definitions.get(id(operation, found)?).await.map_err(|error| operation.failed(error))?;
        let mut definition = definition.ok_or_else(|| operation.gone())?;
        definition.name = want.name;
        definition.path = want.folder;
        definition.description = Some(marked::put(at, &want.description));
        if let Some(process) = &mut definition.process {
            process.yaml_filename = Some(want.file);
        }
        if let Some(repository) = &mut definition.repository {
            if repository.name.as_ref().map(|name| name.to_lowercase()) != Some(want.repository.to_lowercase()) {
                // What the service knows of the other repository does not hold for this one.
                repository.id = operation.repository(&want.repository).await?.to_string();
                repository.name = Some(want.repository);
                repository.extra.remove("url");
            }
            repository.default_branch = Some(want.default_branch);
        }
        if triggers(&definition) != Triggers::File {
            definition.triggers = vec![json!({ "settingsSourceType": 2, "triggerType": 2, "branchFilters": [] })];
        }
        if let Some(name) = want.queue.filter(|name| queue(&definition) != Some(name.as_str())) {
            let id = operation.queue(&name).await?;
            definition.queue = Some(QueueRef { id, extra: Extra::new() });
        }
        let changed = definitions.update(&definition).await.map_err(|error| operation.failed(error))?;
        Ok(observed(at, &changed))
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        at.devops.definitions().delete(id(operation, found)?).await.map_err(|error| operation.failed(error))
    }
}

fn id(operation: Operation<'_>, found: &Observed) -> Result<PipelineId, RemoteError> {
    let id = found.id.parse().map(PipelineId);
    id.map_err(|_| operation.error(format!("`{}` is no id of a pipeline", found.id), "run apply again"))
}

/// Whether a definition is the wanted one.
type Rule<'a> = &'a dyn Fn(&BuildDefinition, &kind::Pipeline) -> bool;

/// Which pipeline is which: one that carries the mark is known by its name and folder, else by its file, else by its
/// name alone, so that one that was renamed or moved is found again. One without the mark stands in the way where it
/// has both name and folder.
fn sort(at: &Site, mut list: Vec<BuildDefinition>, wanted: &[(&Resource, kind::Pipeline)]) -> State {
    let mut state = State::new();
    let mut rest: Vec<&(&Resource, kind::Pipeline)> = wanted.iter().collect();
    let same = |want: &str, is: &str| want.to_lowercase() == is.to_lowercase();
    let ours = |definition: &BuildDefinition| marked::owner(at, definition.description.as_deref()) == Owner::Ours;
    let in_place =
        |d: &BuildDefinition, want: &kind::Pipeline| same(&want.name, &d.name) && same(&want.folder, &d.path);
    let of_file = |d: &BuildDefinition, want: &kind::Pipeline| ours(d) && same(&want.file, &file(d));
    let of_name = |d: &BuildDefinition, want: &kind::Pipeline| ours(d) && same(&want.name, &d.name);
    let rules: [Rule<'_>; 3] = [&in_place, &of_file, &of_name];
    for rule in rules {
        rest.retain(|(resource, want)| match list.iter().position(|definition| rule(definition, want)) {
            Some(index) => {
                let definition = list.remove(index);
                let mut seen = shown(at, &definition);
                // What nobody wants is nobody's business: the queue of hosted agents is the service's choice. Names of
                // pools do not mind case.
                let own = seen.queue.take().filter(|_| want.queue.is_some());
                seen.queue = own.map(|own| want.queue.clone().filter(|want| same(want, &own)).unwrap_or(own));
                state.insert(resource.key.clone(), observation(at, &definition, &seen));
                false
            }
            None => true,
        });
    }
    for definition in list.iter().filter(|definition| ours(definition)) {
        let seen = observed(at, definition);
        let name = match state.contains_key(&Key::new(Kind::Pipeline, &definition.name)) {
            true => format!("{}\\{}", definition.path.trim_end_matches('\\'), definition.name),
            false => definition.name.clone(),
        };
        state.insert(Key::new(Kind::Pipeline, name), seen);
    }
    state
}

/// The file of a definition, from the root of its repository.
fn file(definition: &BuildDefinition) -> String {
    let file = definition.process.as_ref().and_then(|process| process.yaml_filename.as_deref()).unwrap_or_default();
    format!("/{}", file.trim_start_matches('/'))
}

/// Where the triggers of a definition are set.
fn triggers(definition: &BuildDefinition) -> Triggers {
    let of_file = |trigger: &Value| trigger["settingsSourceType"] == 2;
    let all = !definition.triggers.is_empty() && definition.triggers.iter().all(of_file);
    if all { Triggers::File } else { Triggers::Portal }
}

fn queue(definition: &BuildDefinition) -> Option<&str> {
    definition.queue.as_ref()?.extra.get("name")?.as_str()
}

fn observed(at: &Site, definition: &BuildDefinition) -> Observed {
    observation(at, definition, &shown(at, definition))
}

fn observation(at: &Site, definition: &BuildDefinition, shown: &kind::Pipeline<Option<String>>) -> Observed {
    let owner = marked::owner(at, definition.description.as_deref());
    Observed::new(definition.id.to_string(), owner, shown.to_fields()).version(definition.revision)
}

/// A definition as the service shows it.
fn shown(at: &Site, definition: &BuildDefinition) -> kind::Pipeline<Option<String>> {
    let repository = definition.repository.as_ref();
    let own = at.project.devops.repository.as_str();
    // Names of repositories do not mind case, and one that was adopted keeps its own.
    let is_own = |name: &String| name.to_lowercase() == own.to_lowercase();
    kind::Pipeline {
        description: marked::plain(at, definition.description.as_deref()).to_owned(),
        name: definition.name.clone(),
        folder: definition.path.clone(),
        file: file(definition),
        repository: repository.and_then(|known| known.name.clone()).map(|name| match is_own(&name) {
            true => own.to_owned(),
            false => name,
        }),
        default_branch: repository.and_then(|repository| repository.default_branch.clone()),
        triggers: triggers(definition),
        queue: queue(definition).map(str::to_owned),
    }
}
