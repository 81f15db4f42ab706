//! What the tests share: an emulator, a project of which the rendered files can be changed, and `plan` and `apply` of the
//! kinds that are about git.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use devops_client::api::pipelines::NewPipeline;
use devops_client::{Client, Credential, Transport};
use devops_emulator::git::repositories::Repository;
use devops_emulator::{Emulator, Running};
use mlops_gen::edge::remote::apply::carry_out;
use mlops_gen::edge::remote::registry::{self, Registry};
use mlops_gen::edge::remote::site::Site;
use mlops_gen::project::Project;
use mlops_gen::remote::content::{Content, Sources};
use mlops_gen::remote::desired::{Scope, Wanted, desired};
use mlops_gen::remote::observed::State;
use mlops_gen::remote::plan::{FieldChange, InTheWay, RemotePlan, Step};
use mlops_gen::remote::resource::{Key, Kind, Resource};
use mlops_gen::render::Overrides;
use mlops_gen::spec::report::Style;
use mlops_gen::tree::changes::Disk;
use mlops_gen::tree::lock::Lock;
use mlops_gen::tree::path::RelPath;
use mlops_gen::tree::{RenderedFile, RenderedTree};
use system_tests::{render_text, root};

/// The kinds under test.
const KINDS: [Kind; 4] = [Kind::Project, Kind::Repository, Kind::Files, Kind::BranchPolicy];

/// Pipelines that the tests make where pipelines are needed.
pub const PIPELINES: [&str; 3] = ["build", "pull-request", "release"];

/// An emulator with the team project, or without it.
pub async fn emulator(with_project: bool) -> Running {
    let emulator = Emulator::builder();
    let emulator = if with_project { emulator.seed_project("ml") } else { emulator };
    emulator.start().await.unwrap()
}

/// A project as its people have it: spec and rendered files.
#[derive(Clone)]
pub struct Ours {
    pub project: Project,
    pub tree: RenderedTree,
    pub content: Content,
    spec: String,
}

impl Ours {
    /// The smallest case.
    pub fn new() -> Self {
        let spec = std::fs::read_to_string(root().join("tests/cases/minimal/mlops.yaml")).unwrap();
        let tree = render_text("mlops.yaml", &spec);
        Self::of(spec, RenderedTree::clone(&tree))
    }

    fn of(spec: String, tree: RenderedTree) -> Self {
        let project = mlops_gen::load("mlops.yaml", &spec).unwrap_or_else(|r| panic!("{}", r.render(Style::Plain)));
        let sources = Sources { spec: &spec, overrides: &Overrides::new(), disk: &Disk::new(), lock: &Lock::default() };
        let content = Content::new(&tree, &sources);
        Self { project, tree, content, spec }
    }

    /// The same with another content of a rendered file, or without it.
    pub fn with(&self, path: &str, bytes: Option<&str>) -> Self {
        let mut tree = RenderedTree::default();
        tree.project = self.tree.project.clone();
        for (at, file) in self.tree.iter().filter(|(at, _)| at.as_str() != path) {
            tree.insert(at.clone(), file.clone()).unwrap();
        }
        if let Some(bytes) = bytes {
            let like = self.tree.get(path).or(self.tree.get("pipelines/build.yml")).unwrap();
            let file = RenderedFile { bytes: bytes.as_bytes().to_vec(), ..like.clone() };
            tree.insert(RelPath::parse(path).unwrap(), file).unwrap();
        }
        Self::of(self.spec.clone(), tree)
    }

    /// What the spec wants of the kinds under test, as it is when the named pipelines are there.
    pub fn desired(&self, pipelines: &[&str]) -> Vec<Resource> {
        let wanted = Wanted {
            project: &self.project,
            tree: &self.tree,
            content: &self.content,
            values: &BTreeMap::new(),
            scope: Scope::DevOps,
        };
        let mut resources = desired(&wanted).unwrap();
        resources.retain(|resource| KINDS.contains(&resource.key.kind));
        let files = resources.iter_mut().find(|resource| resource.key.kind == Kind::Files).unwrap();
        files.needs.retain(|key| key.kind != Kind::Pipeline);
        files.needs.extend(pipelines.iter().map(|name| Key::new(Kind::Pipeline, *name)));
        if !pipelines.contains(&"pull-request") {
            resources.retain(|resource| resource.key.kind != Kind::BranchPolicy);
        }
        resources
    }

    /// The project at an emulator.
    pub fn at(&self, emulator: &Running, pipelines: &[&str]) -> Here {
        self.through(emulator, pipelines, None)
    }

    /// The same through another transport.
    pub fn through(&self, emulator: &Running, pipelines: &[&str], transport: Option<Arc<dyn Transport>>) -> Here {
        let client = Client::builder("contoso").credential(Credential::pat("any")).base_url(emulator.url());
        let client = match transport {
            Some(transport) => client.transport(transport),
            None => client,
        };
        let site = Site::new(self.project.clone(), client.build().unwrap()).with_content(self.content.clone());
        Here { site, desired: self.desired(pipelines) }
    }
}

