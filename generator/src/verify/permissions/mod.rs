//! Who may do what where: of every identity, the roles that it is given, with their scopes and conditions, against what
//! the calls of the rendered files need.
//!
//! | Identity | Its roles come from |
//! |---|---|
//! | behind a service connection | `mlops-gen apply` |
//! | of scoring, of nodes and control planes | `apply` on the platform, templates in their environment |
//! | of workspace, training and events | the platform's template; that of events is a member of Contributors by `apply`, which may start pipelines |
//! | build service of the project, whose token jobs have | `apply`: Queue builds, in Azure DevOps |
//! | whoever deploys by hand | the templates, through `deployer()`; what else it takes people bring along, and `mlops-gen doctor` looks for it |
//!
//! Role definitions are data (`azure_templates::BUILT_IN_ROLES`), as Azure Resource Manager gives them; so is what a call needs
//! (`calls/calls.tsv`, `calls/resources.tsv`), with a document for each row. A call that has no row is said, not guessed.
//!
//! Both directions are proved: a need that nothing meets is missing, and a grant that no need is left without is too much,
//! unless its `description` gives a reason.

mod calls;
pub mod condition;
mod grants;
mod judge;
mod model;
pub mod roles;
mod template;
#[cfg(test)]
mod tests;

pub use calls::{Listed, listed};
pub use model::{Action, Because, Giver, Grant, Identity, Need, Scope, What};

use azure_pipelines::model::Pipeline;

use super::Finding;
use super::pipelines::files::Files;
use crate::project::Project;
use crate::tree::RenderedTree;

/// The permissions of a project, as its rendered files and `apply` make them.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    /// What is given, in order of identity.
    pub grants: Vec<Grant>,
    /// What is needed, in order of identity.
    pub needs: Vec<Need>,
    /// Calls that the tables do not know, and places that are not known before a run.
    pub unknown: Vec<Finding>,
    /// Ids of the project's resource groups: what is elsewhere others give.
    groups: Vec<Scope>,
    /// Jobs that deploy templates.
    deploys: Vec<model::Deploys>,
}

impl Permissions {
    /// What `tree` and `apply` give, and what the files of `tree` need.
    pub fn read(tree: &RenderedTree, project: &Project) -> Self {
        let files = Files::read(tree, &mut Vec::new());
        let expanded: Vec<_> = files.pipelines().map(|(path, root, _)| (path, files.expand(path, root))).collect();
        let pipelines: Vec<_> = expanded.iter().map(|(path, one)| (*path, Pipeline::read(one))).collect();
        Self::of(tree, project, &pipelines)
    }

    /// The same, of pipelines that are expanded already.
    pub(super) fn of(tree: &RenderedTree, project: &Project, pipelines: &[(&str, Pipeline<'_>)]) -> Self {
        let deployed = grants::deployed(tree, project);
        let mut calls = calls::Calls::new(tree, project, &deployed);
        calls.read();
        for (path, pipeline) in pipelines {
            calls.read_pipeline(path, pipeline);
        }
        let (mut needs, mut unknown, deploys) = (calls.needs, calls.unknown, calls.deploys);
        needs.sort();
        needs.dedup();
        unknown.sort();
        unknown.dedup();
        Self { grants: grants::read(&deployed, project), needs, unknown, groups: grants::groups(project), deploys }
    }

    /// Every identity, once.
    pub fn identities(&self) -> Vec<&Identity> {
        let given = self.grants.iter().map(|grant| &grant.identity);
        let mut all: Vec<&Identity> = given.chain(self.needs.iter().map(|need| &need.identity)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether a grant alone is enough for a need. What a template gives to whoever deploys it, the connection of a job
    /// that does so has in that job; whether it has it elsewhere depends on who deployed last.
    pub fn meets(&self, grant: &Grant, need: &Need) -> bool {
        let here = || {
            let (Giver::Template { file, .. }, Identity::Deployer) = (&grant.from, &grant.identity) else {
                return false;
            };
            self.deploys.iter().any(|one| {
                one.file == *file && one.identity == need.identity && need.because.step.starts_with(&one.job)
            })
        };
        (grant.identity == need.identity || here()) && need.is_allowed_by(grant)
    }

    /// Whether something is in a resource group of the project: what is elsewhere, such as an organization's network,
    /// others give.
    pub fn is_ours(&self, scope: &Scope) -> bool {
        scope.is_in_devops() || self.groups.iter().any(|group| group.covers(scope))
    }
}
