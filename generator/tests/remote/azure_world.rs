//! Azure DevOps, Key Vault and Azure Resource Manager, emulated and connected: where a whole apply works.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use devops_emulator::{Arm, Sandbox, SandboxOptions};
use mlops_gen::edge::azure::Azure;
use mlops_gen::edge::connect::{ARM_URL, AZURE_TOKEN, Addresses, DEVOPS_TOKEN, DEVOPS_URL, VAULT_URL};
use mlops_gen::edge::remote::azure::AzureSite;
use mlops_gen::edge::remote::fleet::{Fleet, Locks};
use mlops_gen::edge::remote::lock::{Holder, RepositoryLocks};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::target::{Goal, Target};
use mlops_gen::project::Project;
use mlops_gen::project::variables::{GroupContent, VaultOwner};
use mlops_gen::remote::desired::{Scope, Wanted, desired, variables};
use serde_json::{Value, json};

use crate::remote::program::{Said, folder, run_to_end};
use crate::remote::snapshot::{plain, snapshot};
use crate::remote::world::{TOKEN, client, known};

const TENANT: &str = "1f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";
const SUBSCRIPTION: &str = "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";

/// The services.
pub struct Clouds(pub Sandbox);

impl Clouds {
    /// An organization and a subscription with nothing in them; the secrets that variable groups name are in the vaults as
    /// soon as those are there.
    pub async fn new() -> Self {
        Self::from(None).await
    }

    /// The same with a state that was saved.
    pub async fn from(state: Option<Value>) -> Self {
        let organization = known().project.devops.organization.as_str().to_owned();
        let mut options = SandboxOptions::new(&organization, TENANT, SUBSCRIPTION);
        options.token = TOKEN.to_owned();
        options.secrets = secrets(&known().project);
        options.state = state;
        let doubles = Sandbox::start(options).await.unwrap();
        doubles.devops.with_state(|state| state.settings.operation_polls = 0);
        Self(doubles)
    }

    /// The variables that lead here, and those that the spec reads.
    fn variables(&self) -> BTreeMap<String, String> {
        let addresses = [
            (DEVOPS_URL, self.0.devops.url()),
            (DEVOPS_TOKEN, TOKEN.to_owned()),
            (VAULT_URL, self.0.vaults.url()),
            (ARM_URL, self.0.arm.url()),
            (AZURE_TOKEN, TOKEN.to_owned()),
        ];
        let addresses = addresses.into_iter().map(|(name, value)| (name.to_owned(), value));
        addresses.chain(values(&known().project)).collect()
    }

    /// The program, pointed here.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        command.args(arguments).current_dir(folder()).stdin(Stdio::null()).env("NO_COLOR", "1").envs(self.variables());
        command
    }

    /// Runs the program to its end.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        run_to_end(self.program(arguments)).await
    }

    /// The engine, pointed here.
    pub fn fleet(&self, goal: Goal) -> Fleet<'static> {
        let known = known();
        let set = self.variables();
        let lookup = |name: &str| set.get(name).cloned();
        let azure = Azure::new(&Addresses::from(&lookup).unwrap(), &lookup).unwrap();
        let values = values(&known.project);
        let wanted = Wanted {
            project: &known.project,
            tree: &known.tree,
            content: &known.content,
            values: &values,
            scope: Scope::Everything,
        };
        let desired = desired(&wanted).unwrap_or_else(|missing| panic!("{missing:?}"));
        let (client, reads) = client(&self.0.devops);
        let side = AzureSite { azure, tree: Arc::new(known.tree.clone()), values: Arc::new(values) };
        let site = Site::new(known.project.clone(), client).with_content(known.content.clone()).with_azure(side);
        let target = Target { site, desired, registry: Registry::within(Scope::Everything), goal };
        let locks: Arc<dyn Locks> = Arc::new(RepositoryLocks::new(Holder::here()));
        let mut fleet = Fleet::new(vec![target], Some(reads), Some(locks));
        fleet.patience = vec![Duration::from_millis(20); 3];
        fleet
    }

    /// What all services hold, without what differs from run to run.
    pub fn snapshot(&self) -> Value {
        let state = self.0.devops.state();
        let pipelines = state.definitions.iter().map(|(id, pipeline)| (*id, pipeline.name().to_owned())).collect();
        json!({ "devops": snapshot(&state), "azure": self.0.arm.with_state(|arm| azure(arm, &pipelines)) })
    }

    /// So many role assignments, identities and federated credentials there are, with those that templates make.
    pub fn counts(&self) -> [usize; 3] {
        let kinds = [
            "/microsoft.authorization/roleassignments/",
            "/microsoft.managedidentity/userassignedidentities/",
            "/federatedidentitycredentials/",
        ];
        self.0.arm.with_state(|arm| {
            kinds.map(|kind| {
                let below = |id: &String| id.rsplit_once(kind).is_some_and(|(_, name)| !name.contains('/'));
                arm.resources.keys().filter(|id| below(id)).count()
            })
        })
    }

    /// Forgets faults and requests of all services.
    pub fn calm(&self) {
        self.0.devops.clear_faults();
        self.0.arm.clear_faults();
    }
}

