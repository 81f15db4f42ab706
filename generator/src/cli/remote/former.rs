//! What a project was called before: what goes on under the new name, and what stays behind under the former one.

use std::collections::BTreeSet;

use mlops_gen::edge::remote::fleet::Fleet;
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::target::{Goal, Keep, Target};
use mlops_gen::project::Project;
use mlops_gen::project::name::ProjectName;
use mlops_gen::remote::desired::Scope;
use mlops_gen::remote::observed::{Owner, State};
use mlops_gen::remote::resource::{Key, Kind, Resource};
use mlops_gen::spec::{counted, verb_of};
use serde_json::{Value, json};

use super::targets;
use crate::cli::failure::Failure;
use crate::cli::loaded::Loaded;

/// What is known of a former name.
pub(super) struct Former {
    /// The name.
    pub(super) name: String,
    /// Resources of that name that the project goes on using.
    pub(super) taken: BTreeSet<Key>,
    /// Resources that the new name leaves where they are; why they are not known where they are not.
    left: Result<Vec<Key>, String>,
}

/// What every project was called before, and what of it is there.
pub(super) type Formers = Vec<Vec<Former>>;

/// Looks what is there under former names, and lets the plans take over what the projects go on using.
pub(super) async fn take_along(loaded: &[Loaded], fleet: &mut Fleet<'_>, scope: Scope) -> Formers {
    let mut all = Vec::new();
    for (one, target) in loaded.iter().zip(&mut fleet.targets) {
        let mut found = Vec::new();
        for name in one.lock.former.keys() {
            let taken = taken(&target.site, &target.desired, name, scope).await;
            if let Goal::Apply { adopt } = &mut target.goal {
                adopt.extend(taken.iter().cloned());
            }
            let left = left(one, &target.desired, name, scope).await;
            found.push(Former { name: name.clone(), taken, left });
        }
        all.push(found);
    }
    all
}

/// Resources that carry the mark of a former name, and that the project wants as they are called.
async fn taken(site: &Site, desired: &[Resource], name: &str, scope: Scope) -> BTreeSet<Key> {
    let Ok(name) = ProjectName::parse(name) else { return BTreeSet::new() };
    let project = Project { name, ..site.project.clone() };
    let mut seen = Site::new(project, site.client.clone());
    if let Some(azure) = site.azure() {
        seen = seen.with_azure(azure.clone());
    }
    let registry = Registry::within(scope);
    let goal = Goal::Apply { adopt: BTreeSet::new() };
    let target = Target { site: seen, desired: desired.to_vec(), registry, goal };
    // What cannot be read is said by the plan.
    let state: State = target.look().await.unwrap_or_default();
    let theirs = |key: &&Key| {
        !matches!(key.kind, Kind::Project | Kind::Files) && state.get(*key).is_some_and(|one| one.owner == Owner::Ours)
    };
    desired.iter().map(|resource| &resource.key).filter(theirs).cloned().collect()
}

/// What a `destroy` of the former name removes.
async fn left(one: &Loaded, desired: &[Resource], name: &str, scope: Scope) -> Result<Vec<Key>, String> {
    let why = |failure: Failure| failure.to_text(false).trim().replace('\n', " ");
    let former = one.former(name).map_err(why)?;
    let goal = Goal::Destroy { keep: kept(one, &former, desired) };
    let fleet = targets::fleet(std::slice::from_ref(&former), scope, &goal).map_err(why)?;
    match fleet.plan().await.remove(0) {
        Ok(planned) => Ok(planned.plan.changes().map(|step| step.key.clone()).collect()),
        Err(errors) => Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    }
}

/// What the project goes on using stays: everything that is called the same. Pipelines are called the same in every folder.
pub(super) fn kept(one: &Loaded, former: &Loaded, desired: &[Resource]) -> Keep {
    let same_folder = one.project.devops.folder == former.project.devops.folder;
    let same = |key: &&Key| same_folder || !matches!(key.kind, Kind::Pipeline | Kind::BranchPolicy);
    Keep { data: false, keys: desired.iter().map(|resource| &resource.key).filter(same).cloned().collect() }
}

impl Former {
    /// What a person should know, line by line; nothing where nothing is left. `now` is what the plan takes over.
    pub(super) fn lines(&self, one: &Loaded, now: &BTreeSet<Key>) -> Vec<String> {
        let Self { name, taken, left } = self;
        let (new, mut lines) = (&one.project.name, Vec::new());
        let along: Vec<&Key> = taken.iter().filter(|key| now.contains(*key)).collect();
        if !along.is_empty() {
            lines.push(format!("renamed from {name}: {new} takes over {}", list(&along)));
        }
        match left {
            Err(why) => lines.push(format!(
                "what is left of the former name {name} is not known ({why}): look for it by hand, it may cost"
            )),
            Ok(left) if left.is_empty() => {}
            Ok(left) => {
                let data: Vec<&Key> = left.iter().filter(|key| key.kind.holds_data()).collect();
                lines.push(format!(
                    "{} of the former name {name} {} still there and may cost, and {new} has others in their place: {}",
                    counted(left.len(), "resource"),
                    verb_of(left.len(), "is", "are"),
                    list(&left.iter().collect::<Vec<_>>())
                ));
                if !data.is_empty() {
                    lines.push(format!(
                        "data, models and history of {name} are not taken along: copy what is needed from {}",
                        list(&data)
                    ));
                }
                lines.push(format!("after `apply`, `{}` removes them", one.call(&format!("destroy --former {name}"))));
            }
        }
        lines
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let keys = |keys: &mut dyn Iterator<Item = &Key>| keys.map(ToString::to_string).collect::<Vec<_>>();
        json!({
            "name": self.name,
            "takenOver": keys(&mut self.taken.iter()),
            "left": self.left.as_ref().ok().map(|left| keys(&mut left.iter())),
            "unknown": self.left.as_ref().err(),
        })
    }
}

/// Some keys by name, the others counted by kind.
fn list(keys: &[&Key]) -> String {
    const NAMED: usize = 6;
    let named: Vec<String> = keys.iter().take(NAMED).map(ToString::to_string).collect();
    match keys.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
