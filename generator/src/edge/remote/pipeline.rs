//! Pipelines.

use async_trait::async_trait;
use devops_client::api::definitions::{BuildDefinition, DefinitionFilter, NewDefinition, QueueRef};
use devops_client::{Extra, PipelineId};
use serde_json::{Value, json};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::Operation;
use super::marked;
use super::site::Site;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// Pipelines, as build definitions: those have all the settings.
pub struct Pipelines;

/// The field of a pipeline that holds the name of its pool.
const QUEUE_NAME: &str = "queue.name";

#[async_trait]
impl Handler for Pipelines {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let list = at.devops.definitions().list_whole(&DefinitionFilter::new()).all().await;
        let mut list = list.map_err(|error| RemoteError::listing("pipelines", &error))?;
        list.sort_by_key(|definition| definition.id);
        Ok(sort(at, list, wanted))
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let text = |field: &str| operation.text(wanted, None, field);
        let repository = operation.repository(&text("repository.name")?).await?;
        let (name, folder) = (text("name")?, text("path")?);
        let branch = text("repository.defaultBranch")?;
        let mut new = NewDefinition::yaml(&name, text("process.yamlFilename")?, repository, &branch)
            .description(marked::put(at, &text("description")?))
            .folder(&folder);
        if wanted.fields.contains_key("queue.name") {
            new = new.queue(operation.queue(&text("queue.name")?).await?);
        }
        let definitions = at.devops.definitions();
        match definitions.create(&new).await {
            Err(error) if error.is_already_exists() => {
                let found = definitions.find(&name, &folder).await.map_err(|error| operation.failed(error))?;
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
        let text = |field: &str| operation.text(wanted, Some(found), field);
        let definitions = at.devops.definitions();
        let definition = definitions.get(id(operation, found)?).await.map_err(|error| operation.failed(error))?;
        let mut definition = definition.ok_or_else(|| operation.gone())?;
        definition.name = text("name")?;
        definition.path = text("path")?;
        definition.description = Some(marked::put(at, &text("description")?));
        if let Some(process) = &mut definition.process {
            process.yaml_filename = Some(text("process.yamlFilename")?);
        }
        let name = text("repository.name")?;
        if let Some(repository) = &mut definition.repository {
            if repository.name.as_deref() != Some(&name) {
                // What the service knows of the other repository does not hold for this one.
                repository.id = operation.repository(&name).await?.to_string();
                repository.name = Some(name);
                repository.extra.remove("url");
            }
            repository.default_branch = Some(text("repository.defaultBranch")?);
        }
        if triggers(&definition) != "yaml" {
            definition.triggers = vec![json!({ "settingsSourceType": 2, "triggerType": 2, "branchFilters": [] })];
        }
        if wanted.fields.contains_key("queue.name") && queue(&definition) != wanted.fields["queue.name"].as_str() {
            let id = operation.queue(&text("queue.name")?).await?;
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
type Rule<'a> = &'a dyn Fn(&BuildDefinition, &Resource) -> bool;

/// Which pipeline is which: one that carries the mark is known by its name and folder, else by its file, else by its
/// name alone, so that one that was renamed or moved is found again. One without the mark stands in the way where it
/// has both name and folder.
fn sort(at: &Site, mut list: Vec<BuildDefinition>, wanted: &[&Resource]) -> State {
    let mut state = State::new();
    let mut rest: Vec<&&Resource> = wanted.iter().collect();
    let same = |want: &Resource, field: &str, is: &str| {
        want.fields.get(field).and_then(Value::as_str).is_some_and(|text| text.to_lowercase() == is.to_lowercase())
    };
    let ours = |definition: &BuildDefinition| marked::owner(at, definition.description.as_deref()) == Owner::Ours;
    let in_place = |d: &BuildDefinition, want: &Resource| same(want, "name", &d.name) && same(want, "path", &d.path);
    let of_file = |d: &BuildDefinition, want: &Resource| ours(d) && same(want, "process.yamlFilename", &file(d));
    let of_name = |d: &BuildDefinition, want: &Resource| ours(d) && same(want, "name", &d.name);
    let rules: [Rule<'_>; 3] = [&in_place, &of_file, &of_name];
    for rule in rules {
        rest.retain(|want| match list.iter().position(|definition| rule(definition, want)) {
            Some(index) => {
                let seen = observed(at, &list.remove(index));
                // A field that nobody wants is nobody's business: the queue of hosted agents is the service's choice.
                let fields = seen.fields.into_iter().filter(|(name, _)| want.fields.contains_key(name));
                let mut fields: Fields = fields.collect();
                // Names of pools do not mind case.
                if let Some(queue) = fields.get_mut(QUEUE_NAME)
                    && queue.as_str().is_some_and(|name| same(want, QUEUE_NAME, name))
                {
                    *queue = want.fields[QUEUE_NAME].clone();
                }
                state.insert(want.key.clone(), Observed { fields, ..seen });
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

/// `yaml` where all triggers are those of the file, else `portal`.
fn triggers(definition: &BuildDefinition) -> &'static str {
    let of_file = |trigger: &Value| trigger["settingsSourceType"] == 2;
    if !definition.triggers.is_empty() && definition.triggers.iter().all(of_file) { "yaml" } else { "portal" }
}

fn queue(definition: &BuildDefinition) -> Option<&str> {
    definition.queue.as_ref()?.extra.get("name")?.as_str()
}

fn observed(at: &Site, definition: &BuildDefinition) -> Observed {
    let description = definition.description.as_deref();
    let repository = definition.repository.as_ref();
    let texts = [
        ("description", Some(marked::plain(at, description).to_owned())),
        ("name", Some(definition.name.clone())),
        ("path", Some(definition.path.clone())),
        ("process.yamlFilename", Some(file(definition))),
        ("repository.name", repository.and_then(|repository| repository.name.clone())),
        ("repository.defaultBranch", repository.and_then(|repository| repository.default_branch.clone())),
        ("triggers", Some(triggers(definition).to_owned())),
        (QUEUE_NAME, queue(definition).map(str::to_owned)),
    ];
    let fields: Fields =
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect();
    Observed::new(definition.id.to_string(), marked::owner(at, description), fields).version(definition.revision)
}