/// Values that the spec leaves to the environment.
fn values(project: &Project) -> BTreeMap<String, String> {
    let value = |name: &str| if name.contains("TENANT") { TENANT } else { SUBSCRIPTION };
    variables(project, Scope::Everything).into_iter().map(|name| (name.clone(), value(&name).to_owned())).collect()
}

/// Vault, name and a value of each secret that a variable group names.
fn secrets(project: &Project) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for group in &project.variable_groups {
        let GroupContent::KeyVault { vault, secrets } = &group.content else { continue };
        let vault = match vault {
            VaultOwner::Platform => &project.platform.key_vault,
            VaultOwner::Environment(name) => {
                &project.environments.iter().find(|environment| environment.name == *name).unwrap().key_vault
            }
        };
        found.extend(secrets.iter().map(|secret| (vault.to_string(), secret.to_string(), "planted".to_owned())));
    }
    found
}

/// `value` with names of pipelines where templates and parameters have their ids.
fn by_name(value: Value, pipelines: &BTreeMap<i64, String>) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| {
                let id = value["value"].as_i64().filter(|_| key.to_lowercase().ends_with("pipelineid"));
                let named = id.and_then(|id| pipelines.get(&id)).map(|name| json!(name));
                (key, named.unwrap_or_else(|| by_name(value, pipelines)))
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(|value| by_name(value, pipelines)).collect(),
        Value::String(text) => pipelines
            .iter()
            .fold(text, |text, (id, name)| {
                let put = |text: String, end: &str| text.replace(&format!("/{id}/{end}"), &format!("/<{name}>/{end}"));
                put(put(text, "runs"), "_apis/pipelines")
            })
            .into(),
        other => other,
    }
}

/// The resources by kind and content: one that is there twice is there twice. Ids of identities are their names.
fn azure(arm: &Arm, pipelines: &BTreeMap<i64, String>) -> Value {
    let mut names = BTreeMap::new();
    for resource in arm.resources.values() {
        for fact in ["principalId", "clientId"] {
            let is_identity =
                resource["type"].as_str().is_some_and(|kind| kind.to_lowercase().ends_with("userassignedidentities"));
            if let (true, Some(id)) = (is_identity, resource["properties"][fact].as_str()) {
                let name = resource["name"].as_str().unwrap_or_default();
                names.insert(id.to_owned(), format!("<{fact} of {name}>"));
            }
        }
    }
    let resources: Vec<Value> =
        arm.resources.iter().map(|(id, body)| json!({ "at": id, "body": by_name(body.clone(), pipelines) })).collect();
    plain(Value::Array(resources), &names)
}