/// A project and where it lives.
pub struct Here {
    pub site: Site,
    pub desired: Vec<Resource>,
}

impl Here {
    /// The way to the kinds under test.
    pub fn registry() -> Registry<'static> {
        KINDS.iter().fold(Registry::default(), |all, kind| all.with(*kind, registry::of(*kind)))
    }

    /// Everything as it is.
    pub async fn look(&self) -> State {
        let mut world = State::new();
        for kind in KINDS {
            let wanted: Vec<&Resource> = self.desired.iter().filter(|resource| resource.key.kind == kind).collect();
            match registry::of(kind).observe(&self.site, &wanted).await {
                Ok(found) => world.extend(found),
                Err(error) => panic!("{error} ({})", error.next),
            }
        }
        self.site.observed(world.clone());
        world
    }

    /// The plan, with things of others adopted.
    pub async fn plan_adopting(&self, adopt: &[Key]) -> Result<RemotePlan, Vec<InTheWay>> {
        let adopt: BTreeSet<Key> = adopt.iter().cloned().collect();
        RemotePlan::new(&self.desired, &self.look().await, &adopt)
    }

    /// The plan.
    pub async fn plan(&self) -> RemotePlan {
        self.plan_adopting(&[]).await.unwrap()
    }

    /// Carries a plan out; every error as text.
    pub async fn carry_out(&self, plan: &RemotePlan) -> Result<(), String> {
        let steps: Vec<&Step> = plan.changes().collect();
        let outcome = carry_out(&self.site, &Self::registry(), &self.desired, &steps, &|_| {}, &|| true).await;
        match outcome.failed.as_slice() {
            [] => Ok(()),
            errors => Err(errors.iter().map(|error| format!("{error} [{}]", error.next)).collect()),
        }
    }

    /// Plans and carries it out.
    pub async fn apply(&self) -> Result<(), String> {
        let plan = self.plan().await;
        self.carry_out(&plan).await
    }

    /// Plans, carries it out, and sees that nothing is left to do.
    pub async fn converge(&self) {
        self.apply().await.unwrap();
        assert_eq!(changed(&self.plan().await), Vec::<String>::new());
    }

    /// Makes pipelines from the files that the repository will have.
    pub async fn make_pipelines(&self, names: &[&str]) {
        let id = self.repository_id().await;
        for name in names {
            let pipeline = NewPipeline::yaml(*name, format!("/pipelines/{name}.yml"), id);
            let pipeline = pipeline.folder(self.site.project.devops.folder.as_str());
            self.site.devops.pipelines().create(&pipeline).await.unwrap();
        }
    }

    /// The repository's id.
    pub async fn repository_id(&self) -> devops_client::RepositoryId {
        let name = self.site.project.devops.repository.as_str();
        self.site.devops.repositories().get(name).await.unwrap().id
    }

    /// The repository through the client, for changes by hand.
    pub fn repository(&self) -> devops_client::api::repositories::Repository {
        self.site.devops.repositories().repository(self.site.project.devops.repository.as_str())
    }

    /// Somebody pushes to a branch by hand.
    pub async fn push(&self, branch: &str, change: devops_client::api::pushes::Change) {
        use devops_client::{ObjectId, api::pushes::NewPush};
        let old = self.repository().branch(branch).await.unwrap().map_or_else(ObjectId::zero, |head| head.object_id);
        self.repository().push(&NewPush::onto(branch, old, "by hand").change(change)).await.unwrap();
    }
}

/// What is to be done, as `kind/name field`.
pub fn changed(plan: &RemotePlan) -> Vec<String> {
    let field = |step: &Step, change: &FieldChange| format!("{} {}", step.key, change.field);
    plan.changes().flat_map(|step| step.changes.iter().map(move |change| field(step, change))).collect()
}

/// The repository as the emulator has it.
pub fn repository(emulator: &Running) -> Repository {
    let state = emulator.state();
    let project = state.find_project("ml").unwrap().id;
    state.find_repository(project, "churn").unwrap().clone()
}

/// The files of a branch: path and content.
pub fn files(emulator: &Running, branch: &str) -> BTreeMap<String, Vec<u8>> {
    let repository = repository(emulator);
    let head = repository.refs[&format!("refs/heads/{branch}")];
    let files = repository.objects.files_at(head);
    files.iter().map(|(path, file)| (path.clone(), repository.objects.blob(file.id).unwrap().to_vec())).collect()
}

/// The branches.
pub fn branches(emulator: &Running) -> Vec<String> {
    repository(emulator).refs.keys().map(|name| name.trim_start_matches("refs/heads/").to_owned()).collect()
}

/// Number of commits of a branch.
pub fn commits(emulator: &Running, branch: &str) -> usize {
    let repository = repository(emulator);
    devops_emulator::git::history::log(&repository.objects, repository.refs[&format!("refs/heads/{branch}")]).len()
}

/// Number of requests that changed something since the journal was cleared.
pub fn writes(emulator: &Running) -> usize {
    emulator.requests().iter().filter(|entry| entry.effect).count()
}
