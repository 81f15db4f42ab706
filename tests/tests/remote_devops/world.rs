//! A project, an organization in memory, and what the tool wants to be in it.

use std::collections::{BTreeMap, BTreeSet};

use devops_client::api::repositories::NewRepository;
use devops_client::{Client, Credential};
use devops_emulator::{Emulator, Organization, Running};
use mlops_gen::edge::remote::apply::{Outcome, carry_out};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::target::{Diagnostic, Goal, Planned, Target};
use mlops_gen::remote::content::Content;
use mlops_gen::remote::desired::{Scope, Wanted, desired, variables};
use mlops_gen::remote::plan::{Action, Step};
use mlops_gen::remote::resource::{Key, Kind, Resource};
use system_tests::{render_text, root};

/// The kinds that these tests are about.
pub const KINDS: [Kind; 6] =
    [Kind::ServiceConnection, Kind::VariableGroup, Kind::Environment, Kind::Check, Kind::Pipeline, Kind::Permission];

pub struct World {
    pub emulator: Running,
    pub target: Target<'static>,
}

/// The spec of the golden tree.
pub fn example() -> String {
    std::fs::read_to_string(root().join("out/mlops.yaml")).unwrap()
}

/// The spec of a case.
pub fn case(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/cases").join(name).join("mlops.yaml")).unwrap()
}

impl World {
    /// An organization with the project and the repository of a spec and nothing else.
    pub async fn of(spec: &str) -> Self {
        let project = mlops_gen::load("mlops.yaml", spec).unwrap_or_else(|_| panic!("the spec is right"));
        let devops = project.devops.project.as_str();
        let emulator =
            Emulator::builder().organization("contoso").seed_project(devops).token("token").start().await.unwrap();
        emulator.with_state(|state| {
            state.add_identity("Somebody", "somebody@contoso.example", false);
            let approvals = project.environments.iter().filter_map(|environment| environment.approvals.as_ref());
            let people = approvals.flat_map(|approvals| &approvals.approvers).map(|name| name.as_str());
            for name in people.filter(|name| !name.starts_with("nobody")) {
                state.add_identity(&format!("{name} (shown)"), name, true);
            }
        });
        let world = Self { target: target(spec, &emulator), emulator };
        let repository = NewRepository::new(project.devops.repository.as_str());
        let repositories = world.target.site.devops.repositories();
        if repositories.find(project.devops.repository.as_str()).await.unwrap().is_none() {
            repositories.create(&repository).await.unwrap();
        }
        world
    }

    /// The plan, which there must be.
    pub async fn plan(&self) -> Planned {
        self.target.plan().await.unwrap_or_else(|troubles| panic!("{}", said(&troubles)))
    }

    /// Why there is no plan.
    pub async fn refused(&self) -> String {
        said(&self.target.plan().await.expect_err("there is a plan"))
    }

    /// Plans and carries out; what was planned.
    pub async fn apply(&self) -> Planned {
        let (planned, outcome) = self.try_apply().await;
        assert!(outcome.is_whole(), "{:?}", outcome.failed);
        planned
    }

    /// Plans and carries out as far as it goes.
    pub async fn try_apply(&self) -> (Planned, Outcome) {
        let planned = self.plan().await;
        let outcome = self.carry_out(&planned).await;
        (planned, outcome)
    }

    /// Carries out a plan.
    pub async fn carry_out(&self, planned: &Planned) -> Outcome {
        let steps: Vec<&Step> = planned.plan.steps.iter().collect();
        let Target { site, registry, desired, .. } = &self.target;
        carry_out(site, registry, desired, &steps, &|_| (), &|| true).await
    }

    /// Nothing is to be done.
    pub async fn is_settled(&self) {
        let planned = self.plan().await;
        assert!(planned.plan.is_empty(), "{}", mlops_gen::remote::show::text(&planned.plan));
    }

    /// What is to be done, as key, action and names of fields.
    pub async fn changes(&self) -> Vec<(String, Action, Vec<String>)> {
        changes(&self.plan().await)
    }

    /// Writes so far.
    pub fn writes(&self) -> usize {
        self.emulator.requests().iter().filter(|entry| entry.method != "GET").count()
    }

    pub fn adopt(&mut self, keys: &[&str]) {
        let adopt = keys.iter().map(|key| key.parse().unwrap()).collect();
        self.target.goal = Goal::Apply { adopt };
    }

    /// The things that are wanted, of the kinds of these tests.
    pub fn wanted(&self) -> Vec<Resource> {
        self.target.desired.iter().filter(|resource| KINDS.contains(&resource.key.kind)).cloned().collect()
    }

    pub fn change(&self, change: impl FnOnce(&mut Organization)) {
        self.emulator.with_state(change);
    }
}

/// What a plan does, as key, action and names of fields.
pub fn changes(planned: &Planned) -> Vec<(String, Action, Vec<String>)> {
    let fields = |step: &Step| step.changes.iter().map(|change| change.field.clone()).collect();
    planned.plan.changes().map(|step| (step.key.to_string(), step.action, fields(step))).collect()
}

fn said(troubles: &[Diagnostic]) -> String {
    troubles.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn target(spec: &str, emulator: &Running) -> Target<'static> {
    let project = mlops_gen::load("mlops.yaml", spec).unwrap_or_else(|_| panic!("the spec is right"));
    let tree = render_text("mlops.yaml", spec);
    let number = |index: usize| format!("00000000-0000-0000-0000-{index:012}");
    let names = variables(&project, Scope::DevOps).into_iter().enumerate();
    let values: BTreeMap<String, String> = names.map(|(index, name)| (name, number(index + 1))).collect();
    let content = Content::default();
    let wanted = Wanted { project: &project, tree: &tree, content: &content, values: &values, scope: Scope::DevOps };
    let mut desired = desired(&wanted).unwrap();
    desired.retain(|resource| KINDS.contains(&resource.key.kind));
    for resource in &mut desired {
        resource.needs.retain(|need| KINDS.contains(&need.kind));
    }
    let client = Client::builder("contoso").base_url(emulator.url()).credential(Credential::pat("token"));
    let site = Site::new(project, client.build().unwrap());
    let registry = KINDS
        .into_iter()
        .fold(Registry::default(), |registry, kind| registry.with(kind, mlops_gen::edge::remote::registry::of(kind)));
    // The team project tells whether there is anything to look at.
    let registry = registry.with(Kind::Project, mlops_gen::edge::remote::registry::of(Kind::Project));
    let project = Resource::new(Kind::Project, site.project.devops.project.as_str());
    desired.push(project);
    Target { site, desired, registry, goal: Goal::Apply { adopt: BTreeSet::new() } }
}

/// The key of a thing.
pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}
