//! Azure DevOps, Azure Resource Manager and vaults with the worked example in them, and a sandbox's folder that knows them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use azure_sandbox::services::Services;
use devops_client::{Client, Credential, HttpTransport, RetryOptions, ThrottleOptions};
use devops_emulator::{Execution, Sandbox, SandboxOptions};
use mlops_gen::compose::compose;
use mlops_gen::edge::azure::Azure;
use mlops_gen::edge::connect::{ARM_URL, AZURE_TOKEN, Addresses, DEVOPS_TOKEN, DEVOPS_URL, VAULT_URL};
use mlops_gen::edge::remote::azure::AzureSite;
use mlops_gen::edge::remote::fleet::{Fleet, Locks};
use mlops_gen::edge::remote::lock::{Holder, RepositoryLocks};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::shared_reads::SharedReads;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::edge::remote::target::{Goal, Target};
use mlops_gen::project::Project;
use mlops_gen::remote::content::{Content, Sources};
use mlops_gen::remote::desired::{Scope, Wanted, desired, variables};
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::tree::RenderedTree;
use mlops_gen::tree::changes::Disk;
use mlops_gen::tree::lock::Lock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::cloud::project::{KEY, spec};

pub const TENANT: &str = "5a4db000-0000-4000-8000-000000000001";
pub const SUBSCRIPTION: &str = "5a4db000-0000-4000-8000-000000000002";

/// A pool of agents of the organization's own.
pub const POOL: &str = "inside";

/// A token that must be seen nowhere.
pub const TOKEN: &str = "planted-token-of-the-cloud";

/// The services after one apply, and the sandbox's folder.
pub struct World {
    pub doubles: Sandbox,
    pub folder: TempDir,
    /// Where the doubles run.
    _runtime: Runtime,
}

/// What a spec comes to.
struct Known {
    project: Project,
    tree: RenderedTree,
    content: Content,
}

impl Known {
    fn new(spec: &str) -> Self {
        let project = mlops_gen::load("mlops.yaml", spec).unwrap();
        let overrides = Overrides::new();
        let tree = compose(&project, &Renderer::new(&overrides).unwrap()).unwrap();
        let (disk, lock) = (Disk::new(), Lock::default());
        let content = Content::new(&tree, &Sources { spec, overrides: &overrides, disk: &disk, lock: &lock });
        Self { project, tree, content }
    }
}

/// What the services hold after one apply of the worked example, which is done once.
fn applied(runtime: &Runtime) -> &'static Value {
    static STATE: OnceLock<Value> = OnceLock::new();
    STATE.get_or_init(|| {
        let known = Known::new(&spec());
        runtime.block_on(async {
            let doubles = start(secrets(), None, None).await;
            apply(&doubles, &known).await;
            doubles.save().unwrap()
        })
    })
}

/// Secrets that the worked example's vaults have from the start: vault, name and value.
fn secrets() -> Vec<(String, String, String)> {
    [
        ("diabetes-ml-mct4b", "data-provider-token", "planted"),
        ("diabetes-qa-mct4b", "scoring-key", KEY),
        ("diabm7j-production-mct4b", "scoring-key", KEY),
    ]
    .map(|(vault, name, value)| (vault.to_owned(), name.to_owned(), value.to_owned()))
    .into()
}

async fn start(secrets: Vec<(String, String, String)>, state: Option<Value>, execution: Option<Execution>) -> Sandbox {
    let mut options = SandboxOptions::new("contoso", TENANT, SUBSCRIPTION);
    options.pools = vec![POOL.to_owned()];
    options.token = TOKEN.to_owned();
    options.secrets = secrets;
    // nobody needs runs to come to an end here
    options.tick_millis = 600_000;
    options.state = state;
    options.execution = execution;
    let doubles = Sandbox::start(options).await.unwrap();
    doubles.devops.with_state(|state| state.settings.operation_polls = 0);
    doubles
}

