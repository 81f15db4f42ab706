//! An emulated organization, a project, and the engine between them, in this process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use devops_client::{Client, Credential, HttpTransport, RetryOptions, ThrottleOptions};
use devops_emulator::{Emulator, Running};
use mlops_gen::compose::compose;
use mlops_gen::edge::remote::fleet::{Fleet, Locks, Report, Stopped};
use mlops_gen::edge::remote::lock::{Holder, RepositoryLocks};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::shared_reads::SharedReads;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::edge::remote::target::{Diagnostic, Goal, Keep, Planned, Target};
use mlops_gen::project::Project;
use mlops_gen::remote::content::{Content, Sources};
use mlops_gen::remote::desired::{Scope, Wanted, desired, variables};
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::spec::report::Style;
use mlops_gen::tree::RenderedTree;
use mlops_gen::tree::changes::Disk;
use mlops_gen::tree::lock::Lock;
use serde_json::Value;

use crate::remote::snapshot::snapshot;

/// The token that the emulator takes, to be seen nowhere.
pub const TOKEN: &str = "planted-token-5e1f0a";

/// Whether the full sizes were asked for.
pub fn full() -> bool {
    std::env::var_os("REMOTE_FULL").is_some_and(|value| value == "1")
}

/// The size of a test: the small one, or the full one.
pub fn size(small: usize, whole: usize) -> usize {
    if full() { whole } else { small }
}

/// A project and all that is worked out from its spec.
pub struct Known {
    pub project: Project,
    pub tree: RenderedTree,
    pub content: Content,
}

impl Known {
    pub fn new(spec: &str) -> Self {
        let project =
            mlops_gen::load("mlops.yaml", spec).unwrap_or_else(|report| panic!("{}", report.render(Style::Plain)));
        let overrides = Overrides::new();
        let renderer = Renderer::new(&overrides).unwrap();
        let tree = compose(&project, &renderer).unwrap_or_else(|problems| panic!("{problems:?}"));
        let (disk, lock) = (Disk::new(), Lock::default());
        let content = Content::new(&tree, &Sources { spec, overrides: &overrides, disk: &disk, lock: &lock });
        Self { project, tree, content }
    }
}

/// The spec that most tests use: two environments, approvals and checks, plain and Key Vault groups.
pub fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/names-and-groups/mlops.yaml")
}

/// The project of that spec, rendered once.
pub fn known() -> Arc<Known> {
    static KNOWN: OnceLock<Arc<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| Arc::new(Known::new(&std::fs::read_to_string(spec()).unwrap()))).clone()
}

/// The organization of a project, empty.
pub async fn emulator(known: &Known) -> Running {
    let organization = known.project.devops.organization.as_str();
    let emulator = Emulator::builder().organization(organization).token(TOKEN);
    emulator.settings(settle).start().await.unwrap()
}

/// The same with a state that was saved.
pub async fn emulator_with(state: Value) -> Running {
    Emulator::builder().token(TOKEN).load(state).unwrap().token(TOKEN).start().await.unwrap()
}

fn settle(settings: &mut devops_emulator::Settings) {
    settings.operation_polls = 0;
    settings.one_person = true;
}

/// A client with short pauses, as it is in no hurry otherwise.
pub fn client(emulator: &Running) -> (Client, SharedReads) {
    let reads = SharedReads::new(Arc::new(HttpTransport::new(Duration::from_secs(20)).unwrap()));
    let retry = RetryOptions { base: Duration::from_millis(3), ..RetryOptions::default() };
    // A short window, as a fault may announce a limit.
    let throttle = ThrottleOptions { window: Duration::from_secs(1), ..ThrottleOptions::default() };
    let builder = Client::builder(emulator.organization()).base_url(emulator.url()).credential(Credential::pat(TOKEN));
    let client = builder.transport(Arc::new(reads.clone())).retry(retry).throttle(throttle).build().unwrap();
    (client, reads)
}

/// The engine for one project.
pub fn fleet(emulator: &Running, known: &Known, goal: Goal) -> Fleet<'static> {
    fleet_of(emulator, &[known], &goal)
}

/// The engine for several projects.
pub fn fleet_of(emulator: &Running, known: &[&Known], goal: &Goal) -> Fleet<'static> {
    let (client, reads) = client(emulator);
    let scope = Scope::DevOps;
    let targets = known.iter().map(|known| {
        let values = values(&known.project);
        let wanted =
            Wanted { project: &known.project, tree: &known.tree, content: &known.content, values: &values, scope };
        let desired = desired(&wanted).unwrap_or_else(|missing| panic!("{missing:?}"));
        let site = Site::new(known.project.clone(), client.clone()).with_content(known.content.clone());
        Target { site, desired, registry: Registry::within(scope), goal: goal.clone() }
    });
    let locks: Arc<dyn Locks> = Arc::new(RepositoryLocks::new(Holder::here()));
    let mut fleet = Fleet::new(targets.collect(), Some(reads), Some(locks));
    fleet.patience = vec![Duration::from_millis(20); 3];
    fleet
}

/// Values that specs leave to the environment, and that an administrator gives where Azure is left alone.
pub fn values(project: &Project) -> BTreeMap<String, String> {
    let guid = |n: usize| format!("aaaaaaaa-0000-4000-8000-{n:012}");
    variables(project, Scope::DevOps).into_iter().enumerate().map(|(n, name)| (name, guid(n))).collect()
}

pub fn apply() -> Goal {
    Goal::Apply { adopt: Default::default() }
}

pub fn destroy() -> Goal {
    Goal::Destroy { keep: Keep::default() }
}

/// Plans and carries out, as the program does.
pub async fn lead(fleet: &Fleet<'_>) -> Result<Report, Stopped> {
    let mut planned = Vec::new();
    for found in fleet.plan().await {
        match found {
            Ok(found) => planned.push(Some(found)),
            Err(errors) => return Err(Stopped::Failed { errors, done: Vec::new(), skipped: Vec::new() }),
        }
    }
    fleet.carry_out(&planned, &|_, _| {}, &Stop::default()).await.remove(0)
}

/// The plan of a fleet of one.
pub async fn plan(fleet: &Fleet<'_>) -> Result<Planned, Vec<Diagnostic>> {
    fleet.plan().await.remove(0)
}

/// What an organization holds after one apply of the usual project, and its state to go on from.
pub async fn reference() -> (Value, Value) {
    let emulator = emulator(&known()).await;
    lead(&fleet(&emulator, &known(), apply())).await.unwrap_or_else(|stopped| panic!("{stopped:#?}"));
    (snapshot(&emulator.state()), emulator.state().save().unwrap())
}

/// Requests that write, by the journal: those that changed something.
pub fn writes(emulator: &Running) -> usize {
    emulator.requests().iter().filter(|entry| entry.effect).count()
}
