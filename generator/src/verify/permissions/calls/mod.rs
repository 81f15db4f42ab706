//! What the rendered files do, and what that needs: steps of pipelines, deployments, resources, servers and jobs.

mod find;
mod ids;
mod listed;
mod made;
mod programs;
mod read;
mod scopes;
mod shell;
mod steps;
mod table;

pub use listed::{Listed, listed};

use super::grants::{self, Deployed};
use super::model::{Action, Because, Deploys, Identity, Need, Scope, What};
use super::roles;
use super::template::Place;
use crate::artifacts::infra::given::{Site, sites};
use crate::project::Project;
use crate::tree::RenderedTree;
use crate::verify::Finding;

/// What is found on the way through a tree.
pub(super) struct Calls<'a> {
    tree: &'a RenderedTree,
    project: &'a Project,
    sites: Vec<Site<'a>>,
    places: Vec<Place>,
    deployed: &'a [Deployed],
    /// What is needed, one entry for each call.
    pub(super) needs: Vec<Need>,
    /// Calls that the tables do not know, and places that are not known before a run.
    pub(super) unknown: Vec<Finding>,
    /// Jobs that deploy templates.
    pub(super) deploys: Vec<Deploys>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(tree: &'a RenderedTree, project: &'a Project, deployed: &'a [Deployed]) -> Self {
        let sites = sites(project);
        let places = grants::places(&sites);
        Self { tree, project, sites, places, deployed, needs: Vec::new(), unknown: Vec::new(), deploys: Vec::new() }
    }

    /// Notes that `identity` needs `actions` at a scope; `$type` is the type of the scope, `role:` asks for a role.
    fn need<S: AsRef<str>>(&mut self, identity: &Identity, actions: &[S], scope: &str, because: &Because) {
        for action in actions {
            let action = action.as_ref().replace("$type", ids::kind(scope).as_deref().unwrap_or_default());
            let what = match action.strip_prefix("role:") {
                Some(role) => What::Role(roles::find(role).map_or_else(|| role.to_owned(), |role| role.id.clone())),
                None => What::Action(Action::parse(&action)),
            };
            let scope = Scope::new(scope);
            self.needs.push(Need { identity: identity.clone(), what, scope, because: because.clone() });
        }
    }

    /// Says what is not known, at a place.
    fn say(&mut self, file: &str, line: Option<usize>, message: String) {
        if let Ok(path) = crate::tree::path::RelPath::parse(file) {
            self.unknown.push(Finding { path, line, message });
        }
    }

    /// The row of a call that is no command, for `identity` at a scope.
    fn call(&mut self, identity: &Identity, call: &str, scope: &str, mut because: Because) {
        let words: Vec<String> = call.split(' ').map(str::to_owned).collect();
        for row in table::calls(&words) {
            row.source.clone_into(&mut because.source);
            self.need(identity, &row.actions, scope, &because);
        }
    }
}
