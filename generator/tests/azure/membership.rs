//! The right of the identity behind events to start pipelines: Azure knows whose it is, Azure DevOps gives it.

use std::collections::{BTreeMap, BTreeSet};

use devops_client::api::graph::Descriptor;
use devops_client::{Client, Credential};
use devops_emulator::{Emulator, Running};
use mlops_gen::edge::remote::apply::{Outcome, carry_out};
use mlops_gen::edge::remote::registry::{self, Registry};
use mlops_gen::edge::remote::site::Site;
use mlops_gen::remote::content::Content;
use mlops_gen::remote::desired::{Missing, Scope, Wanted};
use mlops_gen::remote::kinds::membership::{PRINCIPAL_ID, desired};
use mlops_gen::remote::observed::State;
use mlops_gen::remote::plan::{Action, RemotePlan, Step};
use mlops_gen::remote::resource::{Kind, Resource};
use serde_json::json;

use super::support::{Place, SPEC, project, values};

const OTHER: &str = "55555555-5555-4555-8555-555555555555";

/// What the spec wants, with these values in the environment besides.
fn wanted(scope: Scope, more: &[(&str, &str)]) -> Result<Option<Resource>, Vec<Missing>> {
    let (project, tree) = project(SPEC);
    let mut values: BTreeMap<String, String> = values();
    values.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let content = Content::default();
    desired(&Wanted { project: &project, tree: &tree, content: &content, values: &values, scope })
}

/// An organization with the project, and a place in Azure.
struct There {
    place: Place,
    emulator: Running,
    wanted: Resource,
}

impl There {
    /// Azure as the deployments leave it, and an organization that knows nobody.
    async fn new() -> Self {
        let there = Self::empty().await;
        there.place.apply().await;
        there
    }

    async fn empty() -> Self {
        let mut place = Place::new().await;
        let name = place.site.project.devops.project.as_str().to_owned();
        let emulator =
            Emulator::builder().organization("contoso").seed_project(&name).token("token").start().await.unwrap();
        place.site.client = client(&emulator);
        place.site.devops = place.site.client.project(name.as_str());
        Self { place, emulator, wanted: wanted(Scope::Everything, &[]).unwrap().unwrap() }
    }

    async fn look(&self) -> State {
        let world = registry::of(Kind::Membership).observe(&self.place.site, &[&self.wanted]).await.unwrap();
        self.place.site.observed(world.clone());
        world
    }

    async fn plan(&self) -> RemotePlan {
        RemotePlan::new(std::slice::from_ref(&self.wanted), &self.look().await, &BTreeSet::new()).unwrap()
    }

    async fn apply(&self) -> RemotePlan {
        let plan = self.plan().await;
        let outcome = carry_out_at(&self.place.site, &self.wanted, &plan).await;
        assert!(outcome.is_whole(), "{:?}", outcome.failed);
        plan
    }

    async fn destroy(&self) {
        let plan = RemotePlan::destroy(std::slice::from_ref(&self.wanted), &self.look().await, |_| false);
        assert!(carry_out_at(&self.place.site, &self.wanted, &plan).await.is_whole());
    }

    fn identity(&self) -> String {
        self.wanted.fields["identity"].as_str().unwrap().to_lowercase()
    }

    /// The principal id of the identity, as Azure has it.
    fn principal(&self) -> String {
        let id = self.identity();
        self.place.arm.with_state(|arm| {
            let found = arm.resources.get(&id).unwrap_or_else(|| panic!("no {id}"));
            found["properties"]["principalId"].as_str().unwrap().to_owned()
        })
    }

    /// Names of the groups that a service principal is in, and whether it is active; `None` if nobody knows it.
    async fn standing(&self, origin: &str) -> Option<(Vec<String>, bool)> {
        let graph = self.place.site.client.graph();
        let found = graph.service_principals().find(|found| found.origin_id == origin).await.unwrap()?;
        let mut names = Vec::new();
        for membership in graph.memberships_of(&found.descriptor).all().await.unwrap() {
            names.push(graph.group(&membership.container_descriptor).await.unwrap().unwrap().principal_name);
        }
        names.sort();
        Some((names, graph.is_active(&found.descriptor).await.unwrap()))
    }

    async fn group(&self, name: &str) -> Descriptor {
        let graph = self.place.site.client.graph();
        let project = self.place.site.client.projects().get(self.place.site.devops.name_or_id()).await.unwrap();
        let name = format!("[{}]\\{name}", project.name);
        let scope = graph.scope(project.id).await.unwrap();
        let found = graph.groups(&scope).find(|group| group.principal_name == name).await.unwrap();
        found.unwrap_or_else(|| panic!("no {name}")).descriptor
    }

    fn writes(&self) -> usize {
        self.emulator.requests().iter().filter(|entry| entry.method != "GET").count()
    }
}

fn client(emulator: &Running) -> Client {
    let client = Client::builder("contoso").base_url(emulator.url()).credential(Credential::pat("token"));
    client.build().unwrap()
}

async fn carry_out_at(site: &Site, wanted: &Resource, plan: &RemotePlan) -> Outcome {
    let registry = Registry::default().with(Kind::Membership, registry::of(Kind::Membership));
    let steps: Vec<&Step> = plan.changes().collect();
    carry_out(site, &registry, std::slice::from_ref(wanted), &steps, &|_| (), &|| true).await
}

fn actions(plan: &RemotePlan) -> Vec<(String, Action)> {
    plan.changes().map(|step| (step.key.to_string(), step.action)).collect()
}

