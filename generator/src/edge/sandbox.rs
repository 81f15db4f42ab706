//! A sandbox: doubles of Azure DevOps, Key Vault and Azure Resource Manager on this machine, and the variables that point
//! every other command at them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use azure_sandbox::events::{Clock, DevOps, Events};
use azure_sandbox::services::Services;
use devops_emulator::{SandboxOptions, Scripted};

use super::connect::{ARM_URL, AZURE_TOKEN, DEVOPS_TOKEN, DEVOPS_URL, PRICES_URL, VAULT_URL};
use super::sandbox_ids::{SUBSCRIPTION, ids, made_up};
use super::{EdgeError, sandbox_run};
use crate::project::Project;
use crate::project::devops::Agent;
use crate::project::variables::{GroupContent, VaultOwner};

/// Resource providers that a subscription in use has.
const PROVIDERS: [&str; 16] = [
    "Microsoft.Authorization",
    "Microsoft.Cache",
    "Microsoft.Consumption",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.Logic",
    "Microsoft.MachineLearningServices",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
];

/// A sandbox that runs. It ends when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    doubles: devops_emulator::Sandbox,
    variables: BTreeMap<String, String>,
    seeded: Vec<String>,
    executes: Option<PathBuf>,
    cut_off: Vec<i64>,
}

impl Sandbox {
    /// Starts a sandbox in which `projects` can be applied, with what `state` holds if that file is there, and runs that
    /// do a step in `tick_millis`, or are really carried out in the folder `execute`. Tokens are other ones with each start.
    ///
    /// # Errors
    /// If the state cannot be read or is none, or no port can be listened on.
    pub async fn start(
        projects: &[Project],
        state: Option<&Path>,
        tick_millis: u64,
        execute: Option<&Path>,
    ) -> Result<Self, EdgeError> {
        let ids = ids(projects);
        let organization = projects.first().map_or("sandbox", |project| project.devops.organization.as_str());
        let mut options = SandboxOptions::new(organization, &ids.tenant, SUBSCRIPTION);
        options.subscriptions = ids.subscriptions.into_iter().collect();
        options.token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        options.providers = PROVIDERS.map(str::to_owned).to_vec();
        options.pools = pools(projects).into_iter().collect();
        options.tick_millis = tick_millis;
        match execute {
            Some(folder) => options.execution = Some(sandbox_run::execution(folder)?),
            None => options.steps = steps(),
        }
        let secrets = secrets(projects);
        let seeded = secrets.iter().map(|(vault, name)| format!("{name} in {vault}")).collect();
        options.secrets = secrets.into_iter().map(|(vault, name)| (vault, name, made_up())).collect();
        options.state = state.filter(|path| path.exists()).map(read).transpose()?;
        let cut_off = execute.and(options.state.as_ref()).map(going).unwrap_or_default();
        let (token, subscriptions) = (options.token.clone(), options.subscriptions.clone());
        let here = Path::new("127.0.0.1");
        let doubles = devops_emulator::Sandbox::start(options).await;
        let doubles = doubles.map_err(|error| EdgeError::new("start the sandbox on", state.unwrap_or(here), error))?;
        let mut variables = ids.variables;
        for (name, value) in [
            (DEVOPS_URL, doubles.devops.url()),
            (DEVOPS_TOKEN, token.clone()),
            (VAULT_URL, doubles.vaults.url()),
            (ARM_URL, doubles.arm.url()),
            (PRICES_URL, doubles.prices.url()),
            (AZURE_TOKEN, token),
        ] {
            variables.insert(name.to_owned(), value);
        }
        if let Some(folder) = execute {
            let services = Services {
                arm: doubles.arm.url(),
                vaults: doubles.vaults.url(),
                token: variables[AZURE_TOKEN].clone(),
                tenant: ids.tenant,
                subscriptions,
            };
            services.announce(folder).map_err(|why| EdgeError::new("prepare the sandbox in", folder, why))?;
        }
        Ok(Self { doubles, variables, seeded, executes: execute.map(Path::to_owned), cut_off })
    }

    /// The variables that point other commands here: name and value.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// What to say of the runs that went on when the sandbox of before ended.
    pub fn cut_off(&self) -> Vec<String> {
        let line =
            |id: &i64| format!("run {id} was cut off and counts as cancelled; once more: `mlops-gen runs retry {id}`");
        self.cut_off.iter().map(line).collect()
    }

