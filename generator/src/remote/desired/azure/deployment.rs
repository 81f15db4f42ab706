//! The deployments of `infra/`: the same names, templates and parameters as in the pipeline `infrastructure`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Target;
use super::hash::sha256;
use crate::bicep;
use crate::project::variables::PipelineKind;
use crate::remote::desired::{Missing, Wanted};
use crate::remote::later::Later;
use crate::remote::resource::{Key, Kind, Resource};
use crate::tree::RenderedTree;

/// Variables of the environment that hold a pipeline's number, which only Azure DevOps knows.
const PIPELINES: [(&str, PipelineKind); 2] =
    [("RELEASE_PIPELINE_ID", PipelineKind::Release), ("RETRAIN_PIPELINE_ID", PipelineKind::Retrain)];
/// Tag of a deployment that holds the hash of its template.
pub const TEMPLATE_TAG: &str = "template";

/// One deployment for each place; those of environments after the platform's, whose registry they use.
///
/// # Errors
/// A parameter file that cannot be read, which the render would have refuted.
pub fn desired(wanted: &Wanted<'_>, targets: &[Target<'_>]) -> Result<Vec<Resource>, Vec<Missing>> {
    let mut found = Vec::new();
    for target in targets {
        let unreadable = |why: String| {
            let what = format!("the parameters of {} ({why})", target.folder);
            vec![Missing { what, next: "run `mlops-gen check`".to_owned() }]
        };
        let mut resource = Resource::new(Kind::Deployment, target.name)
            .field("scope", target.group_id())
            .field("mode", "Incremental")
            .field("provisioningState", "Succeeded")
            .field("template", template_hash(wanted.tree, &target.folder).map_err(unreadable)?)
            .fixed(&["scope"])
            .needs(target.group_key());
        if target.environment.is_some() {
            resource = resource.needs(Key::new(Kind::Deployment, "platform"));
        }
        let parameters = parameters(wanted, &target.folder).map_err(unreadable)?;
        for (name, parameter) in parameters {
            if let Parameter::Pipeline(kind) = &parameter {
                resource = resource.needs(pipeline_key(*kind));
            }
            if let Some(value) = parameter.field() {
                resource = resource.field(format!("parameters.{name}"), value);
            }
        }
        found.push(resource);
    }
    Ok(found)
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
enum Parameter {
    /// A value that may be shown.
    Plain(Value),
    /// A value that may not: it occurs in no field.
    Secret,
    /// The number of a pipeline.
    Pipeline(PipelineKind),
}

impl Parameter {
    fn field(self) -> Option<Value> {
        match self {
            Self::Plain(value) => Some(value),
            Self::Secret => None,
            Self::Pipeline(kind) => Some(Later::fact(pipeline_key(kind), "id")),
        }
    }
}

/// The key of a pipeline.
pub fn pipeline_key(kind: PipelineKind) -> Key {
    Key::new(Kind::Pipeline, kind.as_str())
}

/// The compiled template of a folder.
///
/// # Errors
/// The file that is missing or no JSON.
pub fn template(tree: &RenderedTree, folder: &str) -> Result<Value, String> {
    let path = format!("{folder}/main.json");
    let file = tree.get(&path).ok_or_else(|| format!("{path} is not rendered"))?;
    serde_json::from_slice(&file.bytes).map_err(|error| format!("{path}: {error}"))
}

/// Hash of a folder's template.
///
/// # Errors
/// As [`template`].
pub fn template_hash(tree: &RenderedTree, folder: &str) -> Result<String, String> {
    Ok(sha256(template(tree, folder)?.to_string().as_bytes()))
}

/// The parameter file of a folder with the values of the environment: name to `{"value": …}`.
///
/// # Errors
/// The file that is missing or cannot be read.
pub fn parameter_values(
    tree: &RenderedTree,
    folder: &str,
    values: &dyn Fn(&str) -> Option<String>,
) -> Result<Map<String, Value>, String> {
    let path = format!("{folder}/main.bicepparam");
    let text = tree.get(&path).and_then(|file| file.text()).ok_or_else(|| format!("{path} is not rendered"))?;
    let file = bicep::parse(text).map_err(|problem| format!("{path}, {problem}"))?;
    let json = bicep::parameters(&file, values).map_err(|problem| format!("{path}, {problem}"))?;
    Ok(json["parameters"].as_object().cloned().unwrap_or_default())
}

fn parameters(wanted: &Wanted<'_>, folder: &str) -> Result<BTreeMap<String, Parameter>, String> {
    let read = |pipelines: &str| {
        let is_pipeline = |name: &str| PIPELINES.iter().any(|(variable, _)| *variable == name);
        let lookup =
            |name: &str| if is_pipeline(name) { Some(pipelines.to_owned()) } else { wanted.values.get(name).cloned() };
        parameter_values(wanted.tree, folder, &lookup)
    };
    let (one, declared) = (read("1")?, template(wanted.tree, folder)?);
    // a parameter that follows a pipeline's number is known by that it changes with it
    let mut follows = BTreeMap::new();
    for (variable, kind) in PIPELINES {
        let only = |name: &str| match name {
            name if name == variable => Some("2".to_owned()),
            name if PIPELINES.iter().any(|(other, _)| *other == name) => Some("1".to_owned()),
            name => wanted.values.get(name).cloned(),
        };
        let two = parameter_values(wanted.tree, folder, &only)?;
        follows.extend(one.keys().filter(|name| one.get(*name) != two.get(*name)).map(|name| (name.clone(), kind)));
    }
    Ok(one
        .into_iter()
        .map(|(name, mut value)| {
            let kind = declared["parameters"][&name]["type"].as_str().unwrap_or_default().to_lowercase();
            let parameter = match follows.get(&name) {
                _ if kind.starts_with("secure") => Parameter::Secret,
                Some(kind) => Parameter::Pipeline(*kind),
                None => Parameter::Plain(value["value"].take()),
            };
            (name, parameter)
        })
        .collect())
}