fn create() -> Vec<(String, Action)> {
    vec![("membership/diabetes-events".to_owned(), Action::Create)]
}

fn contributors() -> Vec<String> {
    vec!["[health-ml]\\Contributors".to_owned()]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_identity_that_azure_made_becomes_a_contributor_and_a_second_time_nothing_is_written() {
    let there = There::new().await;
    assert_eq!(actions(&there.apply().await), create());
    assert_eq!(there.standing(&there.principal()).await, Some((contributors(), true)));
    let writes = there.writes();
    assert!(there.apply().await.is_empty());
    assert_eq!(there.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_somebody_took_away_is_given_back_and_others_stay() {
    let there = There::new().await;
    there.apply().await;
    let graph = there.place.site.client.graph();
    let (contributors, readers) = (there.group("Contributors").await, there.group("Readers").await);
    let other = graph.add_service_principal(OTHER.parse().unwrap(), &contributors).await.unwrap();
    let principal = there.principal();
    let own = graph.service_principals().find(|found| found.origin_id == principal).await.unwrap().unwrap();
    graph.add_membership(&own.descriptor, &readers).await.unwrap();
    graph.remove_membership(&own.descriptor, &contributors).await.unwrap();
    assert_eq!(actions(&there.apply().await), create());
    let both = ["[health-ml]\\Contributors", "[health-ml]\\Readers"].map(str::to_owned).to_vec();
    assert_eq!(there.standing(&principal).await, Some((both, true)));
    assert!(graph.membership(&other.descriptor, &contributors).await.unwrap().is_some());
    assert_eq!(graph.service_principals().all().await.unwrap().len(), 2, "nobody is taken in twice");
    assert!(there.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_was_made_anew_is_another_one() {
    let there = There::new().await;
    there.apply().await;
    let id = there.identity();
    there.place.arm.with_state(|arm| {
        arm.resources.get_mut(&id).unwrap()["properties"]["principalId"] = json!(OTHER);
    });
    assert_eq!(actions(&there.apply().await), create());
    assert_eq!(there.standing(OTHER).await, Some((contributors(), true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_azure_has_the_identity_nothing_is_written_and_the_error_says_what_makes_it() {
    let there = There::empty().await;
    let plan = there.plan().await;
    assert_eq!(actions(&plan), create());
    assert!(there.wanted.needs.iter().any(|need| need.to_string() == "deployment/platform"));
    let outcome = carry_out_at(&there.place.site, &there.wanted, &plan).await;
    let error = &outcome.failed[0];
    assert!(error.next.contains("deployment of the platform"), "{error}; {}", error.next);
    assert_eq!(there.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_takes_the_membership_and_then_the_entry_unless_it_is_in_another_group() {
    let there = There::new().await;
    there.apply().await;
    let principal = there.principal();
    let graph = there.place.site.client.graph();
    let other = graph.add_service_principal(OTHER.parse().unwrap(), &there.group("Contributors").await).await.unwrap();
    there.destroy().await;
    assert_eq!(there.standing(&principal).await, Some((vec![], false)));
    assert!(graph.is_active(&other.descriptor).await.unwrap());
    assert_eq!(there.standing(OTHER).await, Some((contributors(), true)));
    assert!(there.look().await.is_empty());
    // and back, with the entry that was removed
    assert_eq!(actions(&there.apply().await), create());
    assert_eq!(there.standing(&principal).await, Some((contributors(), true)));
    let own = graph.service_principals().find(|found| found.origin_id == principal).await.unwrap().unwrap();
    graph.add_membership(&own.descriptor, &there.group("Readers").await).await.unwrap();
    there.destroy().await;
    assert_eq!(there.standing(&principal).await, Some((vec!["[health-ml]\\Readers".to_owned()], true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_azure_the_environment_says_whose_membership_it_is() {
    assert_eq!(wanted(Scope::DevOps, &[]), Ok(None));
    let wrong = wanted(Scope::DevOps, &[(PRINCIPAL_ID, "somebody")]).unwrap_err();
    assert!(wrong[0].to_string().contains("AZURE_EVENTS_PRINCIPAL_ID to a GUID"), "{}", wrong[0]);
    let mut there = There::empty().await;
    let (project, _) = project(SPEC);
    there.place.site = Site::new(project, client(&there.emulator));
    there.wanted = wanted(Scope::DevOps, &[(PRINCIPAL_ID, OTHER)]).unwrap().unwrap();
    assert!(there.wanted.needs.iter().all(|need| !need.kind.is_azure()));
    assert_eq!(actions(&there.apply().await), create());
    assert_eq!(there.standing(OTHER).await, Some((contributors(), true)));
    assert!(there.plan().await.is_empty());
    // whether somebody else goes in as that identity is not known here, so its entry stays
    there.destroy().await;
    assert_eq!(there.standing(OTHER).await, Some((vec![], true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_told_what_prints_the_principal_id() {
    let place = Place::new().await;
    let wanted = wanted(Scope::Everything, &[]).unwrap().unwrap();
    let id = wanted.fields["identity"].as_str().unwrap().to_owned();
    let lines = mlops_gen::remote::admin::admin_commands(&[wanted], &State::new(), &place.tree);
    let show = format!("$(az identity show --ids {id} --query principalId --output tsv)");
    assert_eq!(lines, [format!("echo \"export AZURE_EVENTS_PRINCIPAL_ID={show}\"")]);
}