    pub(super) fn doubles(&self) -> &devops_emulator::Sandbox {
        &self.doubles
    }

    /// Delivers the events that wait to the workflows that are deployed, once; gives back what became of them, a line each.
    /// Where runs are not really carried out nothing raises any.
    ///
    /// # Errors
    /// If something is deployed that the sandbox does not know, or a service does not answer.
    pub fn deliver(&self) -> Result<Vec<String>, EdgeError> {
        let Some(folder) = &self.executes else { return Ok(Vec::new()) };
        let wrong = |why: String| EdgeError::new("deliver events in", folder, why);
        let token = self.variables[DEVOPS_TOKEN].clone();
        let devops = DevOps { origin: self.doubles.devops.origin(), token };
        let events = Events::of(folder, devops, Clock::Machine).map_err(wrong)?;
        Ok(events.step().map_err(wrong)?.iter().map(ToString::to_string).collect())
    }

    /// The address of the page that shows pipelines and runs.
    pub fn page(&self) -> String {
        format!("{}/_emulator/page", self.doubles.devops.origin())
    }

    /// Secrets that have made-up values: `name in vault`.
    pub fn seeded(&self) -> &[String] {
        &self.seeded
    }

    /// Keeps what is in it in a file that only this user can read.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), EdgeError> {
        let value = self.doubles.save().map_err(|error| EdgeError::new("save the sandbox to", path, error))?;
        write(path, value.to_string().as_bytes()).map_err(|error| EdgeError::new("save the sandbox to", path, error))
    }

    /// Ends the sandbox, and keeps what is in it in the file `state`, which only this user can read.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn stop(self, state: Option<&Path>) -> Result<(), EdgeError> {
        if let Some(path) = state {
            self.save(path)?;
        }
        self.doubles.stop().await;
        if let Some(folder) = &self.executes {
            Services::forget(folder);
        }
        Ok(())
    }
}

/// What those steps come to whose outputs decide how a run goes on: the first challenger wins, and each version may be
/// released. The names are those that the pipelines' templates give them.
fn steps() -> Vec<Scripted> {
    let note = "sandbox: no agent runs here; what this step has come to is made up";
    vec![
        Scripted::succeeds("retrain", "Report the comparison")
            .output("promoted", "true")
            .output("modelVersion", "1")
            .tag("promoted")
            .log(note),
        Scripted::succeeds("retrain", "Tag the model with its lineage").tag("model-1").log(note),
        Scripted::succeeds("release", "Claim the model version for this run").output("release", "true").log(note),
    ]
}

/// The runs that were under way when a state was kept.
fn going(state: &serde_json::Value) -> Vec<i64> {
    let builds = state["devops"]["builds"].as_object().into_iter().flatten();
    let going = builds
        .filter(|(_, build)| ["inProgress", "cancelling"].contains(&build["status"].as_str().unwrap_or_default()));
    going.filter_map(|(id, _)| id.parse().ok()).collect()
}

fn read(path: &Path) -> Result<serde_json::Value, EdgeError> {
    let text = fs::read_to_string(path).map_err(|error| EdgeError::new("read the sandbox's state", path, error))?;
    serde_json::from_str(&text).map_err(|error| EdgeError::new("read the sandbox's state", path, error))
}

/// Beside the file first, so that it is never half a state.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Agent pools of the team's own that specs name.
fn pools(projects: &[Project]) -> BTreeSet<String> {
    let pool = |project: &Project| match &project.devops.agent {
        Agent::Pool { name, .. } => Some(name.to_string()),
        Agent::Hosted { .. } => None,
    };
    projects.iter().filter_map(pool).collect()
}

/// Vault and name of each secret that a variable group names.
fn secrets(projects: &[Project]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for project in projects {
        for group in &project.variable_groups {
            let GroupContent::KeyVault { vault, secrets } = &group.content else { continue };
            let vault = match vault {
                VaultOwner::Platform => Some(&project.platform.key_vault),
                VaultOwner::Environment(name) => {
                    project.environments.iter().find(|environment| environment.name == *name).map(|e| &e.key_vault)
                }
            };
            let Some(vault) = vault else { continue };
            found.extend(secrets.iter().map(|secret| (vault.to_string(), secret.to_string())));
        }
    }
    found
}
