//! What a demonstration asks of its sandbox: what waits for people, which model won, and a request that it answers.

use std::fs;
use std::path::Path;

use azure_sandbox::deployed::{self, Deployed, Kind, deployed, score};
use serde::Serialize;
use serde_json::Value;

use super::EdgeError;
use super::sandbox::Sandbox;
use super::sandbox_page::endpoint_of;
use crate::project::Project;
use crate::project::environment::Environment;

/// The secret that callers of a scoring server present.
const KEY: &str = "scoring-key";

/// An approval that a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The run.
    pub run: i64,
    /// The stage that is held.
    pub stage: String,
    /// Whose answer it is.
    pub approvers: Vec<String>,
    /// What they are asked to look at.
    pub instructions: String,
}

/// A request that a deployed model has answered.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// The environment that it was deployed to.
    pub environment: String,
    /// The address that was asked.
    pub url: String,
    /// The image, by digest.
    pub image: String,
    /// The rows that were sent.
    pub request: Value,
    /// The predictions, one a row.
    pub result: Value,
}

impl Sandbox {
    /// The approvals that runs wait for, the oldest run first.
    pub fn waiting(&self) -> Vec<Waiting> {
        self.doubles().devops.with_state(|organization| {
            let pending = organization.approvals.values().filter(|approval| approval.status == "pending");
            let name = |id| organization.identity(id).map(|person| person.display_name.clone());
            let mut all: Vec<Waiting> = pending
                .map(|approval| Waiting {
                    run: approval.build,
                    stage: approval.stage.clone(),
                    approvers: approval.steps.iter().filter_map(|step| name(step.approver)).collect(),
                    instructions: approval.instructions.clone(),
                })
                .collect();
            all.sort_by(|one, other| (one.run, &one.stage).cmp(&(other.run, &other.stage)));
            all
        })
    }

    /// The version that the newest run registered that says so on its tags.
    pub fn registered(&self) -> Option<String> {
        self.doubles().devops.with_state(|organization| {
            let tags = organization.builds.values().rev().flat_map(|build| &build.tags);
            tags.filter_map(|tag| tag.strip_prefix("model-")).next().map(str::to_owned)
        })
    }

    /// The newest run that was started with this value of a parameter.
    pub fn started_with(&self, parameter: &str, value: &str) -> Option<i64> {
        let is = |given: &Value| given == value || given.as_i64().is_some_and(|number| value.parse() == Ok(number));
        self.doubles().devops.with_state(|organization| {
            let builds = organization.builds.values().rev();
            builds.filter(|build| build.parameters.get(parameter).is_some_and(is)).map(|build| build.id).next()
        })
    }
}

/// Sends the example request of the project's contract to the model of its last environment.
///
/// # Errors
/// If nothing is deployed there, it does not answer, or its answer holds no predictions.
pub fn predict(sandbox: &Sandbox, project: &Project, root: &Path, folder: &Path) -> Result<Prediction, EdgeError> {
    let path = root.join("tests/smoke/contract.json");
    let text = fs::read_to_string(&path).map_err(|error| EdgeError::new("read", &path, error))?;
    let contract: Value = serde_json::from_str(&text).map_err(|error| EdgeError::new("read", &path, error))?;
    let wrong = |why: String| EdgeError::new("ask the model of the sandbox in", folder, why);
    let environment = project.environments.last().ok_or_else(|| wrong("the spec has no environment".to_owned()))?;
    let service = service(folder, environment).map_err(wrong)?;
    let vault = environment.key_vault.as_str();
    // an endpoint of Azure ML knows its callers itself, and is asked in clear here
    let own = deployed::secret(folder, &service).map_err(wrong)?;
    let certificate = environment.certificate.as_ref().filter(|_| own.is_none());
    let secret = certificate.and_then(|certificate| sandbox.doubles().secret(vault, certificate.name.as_str()));
    // key and certificate are one secret; the certificate alone says whom to trust
    let pem = secret.as_deref().and_then(|text| text.find("-----BEGIN CERTIFICATE").map(|at| &text[at..]));
    let route = contract["route"].as_str().unwrap_or("/score");
    let body = serde_json::json!({ "data": contract["request"] }).to_string();
    let key = own.or_else(|| sandbox.doubles().secret(vault, KEY));
    let (status, answer) = score(&service, route, key.as_deref(), pem, &body).map_err(wrong)?;
    let parsed: Value = serde_json::from_str(&answer).unwrap_or_default();
    if status != 200 || !parsed["result"].is_array() {
        let said: String = answer.chars().take(300).collect();
        return Err(wrong(format!("{} answered {status}: {said}", service.name)));
    }
    Ok(Prediction {
        environment: environment.name.to_string(),
        url: format!("{}://127.0.0.1:{}{route}", if pem.is_some() { "https" } else { "http" }, service.port),
        image: service.image,
        request: contract["request"].clone(),
        result: parsed["result"].clone(),
    })
}

fn service(folder: &Path, environment: &Environment) -> Result<Deployed, String> {
    let group = environment.place.resource_group.as_str();
    let endpoint = endpoint_of(&environment.target);
    let is_own = |service: &Deployed| match &endpoint {
        Some(name) => service.kind == Kind::OnlineEndpoint && service.name == *name,
        None => service.kind != Kind::OnlineEndpoint && service.group == group,
    };
    let found = deployed(folder)?.into_iter().find(is_own);
    found.ok_or_else(|| match endpoint {
        Some(name) => format!("nothing is deployed at the endpoint {name}"),
        None => format!("nothing is deployed in resource group {group}"),
    })
}
