//! What the deployments of a project make, before anything is there.

use azure_templates::arm::{Made, Setting, evaluate};
use serde_json::Value;

use super::{parameters, parse};
use crate::project::Project;
use crate::project::azure::{Id, Place};
use crate::tree::RenderedTree;

/// One deployment of `infra/`, and what it makes.
#[derive(Clone, Debug)]
pub struct Stack {
    /// `platform`, or the name of an environment.
    pub name: String,
    /// The folder of its template.
    pub folder: String,
    /// Where it is deployed.
    pub setting: Setting,
    /// Its resources and outputs.
    pub made: Made,
}

/// The deployments of the platform and of each environment, or of one of these by its name. `lookup` gives variables of the
/// environment; ids that are in none are shown as `$NAME`.
///
/// # Errors
/// A name that is none of them, or a template that cannot be worked out.
pub fn stacks(
    tree: &RenderedTree,
    project: &Project,
    only: Option<&str>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Stack>, String> {
    let environments = project.environments.iter().map(|environment| {
        let name = environment.name.to_string();
        (name.clone(), format!("infra/environments/{name}"), &environment.place)
    });
    let platform = ("platform".to_owned(), "infra/platform".to_owned(), &project.platform.place);
    let all: Vec<(String, String, &Place)> = std::iter::once(platform).chain(environments).collect();
    if let Some(only) = only
        && !all.iter().any(|(name, ..)| name == only)
    {
        let names: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
        return Err(format!("there is no environment `{only}`: {}", names.join(", ")));
    }
    let chosen = all.into_iter().filter(|(name, ..)| only.is_none_or(|only| only == name));
    chosen.map(|(name, folder, place)| stack(tree, name, folder, place, lookup)).collect()
}

fn stack(
    tree: &RenderedTree,
    name: String,
    folder: String,
    place: &Place,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Stack, String> {
    let text = |path: &str| {
        tree.get(path).and_then(|file| file.text()).map(str::to_owned).ok_or_else(|| format!("{path} is not rendered"))
    };
    let setting = Setting {
        subscription: known(&place.subscription, lookup),
        tenant: known(&place.tenant, lookup),
        resource_group: Some(place.resource_group.to_string()),
        location: Some(place.location.to_string()),
        deployment: name.clone(),
    };
    let deployment = |stem: &str| {
        let (template, values) = (format!("{folder}/{stem}.json"), format!("{folder}/{stem}.bicepparam"));
        let body = serde_json::from_str(&text(&template)?).map_err(|error| format!("{template}: {error}"))?;
        let given = parse(&text(&values)?)
            .and_then(|file| parameters(&file, lookup))
            .map_err(|problem| format!("{values}, {problem}"))?;
        let given = given.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
        evaluate(&body, &given, &setting).map_err(|error| format!("{template}: {error}"))
    };
    let mut made = deployment("main")?;
    // An endpoint on a cluster of the environment has a second one, for its router.
    if tree.get(&format!("{folder}/router.json")).is_some() {
        made.resources.extend(deployment("router")?.resources);
    }
    Ok(Stack { name, folder, setting, made })
}

/// An id, as the environment gives it where the spec leaves it to a variable.
fn known(id: &Id, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    match id {
        Id::Guid(guid) => guid.as_str().to_owned(),
        Id::Variable(name) => lookup(name.as_str()).unwrap_or_else(|| id.to_string()),
    }
}