/// Plans and carries out, as the program does.
async fn apply(doubles: &Sandbox, known: &Known) {
    let values: BTreeMap<String, String> = variables(&known.project, Scope::Everything)
        .into_iter()
        .map(|name| (name.clone(), if name.contains("TENANT") { TENANT } else { SUBSCRIPTION }.to_owned()))
        .collect();
    let mut set = values.clone();
    for (name, value) in [
        (DEVOPS_URL, doubles.devops.url()),
        (DEVOPS_TOKEN, TOKEN.to_owned()),
        (VAULT_URL, doubles.vaults.url()),
        (ARM_URL, doubles.arm.url()),
        (AZURE_TOKEN, TOKEN.to_owned()),
    ] {
        set.insert(name.to_owned(), value);
    }
    let lookup = |name: &str| set.get(name).cloned();
    let azure = Azure::new(&Addresses::from(&lookup).unwrap(), &lookup).unwrap();
    let wanted = Wanted {
        project: &known.project,
        tree: &known.tree,
        content: &known.content,
        values: &values,
        scope: Scope::Everything,
    };
    let desired = desired(&wanted).unwrap_or_else(|missing| panic!("{missing:?}"));
    let reads = SharedReads::new(Arc::new(HttpTransport::new(Duration::from_secs(60)).unwrap()));
    let builder = Client::builder(doubles.devops.organization()).base_url(doubles.devops.url());
    let retry = RetryOptions { base: Duration::from_millis(3), ..RetryOptions::default() };
    let throttle = ThrottleOptions { window: Duration::from_secs(1), ..ThrottleOptions::default() };
    let builder = builder.credential(Credential::pat(TOKEN)).transport(Arc::new(reads.clone()));
    let client = builder.retry(retry).throttle(throttle).build().unwrap();
    let side = AzureSite { azure, tree: Arc::new(known.tree.clone()), values: Arc::new(values) };
    let site = Site::new(known.project.clone(), client).with_content(known.content.clone()).with_azure(side);
    let goal = Goal::Apply { adopt: Default::default() };
    let target = Target { site, desired, registry: Registry::within(Scope::Everything), goal };
    let locks: Arc<dyn Locks> = Arc::new(RepositoryLocks::new(Holder::here()));
    let mut fleet = Fleet::new(vec![target], Some(reads), Some(locks));
    fleet.patience = vec![Duration::from_millis(20); 3];
    let planned =
        fleet.plan().await.into_iter().map(|found| Some(found.unwrap_or_else(|errors| panic!("{errors:#?}"))));
    let planned: Vec<_> = planned.collect();
    fleet
        .carry_out(&planned, &|_, _| {}, &Stop::default())
        .await
        .remove(0)
        .unwrap_or_else(|stopped| panic!("{stopped:#?}"));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl World {
    pub fn new() -> Self {
        Self::with(None)
    }

    /// The same, where runs are really carried out.
    pub fn with(execution: Option<Execution>) -> Self {
        let runtime = runtime();
        let state = applied(&runtime).clone();
        let doubles = runtime.block_on(start(secrets(), Some(state), execution));
        Self::around(runtime, doubles)
    }

    /// The services after one apply of another spec, with vaults that hold nothing yet.
    pub fn of(spec: &str) -> Self {
        let (runtime, known) = (runtime(), Known::new(spec));
        let doubles = runtime.block_on(async {
            let doubles = start(Vec::new(), None, None).await;
            apply(&doubles, &known).await;
            doubles
        });
        Self::around(runtime, doubles)
    }

    fn around(runtime: Runtime, doubles: Sandbox) -> Self {
        let folder = TempDir::new().unwrap();
        let own = Self { doubles, folder, _runtime: runtime };
        own.announce(own.folder.path());
        own
    }

    /// Tells a sandbox's folder where the services are.
    pub fn announce(&self, folder: &Path) {
        let doubles = &self.doubles;
        let services = Services {
            arm: doubles.arm.url(),
            vaults: doubles.vaults.url(),
            token: TOKEN.to_owned(),
            tenant: TENANT.to_owned(),
            subscriptions: vec![SUBSCRIPTION.to_owned()],
        };
        services.announce(folder).unwrap();
    }

    /// Runs of a pipeline, the oldest first: their parameters.
    pub fn runs(&self, pipeline: &str) -> Vec<BTreeMap<String, String>> {
        self.doubles.devops.with_state(|organization| {
            let own = organization.definitions.iter().find(|(_, definition)| definition.name() == pipeline);
            let own = *own.unwrap_or_else(|| panic!("there is no pipeline {pipeline}")).0;
            let runs = organization.builds.values().filter(|build| build.definition == own);
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            runs.map(|run| run.parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()).collect()
        })
    }
}

/// Asks a double, as the identity of a client id or as whoever owns everything.
pub fn ask(base: &str, client: Option<&str>, method: &str, path: &str, body: &Value) -> (u16, Value) {
    use std::io::{Read, Write};
    let address = base.trim_start_matches("http://");
    let signed_in = client.map(|client| format!("~{client}")).unwrap_or_default();
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Bearer {TOKEN}{signed_in}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or_default())
}
