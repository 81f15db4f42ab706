//! A project, doubles, and what stands in for the kinds of Azure DevOps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;
use devops_client::{Client, Credential};
use devops_emulator::{Arm, Double};
use mlops_gen::compose::compose;
use mlops_gen::edge::azure::Azure;
use mlops_gen::edge::connect::Addresses;
use mlops_gen::edge::remote::apply::{Outcome, carry_out};
use mlops_gen::edge::remote::azure::AzureSite;
use mlops_gen::edge::remote::error::RemoteError;
use mlops_gen::edge::remote::handler::Handler;
use mlops_gen::edge::remote::observe::observe;
use mlops_gen::edge::remote::registry::{self, Registry};
use mlops_gen::edge::remote::site::Site;
use mlops_gen::project::Project;
use mlops_gen::project::network::Network;
use mlops_gen::remote::desired::{self, Scope, Wanted};
use mlops_gen::remote::observed::{Observed, Owner, State};
use mlops_gen::remote::plan::{RemotePlan, Step};
use mlops_gen::remote::resource::{Fields, KINDS, Key, Kind, Resource};
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::tree::RenderedTree;

pub const SPEC: &str = include_str!("../../../out/mlops.yaml");
pub const TENANT: &str = "1f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";
pub const SUBSCRIPTION: &str = "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";
pub const TOKEN: &str = "planted-token-0123456789";

/// The spec with a budget that is yet to start: the double makes none whose first month is over, whatever day it is.
pub fn timely(spec: &str) -> String {
    spec.replace("start: \"2026-12-01\"", "start: \"2099-12-01\"")
}

/// A project and its files, rendered once for all tests.
pub fn project(spec: &str) -> (Project, RenderedTree) {
    static DONE: LazyLock<Mutex<BTreeMap<String, (Project, RenderedTree)>>> = LazyLock::new(Mutex::default);
    if let Some(done) = DONE.lock().unwrap_or_else(PoisonError::into_inner).get(spec) {
        return done.clone();
    }
    let project =
        mlops_gen::load("mlops.yaml", &timely(spec)).unwrap_or_else(|report| panic!("{:?}", report.to_json()));
    let tree = compose(&project, &Renderer::new(&Overrides::new()).unwrap()).unwrap();
    let done = (project, tree);
    DONE.lock().unwrap_or_else(PoisonError::into_inner).insert(spec.to_owned(), done.clone());
    done
}

pub fn values() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("AZURE_SUBSCRIPTION_ID".to_owned(), SUBSCRIPTION.to_owned()),
        ("AZURE_TENANT_ID".to_owned(), TENANT.to_owned()),
    ])
}

/// What Azure DevOps would say of a connection and of a pipeline.
struct Given(Kind);

#[async_trait]
impl Handler for Given {
    async fn observe(&self, _: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        Ok(wanted.iter().map(|resource| (resource.key.clone(), given(resource))).collect())
    }
    async fn create(&self, _: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        Ok(given(wanted))
    }
    async fn update(&self, _: &Site, wanted: &Resource, _: &Observed) -> Result<Observed, RemoteError> {
        Ok(given(wanted))
    }
    async fn delete(&self, _: &Site, _: &Key, _: &Observed) -> Result<(), RemoteError> {
        Ok(())
    }
}

fn given(resource: &Resource) -> Observed {
    let name = &resource.key.name;
    let id = if resource.key.kind == Kind::Pipeline { name.len().to_string() } else { name.clone() };
    Observed::new(id, Owner::Foreign, Fields::new())
        .with_fact("federation.issuer", "https://login.microsoftonline.com/tenant/v2.0")
        .with_fact("federation.subject", format!("/eid1/c/pub/t/a/sc/{name}"))
}

static CONNECTIONS: Given = Given(Kind::ServiceConnection);
static PIPELINES: Given = Given(Kind::Pipeline);

/// A project in Azure.
pub struct Place {
    pub arm: Double<Arm>,
    pub site: Site,
    pub desired: Vec<Resource>,
    pub tree: Arc<RenderedTree>,
    registry: Registry<'static>,
}

