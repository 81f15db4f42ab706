//! The doubles together, connected as the services are: vaults that Azure Resource Manager makes can hold secrets,
//! and service connections see the secrets of those vaults.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use devops_emulator::{Sandbox, SandboxOptions};
//! let mut options = SandboxOptions::new("contoso", "tenant-id", "subscription-id");
//! options.token = "secret".to_owned();
//! let sandbox = Sandbox::start(options).await?;
//! assert!(sandbox.devops.url().ends_with("/contoso"));
//! sandbox.stop().await;
//! # Ok::<(), devops_emulator::StartError>(()) }).unwrap();
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arm::access::allows;
use crate::arm::{Arm, SignedIn};
use crate::core::organization::{Advance, VaultSecrets};
use crate::core::{Request, Response};
use crate::executor::{Execution, SecretSource};
use crate::key_vault::{self, KeyVaults, Vault};
use crate::prices::Prices;
use crate::server::double::Double;
use crate::server::{Emulator, Running, StartError};
use crate::state::runs::Scripted;

/// How a sandbox shall be.
///
/// | name | default | purpose |
/// |---|---|---|
/// | `organization`, `tenant`, `subscriptions` | | names of what there is |
/// | `token` | every one is taken | the one token that all three doubles take |
/// | `secrets` | none | vault, name and value of secrets that are there from the start |
/// | `pools` | none | agent pools besides those that every organization has |
/// | `providers` | none | resource providers that are registered |
/// | `steps` | none | what steps of runs come to, as no agent runs |
/// | `tick_millis` | 50 | runs move on one tick in so many milliseconds |
/// | `state` | none | what [`Sandbox::save`] gave |
/// | `execution` | none | how runs are really carried out; without it they move by ticks |
#[derive(Clone)]
pub struct SandboxOptions {
    /// Name of the organization.
    pub organization: String,
    /// The Entra tenant.
    pub tenant: String,
    /// The subscriptions.
    pub subscriptions: Vec<String>,
    /// The only token that is taken; empty takes every one.
    pub token: String,
    /// Vault, name and value.
    pub secrets: Vec<(String, String, String)>,
    /// Names of pools of the organization's own agents.
    pub pools: Vec<String>,
    /// Namespaces of resource providers, such as `Microsoft.KeyVault`.
    pub providers: Vec<String>,
    /// What steps come to; the first that fits a step counts.
    pub steps: Vec<Scripted>,
    /// Milliseconds of a tick.
    pub tick_millis: u64,
    /// A saved state to go on from.
    pub state: Option<Value>,
    /// Runs are really carried out with these settings, and see the secrets of the vaults.
    pub execution: Option<Execution>,
}

impl SandboxOptions {
    /// An empty organization, an empty subscription, and no vaults.
    pub fn new(organization: &str, tenant: &str, subscription: &str) -> SandboxOptions {
        SandboxOptions {
            organization: organization.to_owned(),
            tenant: tenant.to_owned(),
            subscriptions: vec![subscription.to_owned()],
            token: String::new(),
            secrets: Vec::new(),
            pools: Vec::new(),
            providers: Vec::new(),
            steps: Vec::new(),
            tick_millis: 50,
            state: None,
            execution: None,
        }
    }
}

/// The doubles, running. They stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    /// Azure DevOps.
    pub devops: Running,
    /// Key Vault, every vault under one address.
    pub vaults: Arc<Double<Vaults>>,
    /// Azure Resource Manager.
    pub arm: Arc<Double<Arm>>,
    /// The list of retail prices, which takes no token.
    pub prices: Arc<Double<Prices>>,
}

/// Key Vaults that follow what Azure Resource Manager holds.
#[derive(Clone)]
pub struct Vaults {
    /// The vaults.
    pub key_vaults: KeyVaults,
    /// Vaults that came from Azure Resource Manager, and go when they are gone there.
    deployed: BTreeSet<String>,
    /// Vaults as they were at the start, which is what is left of them when they are deleted.
    seeded: BTreeMap<String, Vault>,
    arm: Weak<Double<Arm>>,
}

/// What is kept between starts.
#[derive(Serialize, Deserialize)]
struct Saved {
    devops: Value,
    vaults: KeyVaults,
    deployed: BTreeSet<String>,
    arm: Arm,
}

