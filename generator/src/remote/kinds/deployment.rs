//! The deployments of `infra/`: the same names, templates and parameters as in the pipeline `infrastructure`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::{FieldError, FieldValue, Pending, Typed, fields, get, get_map, put_map};
use crate::bicep;
use crate::project::variables::PipelineKind;
use crate::remote::desired::azure::Target;
use crate::remote::desired::{Missing, Wanted};
use crate::remote::later::Later;
use crate::remote::observed::ID;
use crate::remote::resource::{Fields, Key, Kind, Resource};
use crate::tree::RenderedTree;
use crate::tree::lock::sha256;

const SCOPE: &str = "scope";
const MODE: &str = "mode";
/// Field: how far it is, as the service says it.
pub(crate) const STATE: &str = "provisioningState";
const TEMPLATE: &str = "template";
const PARAMETERS: &str = "parameters.";

/// The mode of every deployment of ours.
pub const INCREMENTAL: &str = "Incremental";
/// The state of a deployment that went well.
pub const SUCCEEDED: &str = "Succeeded";

/// Variables of the environment that hold a pipeline's number, which only Azure DevOps knows.
const PIPELINES: [(&str, PipelineKind); 2] =
    [("RELEASE_PIPELINE_ID", PipelineKind::Release), ("RETRAIN_PIPELINE_ID", PipelineKind::Retrain)];

/// A deployment to a resource group.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment<V = Value> {
    /// Id of the group.
    pub scope: String,
    /// Its mode.
    pub mode: String,
    /// How far it is.
    pub state: String,
    /// SHA-256 of its template in hexadecimal.
    pub template: String,
    /// Its parameters by name, those aside that may not be shown.
    pub parameters: BTreeMap<String, V>,
}

impl<V: FieldValue> Typed for Deployment<V> {
    fn to_fields(&self) -> Fields {
        let mut all = fields([
            (SCOPE, self.scope.to_value()),
            (MODE, self.mode.to_value()),
            (STATE, self.state.to_value()),
            (TEMPLATE, self.template.to_value()),
        ]);
        put_map(&mut all, PARAMETERS, &self.parameters);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            scope: get(fields, SCOPE)?,
            mode: get(fields, MODE)?,
            state: get(fields, STATE)?,
            template: get(fields, TEMPLATE)?,
            parameters: get_map(fields, PARAMETERS)?,
        })
    }
}

/// The parameter that a field holds.
pub(crate) fn parameter(field: &str) -> Option<&str> {
    field.strip_prefix(PARAMETERS)
}

/// The field that holds a parameter.
pub(crate) fn field(parameter: &str) -> String {
    format!("{PARAMETERS}{parameter}")
}

/// One deployment for each place; those of environments after the platform's, whose registry they use.
///
/// # Errors
/// A parameter file that cannot be read, which the render would have refuted.
pub(crate) fn desired(wanted: &Wanted<'_>, targets: &[Target<'_>]) -> Result<Vec<Resource>, Vec<Missing>> {
    let mut found = Vec::new();
    for target in targets {
        let unreadable = |why: String| {
            let what = format!("the parameters of {} ({why})", target.folder);
            vec![Missing { what, next: "run `mlops-gen check`".to_owned() }]
        };
        let template = template_hash(wanted.tree, &target.folder).map_err(unreadable)?;
        let given = parameters(wanted, &target.folder).map_err(unreadable)?;
        let numbers = given.values().filter_map(Parameter::pipeline).map(pipeline_key);
        let needs: Vec<Key> = target.environment.map(|_| key(PLATFORM)).into_iter().chain(numbers).collect();
        let deployment = Deployment {
            scope: target.group_id(),
            mode: INCREMENTAL.to_owned(),
            state: SUCCEEDED.to_owned(),
            template,
            parameters: given.into_iter().filter_map(|(name, value)| Some((name, value.field()?))).collect(),
        };
        let resource =
            Resource::of(key(target.name)).with(&deployment.to_fields()).fixed(&[SCOPE]).needs(target.group_key());
        found.push(needs.into_iter().fold(resource, Resource::needs));
    }
    Ok(found)
}

/// The place whose deployment comes first.
const PLATFORM: &str = "platform";

/// The key of the deployment of a place.
fn key(place: &str) -> Key {
    Key::new(Kind::Deployment, place)
}

/// The key of the platform's deployment.
pub(super) fn platform() -> Key {
    key(PLATFORM)
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
    fn pipeline(&self) -> Option<PipelineKind> {
        match self {
            Self::Pipeline(kind) => Some(*kind),
            Self::Plain(_) | Self::Secret => None,
        }
    }

    fn field(self) -> Option<Pending<Value>> {
        match self {
            Self::Plain(value) => Some(Pending::Known(value)),
            Self::Secret => None,
            Self::Pipeline(kind) => Some(Pending::Later(Later::Fact { of: pipeline_key(kind), fact: ID.to_owned() })),
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