impl Place {
    pub async fn new() -> Self {
        Self::of(SPEC).await
    }

    pub async fn of(spec: &str) -> Self {
        let mut double = Arm::new(TENANT, SUBSCRIPTION);
        double.tokens = vec![TOKEN.to_owned()];
        Self::at(double.start().await.unwrap(), spec)
    }

    /// The same place with another spec.
    pub fn becomes(self, spec: &str) -> Self {
        Self::at(self.arm, spec)
    }

    fn at(arm: Double<Arm>, spec: &str) -> Self {
        let (project, tree) = project(spec);
        let set = [
            ("MLOPS_GEN_ARM_URL", arm.url()),
            ("MLOPS_GEN_VAULT_URL", arm.url()),
            ("MLOPS_GEN_AZURE_TOKEN", TOKEN.to_owned()),
        ];
        let lookup = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let azure = Azure::new(&Addresses::from(&lookup).unwrap(), &lookup).unwrap();
        let client = Client::builder("contoso").base_url("http://127.0.0.1:9/contoso").credential(Credential::pat("p"));
        let (tree, values) = (Arc::new(tree), values());
        let mut desired = desired::azure::desired(&Wanted {
            project: &project,
            tree: &tree,
            content: &mlops_gen::remote::content::Content::default(),
            values: &values,
            scope: Scope::Everything,
        })
        .unwrap();
        let mut registry = Registry::default();
        for kind in KINDS.into_iter().filter(|kind| kind.is_azure()) {
            registry = registry.with(kind, registry::of(kind));
        }
        let others: BTreeSet<Key> =
            desired.iter().flat_map(|resource| &resource.needs).filter(|key| !key.kind.is_azure()).cloned().collect();
        let started = project.network == Network::Public;
        assert!(others.iter().any(|key| key.kind == CONNECTIONS.0));
        assert_eq!(others.iter().any(|key| key.kind == PIPELINES.0), started, "events start pipelines");
        desired.extend(others.into_iter().map(|key| Resource::new(key.kind, key.name)));
        let registry = registry.with(Kind::ServiceConnection, &CONNECTIONS).with(Kind::Pipeline, &PIPELINES);
        let side = AzureSite { azure, tree: Arc::clone(&tree), values: Arc::new(values) };
        let site = Site::new(project, client.build().unwrap()).with_azure(side);
        Self { arm, site, desired, tree, registry }
    }

    pub async fn look(&self) -> State {
        let world = observe(&self.site, &self.registry, &self.desired).await.unwrap();
        self.site.observed(world.clone());
        world
    }

    pub async fn plan(&self) -> RemotePlan {
        let world = self.look().await;
        let azure: Vec<Resource> = self.desired.iter().filter(|one| one.key.kind.is_azure()).cloned().collect();
        RemotePlan::new(&azure, &world, &BTreeSet::new()).unwrap()
    }

    pub async fn carry_out(&self, plan: &RemotePlan) -> Outcome {
        let steps: Vec<&Step> = plan.changes().collect();
        carry_out(&self.site, &self.registry, &self.desired, &steps, &|_| (), &|| true).await
    }

    /// Plans and carries out; the keys of the steps that did something.
    pub async fn apply(&self) -> Vec<String> {
        let plan = self.plan().await;
        let outcome = self.carry_out(&plan).await;
        let said: Vec<String> = outcome.failed.iter().map(|error| format!("{error}; {}", error.next)).collect();
        assert!(outcome.is_whole(), "{said:#?} {:?}", outcome.skipped);
        plan.changes().map(|step| step.key.to_string()).collect()
    }

    pub fn writes(&self) -> usize {
        self.arm.requests().iter().filter(|entry| entry.effect).count()
    }

    pub fn azure(&self) -> impl Iterator<Item = &Resource> {
        self.desired.iter().filter(|resource| resource.key.kind.is_azure())
    }
}