impl Sandbox {
    /// Starts all three on free ports of loopback. Errors if that is impossible, or if the state is none of ours.
    pub async fn start(options: SandboxOptions) -> Result<Sandbox, StartError> {
        let saved = options.state.map(serde_json::from_value::<Saved>).transpose()?;
        let fresh = saved.is_none();
        let (devops, mut key_vaults, deployed, mut arm) = match saved {
            Some(saved) => (Some(saved.devops), saved.vaults, saved.deployed, saved.arm),
            None => {
                let first = options.subscriptions.first().map_or("", String::as_str);
                (None, KeyVaults::new(&options.tenant), BTreeSet::new(), Arm::new(&options.tenant, first))
            }
        };
        for subscription in &options.subscriptions {
            arm.subscriptions.entry(subscription.to_lowercase()).or_insert_with(|| "Subscription".to_owned());
        }
        for provider in options.providers.iter().filter(|_| fresh) {
            arm = arm.registered(provider);
        }
        for (vault, name, value) in &options.secrets {
            let there =
                key_vaults.vaults.get(&vault.to_lowercase()).is_some_and(|vault| vault.secrets.contains_key(name));
            if !there {
                key_vaults = key_vaults.secret(vault, name, value);
            }
        }
        let mut emulator = Emulator::builder().organization(&options.organization);
        if let Some(state) = devops {
            emulator = emulator.load(state)?;
        } else {
            emulator = options.steps.into_iter().fold(emulator, Emulator::step);
        }
        emulator = options.pools.iter().fold(emulator, |emulator, pool| emulator.pool(pool));
        if !options.token.is_empty() {
            arm.tokens = vec![options.token.clone()];
            key_vaults.tokens = vec![options.token.clone()];
            emulator = emulator.token(&options.token);
        }
        let mut seeded = KeyVaults::new(&options.tenant);
        for (vault, name, value) in &options.secrets {
            seeded = seeded.secret(vault, name, value);
        }
        let arm = Arc::new(arm.start().await?);
        let vaults = Vaults { key_vaults, deployed, seeded: seeded.vaults, arm: Arc::downgrade(&arm) };
        let vaults = Arc::new(Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), vaults, serve).await?);
        let seen = Arc::clone(&vaults);
        let mut emulator = emulator
            .vaults_from(move || seen.with_state(Vaults::listed))
            .settings(|settings| settings.one_person = true)
            .advance(Advance::EveryMillis(options.tick_millis.max(1)));
        if let Some(mut execution) = options.execution {
            let held = Arc::clone(&vaults);
            execution.secret = Arc::new(move |vault, name| held.with_state(|vaults| vaults.value(vault, name)));
            emulator = emulator.execute(execution);
        }
        let prices = Arc::new(Prices::new().start().await?);
        Ok(Sandbox { devops: emulator.start().await?, vaults, arm, prices })
    }

    /// The state, secrets included, for [`SandboxOptions::state`].
    pub fn save(&self) -> serde_json::Result<Value> {
        let (vaults, deployed) = self.vaults.with_state(|vaults| (vaults.key_vaults.clone(), vaults.deployed.clone()));
        let arm = self.arm.with_state(|arm| arm.clone());
        serde_json::to_value(Saved { devops: self.devops.state().save()?, vaults, deployed, arm })
    }

    /// The newest value of a secret.
    pub fn secret(&self, vault: &str, name: &str) -> Option<String> {
        self.vaults.with_state(|vaults| vaults.value(vault, name))
    }

    /// Where the newest values of secrets are, for as long as anybody asks: by vault and name.
    pub fn secrets(&self) -> SecretSource {
        let held = Arc::clone(&self.vaults);
        Arc::new(move |vault, name| held.with_state(|vaults| vaults.value(vault, name)))
    }

    /// Stops all three.
    pub async fn stop(self) {
        self.devops.stop().await;
    }
}

impl Vaults {
    /// Takes up vaults that were deployed since, and drops those that were deleted.
    fn follow(&mut self) {
        let Some(arm) = self.arm.upgrade() else { return };
        let there: BTreeSet<String> = arm.with_state(|arm| {
            let ids = arm.resources.keys().filter_map(|id| id.split_once("/providers/microsoft.keyvault/vaults/"));
            ids.filter(|(_, name)| !name.contains('/')).map(|(_, name)| name.to_owned()).collect()
        });
        for gone in self.deployed.difference(&there) {
            match self.seeded.get(gone) {
                Some(seeded) => drop(self.key_vaults.vaults.insert(gone.clone(), seeded.clone())),
                None => drop(self.key_vaults.vaults.remove(gone)),
            }
        }
        for name in &there {
            self.key_vaults.vaults.entry(name.clone()).or_default();
        }
        self.deployed = there;
    }

    /// The newest value of a secret.
    fn value(&mut self, vault: &str, name: &str) -> Option<String> {
        self.follow();
        let versions = self.key_vaults.vaults.get(&vault.to_lowercase())?.secrets.get(name)?;
        versions.last().filter(|version| version.enabled).map(|version| version.value.expose().to_owned())
    }

    /// The vaults as a service connection sees them: names of secrets, and their attributes.
    fn listed(&mut self) -> BTreeMap<String, VaultSecrets> {
        self.follow();
        let attributes = |version: &key_vault::Version| {
            let mut found = json!({ "enabled": version.enabled });
            if let Some(expires) = version.expires {
                found["exp"] = json!(expires);
            }
            found
        };
        let secrets = |vault: &Vault| {
            let newest = vault.secrets.iter().filter_map(|(name, versions)| Some((name.clone(), versions.last()?)));
            newest.map(|(name, version)| (name, attributes(version))).collect()
        };
        self.key_vaults.vaults.iter().map(|(name, vault)| (name.clone(), secrets(vault))).collect()
    }
}

fn serve(vaults: &mut Vaults, request: &Request, now: Timestamp) -> Response {
    vaults.follow();
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let Some((arm, token)) = vaults.arm.upgrade().zip(token.filter(|token| token.contains('~'))) else {
        return key_vault::serve(&mut vaults.key_vaults, request, now);
    };
    // an identity: what it may do is for its role assignments to say
    let refused = arm.with_state(|arm| {
        let SignedIn::As(caller) = arm.signed_in(token)? else { return None };
        let (name, _) = key_vault::place(request)?;
        let end = format!("/providers/microsoft.keyvault/vaults/{name}");
        let vault =
            arm.resources.iter().find(|(id, _)| id.ends_with(&end)).and_then(|(_, body)| body["id"].as_str())?;
        let operation = key_vault::operation(request, vault)?;
        Some((!allows(arm, &caller.principal, &operation)).then(|| key_vault::forbidden(&caller, &operation)))
    });
    match refused {
        Some(Some(refused)) => refused,
        Some(None) => key_vault::answer(&mut vaults.key_vaults, request, now),
        None => key_vault::serve(&mut vaults.key_vaults, request, now),
    }
}
