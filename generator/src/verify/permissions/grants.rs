//! The role assignments that `apply` and the rendered templates make.

use std::collections::BTreeSet;

use serde_json::Value;

use super::condition;
use super::model::{Giver, Grant, Identity, Scope};
use super::roles;
use super::template::{self, Made, Place};
use crate::artifacts::infra::given::{At, Given, Holder, Site, given, sites, started_by_jobs};
use crate::artifacts::infra::start_pipelines;
use crate::project::Project;
use crate::tree::RenderedTree;

/// Type of role assignments.
pub(super) const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";

/// A compiled template of a site, with what it makes.
#[derive(Clone, Debug)]
pub(super) struct Deployed {
    /// `infra/platform/main.json`.
    pub(super) file: String,
    /// Index of the site in [`sites`].
    pub(super) site: usize,
    pub(super) made: Vec<Made>,
}

/// The subscriptions and groups of all sites, in their order.
pub(super) fn places(sites: &[Site<'_>]) -> Vec<Place> {
    let place = |site: &Site<'_>| Place {
        subscription: site.place.subscription.to_string(),
        group: site.place.resource_group.to_string(),
    };
    sites.iter().map(place).collect()
}

/// The resource groups of all sites.
pub(super) fn groups(project: &Project) -> Vec<Scope> {
    places(&sites(project)).iter().map(|place| Scope::new(place.id())).collect()
}

/// Every compiled template in the folders of the sites.
pub(super) fn deployed(tree: &RenderedTree, project: &Project) -> Vec<Deployed> {
    let sites = sites(project);
    let places = places(&sites);
    let mut all = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let folder = format!("{}/", site.folder());
        for (path, file) in tree.iter().filter(|(path, _)| path.as_str().starts_with(&folder)) {
            let name = path.as_str();
            let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.ends_with(".parameters")) else { continue };
            let Ok(template) = serde_json::from_slice::<Value>(&file.bytes) else { continue };
            let parameters = tree.get(&format!("{stem}.parameters.json"));
            let parameters = parameters.and_then(|file| serde_json::from_slice(&file.bytes).ok()).unwrap_or_default();
            let made = template::read(&template, &parameters, &places[index], &places);
            all.push(Deployed { file: name.to_owned(), site: index, made });
        }
    }
    all
}

/// Everything that is given, each once.
pub(super) fn read(deployed: &[Deployed], project: &Project) -> Vec<Grant> {
    let sites = sites(project);
    let mut all: Vec<Grant> = given(project).iter().map(|one| by_apply(one, &sites, deployed)).collect();
    all.extend(in_devops(project, &places(&sites)));
    for template in deployed {
        all.extend(template.made.iter().filter_map(|made| by_template(template, made)));
    }
    all.sort();
    all.dedup();
    all
}

fn by_apply(given: &Given, sites: &[Site<'_>], deployed: &[Deployed]) -> Grant {
    let places = places(sites);
    let identity_at = |site: usize, name: &str| {
        format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", places[site].id())
    };
    let identity = match &given.holder {
        Holder::Connection(name) => Identity::Connection(name.clone()),
        Holder::Workload(name) => {
            let own = |site: &Site<'_>| {
                site.environment.is_some_and(|one| {
                    crate::artifacts::infra::given::workloads(one).iter().any(|workload| workload.name == *name)
                })
            };
            let site = sites.iter().position(own).unwrap_or_default();
            Identity::Assigned(identity_at(site, name))
        }
    };
    let scope = match &given.at {
        At::Group(site) => places[*site].id(),
        At::Identity(site, name) => identity_at(*site, name),
    };
    let condition = match &identity {
        Identity::Connection(name) if given.limited => {
            let served = |one: &&Deployed| sites[one.site].connection.as_str().eq_ignore_ascii_case(name);
            let templates = deployed.iter().filter(served).filter(|one| one.file.ends_with("/main.json"));
            Some(condition::only(&templates.flat_map(|one| roles_of(&one.made)).collect()))
        }
        _ => None,
    };
    let (role, scope) = (given.role.id.to_owned(), Scope::new(scope));
    Grant { identity, role, scope, condition, from: Giver::Apply, reason: None }
}

/// What `apply` gives in Azure DevOps: to the build service the pipelines that jobs start, to the identity behind events
/// all of them.
fn in_devops(project: &Project, places: &[Place]) -> Vec<Grant> {
    let grant = |identity: Identity, role: &str, scope: Scope| Grant {
        identity,
        role: roles::find(role).map_or_else(|| role.to_owned(), |role| role.id.clone()),
        scope,
        condition: None,
        from: Giver::Apply,
        reason: None,
    };
    let jobs = started_by_jobs(project)
        .map(|kind| grant(Identity::BuildService, roles::QUEUE_BUILDS, Scope::pipeline(kind.as_str())));
    let events = start_pipelines(project).then(|| {
        let (platform, name) = (&places[0], &project.platform.events_identity);
        let id = format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", platform.id());
        grant(Identity::Assigned(id), roles::CONTRIBUTORS, Scope::pipelines())
    });
    jobs.into_iter().chain(events).collect()
}

/// Ids of the roles that a template gives.
fn roles_of(made: &[Made]) -> BTreeSet<String> {
    made.iter().filter_map(role_of).collect()
}

/// The id of the role of an assignment.
pub(super) fn role_of(made: &Made) -> Option<String> {
    if !made.kind.eq_ignore_ascii_case(ASSIGNMENT) || made.existing {
        return None;
    }
    let definition = made.body.pointer("/properties/roleDefinitionId").and_then(Value::as_str)?;
    Some(definition.rsplit('/').next().unwrap_or(definition).to_lowercase())
}

fn by_template(template: &Deployed, made: &Made) -> Option<Grant> {
    let role = role_of(made)?;
    let principal = made.body.pointer("/properties/principalId").and_then(Value::as_str).unwrap_or_default();
    let scope = made.id.split("/providers/Microsoft.Authorization/").next().unwrap_or(&made.id);
    let condition = made.body.pointer("/properties/condition").and_then(Value::as_str).map(str::to_owned);
    let reason = made.body.pointer("/properties/description").and_then(Value::as_str).map(str::to_owned);
    let from = Giver::Template { file: template.file.clone(), module: made.module.join("/") };
    Some(Grant { identity: Identity::of_principal(principal), role, scope: Scope::new(scope), condition, from, reason })
}
