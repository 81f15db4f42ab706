//! From options to the projects that are meant, and to what was found out about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlops_gen::edge::azure::Azure;
use mlops_gen::edge::connect::{Connection, variable, variables};
use mlops_gen::edge::project_dir;
use mlops_gen::edge::remote::azure::AzureSite;
use mlops_gen::edge::remote::fleet::Fleet;
use mlops_gen::edge::remote::lock::{Holder, RepositoryLocks, Terms};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::target::{Goal, Target};
use mlops_gen::remote::desired::{self, Scope, Wanted};
use mlops_gen::tree::changes::{Change, Policy};

use super::args::Which;
use crate::cli::advice;
use crate::cli::args_place::SPEC;
use crate::cli::failure::Failure;
use crate::cli::loaded::Loaded;

/// The specs that are meant.
pub(super) fn specs(which: &Which) -> Result<Vec<PathBuf>, Failure> {
    if let Some(folder) = &which.recursive {
        let found = project_dir::find_specs(folder)?;
        if found.is_empty() {
            return Err(Failure::Usage(format!("there is no mlops.yaml below {}", folder.display())));
        }
        return Ok(found);
    }
    Ok(if which.spec.is_empty() { vec![project_dir::find_upwards(SPEC)] } else { which.spec.clone() })
}

/// A project whose files on disk are not what its spec renders.
pub(super) struct Stale {
    spec: PathBuf,
    files: usize,
    advice: Vec<String>,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (files, not) = if self.files == 1 { ("file", "is not") } else { ("files", "are not") };
        let (spec, advice) = (self.spec.display(), self.advice.join("; "));
        write!(f, "{} {files} beside {spec} {not} what it renders; {advice}", self.files)
    }
}

/// Reads, checks and renders every spec. What is to be removed needs no files on disk: only what is to be made, `fresh`
/// ones.
///
/// # Errors
/// The first spec with mistakes. Projects whose files on disk are not the rendered ones come back as stale.
pub(super) fn load(specs: &[PathBuf], fresh: bool) -> Result<Result<Vec<Loaded>, Vec<Stale>>, Failure> {
    let (mut loaded, mut stale) = (Vec::new(), Vec::new());
    for spec in specs {
        let mut project = Loaded::at(spec)?;
        if !fresh {
            loaded.push(project);
            continue;
        }
        project.left_out = project.add_commits();
        let changes = project.changes(Policy::default());
        let different: Vec<Change> = changes.into_iter().filter(|change| advice::differs(&project, change)).collect();
        if different.is_empty() {
            loaded.push(project);
        } else {
            let advice = advice::of(&project, &different);
            stale.push(Stale { spec: spec.clone(), files: different.len(), advice });
        }
    }
    Ok(if stale.is_empty() { Ok(loaded) } else { Err(stale) })
}

/// Projects that would be written over each other: a folder of a repository holds one project.
fn in_one_place(loaded: &[Loaded]) -> Vec<String> {
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut clashes = Vec::new();
    for one in loaded {
        let (devops, name) = (&one.project.devops, one.project.name.to_string());
        let folder = devops.directory.as_str();
        let parts = [devops.organization.as_str(), devops.project.as_str(), devops.repository.as_str(), folder];
        if let Some(other) = places.insert(parts.join("/").to_lowercase(), name.clone()) {
            clashes.push(format!(
                "the projects {other} and {name} both want {} of the repository {} of {}, which holds one project: say in \
                 `devops.directory` of each in which folder of the repository it lies, or name another repository in \
                 `devops.repository` of one of them",
                if folder.is_empty() { "the top".to_owned() } else { format!("the folder {folder}") },
                devops.repository.as_str(),
                devops.project.as_str()
            ));
        }
    }
    clashes
}

/// The projects with one client for all of them.
pub(super) fn fleet(loaded: &[Loaded], scope: Scope, goal: &Goal) -> Result<Fleet<'static>, Failure> {
    let mut connections: BTreeMap<String, Connection> = BTreeMap::new();
    let (mut targets, mut missing) = (Vec::new(), Vec::new());
    let mut azure: Option<Azure> = None;
    for one in loaded {
        let organization = one.project.devops.organization.as_str();
        let connection = match connections.get(organization) {
            Some(connection) => connection.clone(),
            None => Connection::new(&one.project).map_err(|error| Failure::Usage(error.to_string()))?,
        };
        connections.insert(organization.to_owned(), connection.clone());
        let values = variables(&one.project, scope);
        let wanted = Wanted { project: &one.project, tree: &one.tree, content: &one.content, values: &values, scope };
        match desired::desired(&wanted) {
            Ok(mut desired) => {
                let mut site = Site::new(one.project.clone(), connection.devops).with_content(one.content.clone());
                if scope == Scope::Everything {
                    let way = match azure.take() {
                        Some(way) => way,
                        None => Azure::new(&connection.addresses, &variable)
                            .map_err(|error| Failure::Usage(error.to_string()))?,
                    };
                    azure = Some(way.clone());
                    let (tree, values) = (Arc::new(one.tree.clone()), Arc::new(values.clone()));
                    site = site.with_azure(AzureSite { azure: way, tree, values });
                }
                let registry = Registry::within(scope);
                desired.retain(|resource| registry.get(resource.key.kind).is_some());
                targets.push(Target { site, desired, registry, goal: goal.clone() });
            }
            Err(values) => missing.extend(values.iter().map(|value| format!("{}: {value}", one.project.name))),
        }
    }
    if !missing.is_empty() {
        return Err(Failure::Services(missing));
    }
    let clashes = in_one_place(loaded);
    if !clashes.is_empty() {
        return Err(Failure::Usage(clashes.join("\n")));
    }
    if connections.len() > 1 {
        let names: Vec<String> = connections.into_keys().collect();
        return Err(Failure::Usage(format!("one organization at a time, these are several: {}", names.join(", "))));
    }
    let reads = connections.into_values().next().map(|connection| connection.reads);
    let terms = Terms::from(&variable).map_err(|error| Failure::Usage(error.to_string()))?;
    let locks = RepositoryLocks::new(Holder::here()).terms(terms);
    Ok(Fleet::new(targets, reads, Some(Arc::new(locks))))
}

/// A path as people write it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
