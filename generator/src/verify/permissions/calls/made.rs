//! What resources need: whoever deploys them, and the identities that they name.

use serde_json::Value;

use super::{Calls, ids, table};
use crate::verify::permissions::grants::{Deployed, role_of};
use crate::verify::permissions::model::{Action, Because, Identity, Need, Scope, What};
use crate::verify::permissions::template::Made;

/// What identities of resources need, in every template.
pub(super) fn read(calls: &mut Calls<'_>) {
    for template in calls.deployed {
        for made in template.made.iter().filter(|made| !made.existing) {
            for rule in table::rules(&made.kind).filter(|rule| rule.who != "deployer") {
                let because = because(template, made, rule.source);
                let owners = match rule.who {
                    "workspace" => workspace(calls, &made.id),
                    path => texts(&made.body, path),
                };
                for owner in owners {
                    for target in targets(made, rule.target) {
                        calls.need(&Identity::Assigned(owner.clone()), &rule.actions, &target, &because);
                    }
                }
            }
        }
    }
}

/// What `identity` needs to deploy a template.
pub(super) fn deploy(calls: &mut Calls<'_>, template: &Deployed, identity: &Identity, because: &Because) {
    for made in &template.made {
        let because = Because {
            call: format!("{}: {}", because.call, ids::kind(&made.id).unwrap_or_default()),
            ..because.clone()
        };
        for (function, id) in &made.asks {
            let action = match function.as_str() {
                "reference" => "$type/read".to_owned(),
                "keyVault" => "Microsoft.KeyVault/vaults/deploy/action".to_owned(),
                list => format!("$type/{list}/action"),
            };
            calls.need(identity, &[action], id, &because);
        }
        if made.existing {
            continue;
        }
        write(calls, made, identity, &because);
        for rule in table::rules(&made.kind).filter(|rule| rule.who == "deployer") {
            let because = Because { source: rule.source.to_owned(), ..because.clone() };
            for target in targets(made, rule.target) {
                calls.need(identity, &rule.actions, &target, &because);
            }
        }
    }
}

/// Making the resource itself; a role assignment is made on what it is for.
fn write(calls: &mut Calls<'_>, made: &Made, identity: &Identity, because: &Because) {
    let Some(role) = role_of(made) else {
        return calls.need(identity, &["$type/read", "$type/write"], &made.id, because);
    };
    let scope = made.id.split("/providers/Microsoft.Authorization/").next().unwrap_or(&made.id);
    let action = Action { name: format!("{}/write", made.kind), data: false, role: Some(role) };
    let (identity, scope) = (identity.clone(), Scope::new(scope));
    calls.needs.push(Need { identity, what: What::Action(action), scope, because: because.clone() });
}

fn because(template: &Deployed, made: &Made, source: &str) -> Because {
    Because {
        file: template.file.clone(),
        line: None,
        step: String::new(),
        call: format!("{} {}", made.kind, ids::name(&made.id)),
        source: source.to_owned(),
    }
}

/// The identity of the workspace that something in it belongs to.
fn workspace(calls: &Calls<'_>, id: &str) -> Vec<String> {
    let whole =
        calls.made().filter(|made| made.kind == "Microsoft.MachineLearningServices/workspaces" && !made.existing);
    let own = whole.filter(|made| id.starts_with(&format!("{}/", made.id)));
    own.flat_map(|made| texts(&made.body, "properties.primaryUserAssignedIdentity")).collect()
}

/// The ids at a path of a resource; `id` is its own.
fn targets(made: &Made, path: &str) -> Vec<String> {
    if path == "id" { vec![made.id.clone()] } else { texts(&made.body, path) }
}

/// The id of what a resource is in.
pub(super) fn outer(id: &str) -> Option<&str> {
    id.rsplitn(3, '/').nth(2)
}

/// The texts at a path that are known.
fn texts(body: &Value, path: &str) -> Vec<String> {
    if let Some(inner) = path.strip_suffix('^') {
        return texts(body, inner).iter().filter_map(|id| outer(id).map(str::to_owned)).collect();
    }
    let mut found = vec![body.clone()];
    for step in path.split('.') {
        let (name, each) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        let next = |value: &Value| -> Vec<Value> {
            match (value, name) {
                (Value::Object(map), "@keys") => map.keys().cloned().map(Value::String).collect(),
                _ if each => value[name].as_array().cloned().unwrap_or_default(),
                _ => value.get(name).cloned().into_iter().collect(),
            }
        };
        found = found.iter().flat_map(next).collect();
    }
    let known = found.into_iter().filter_map(|value| value.as_str().map(str::to_owned));
    known.filter(|text| text.starts_with('/')).collect()
}
