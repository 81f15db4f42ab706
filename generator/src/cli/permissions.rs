//! `mlops-gen explain --permissions [IDENTITY]`.

use std::fmt::Write as _;

use mlops_gen::verify::Finding;
use mlops_gen::verify::permissions::{Grant, Identity, Need, Permissions, Scope, What};
use serde_json::{Value, json};

use super::Outcome;
use super::failure::Failure;
use super::loaded::Loaded;
use super::output::Output;

/// Prints who may do what where; of one identity where `wanted` names one.
pub(super) fn run(loaded: &Loaded, wanted: &str, output: Output) -> Result<Outcome, Failure> {
    let permissions = Permissions::read(&loaded.tree, &loaded.project);
    let known = permissions.identities();
    let meant: Vec<&Identity> = known.iter().copied().filter(|one| is(one, wanted)).collect();
    if meant.is_empty() {
        let names: Vec<&str> = known.iter().map(|one| one.name()).collect();
        return Err(Failure::Usage(format!("`{wanted}` is no identity of the project; {} are", names.join(", "))));
    }
    if output.is_json() {
        let all: Vec<Value> = meant.iter().map(|one| as_json(one, &permissions)).collect();
        output.data(&json!({ "identities": all, "unknown": findings(&permissions.unknown) }));
    } else {
        let all: Vec<String> = meant.iter().map(|one| as_text(one, &permissions)).collect();
        output.text(&all.join("\n"));
        permissions.unknown.iter().for_each(|one| output.say(&one.to_string()));
    }
    Ok(Outcome::Clean)
}

/// Each with its file, line and words.
pub(super) fn findings(findings: &[Finding]) -> Vec<Value> {
    let each = findings.iter();
    each.map(|one| json!({ "file": one.path.as_str(), "line": one.line, "what": one.message })).collect()
}

fn is(identity: &Identity, wanted: &str) -> bool {
    wanted.is_empty() || identity.name().eq_ignore_ascii_case(wanted)
}

fn grants<'a>(identity: &'a Identity, permissions: &'a Permissions) -> impl Iterator<Item = &'a Grant> {
    permissions.grants.iter().filter(move |grant| grant.identity == *identity)
}

fn as_json(identity: &Identity, permissions: &Permissions) -> Value {
    let given: Vec<Value> = grants(identity, permissions)
        .map(|grant| {
            json!({
                "role": grant.role_name(),
                "roleId": grant.role,
                "scope": grant.scope.id(),
                "condition": grant.condition,
                "from": grant.from.to_string(),
                "reason": grant.reason,
            })
        })
        .collect();
    let needed: Vec<Value> = needs(identity, permissions)
        .into_iter()
        .map(|(what, scope, calls)| {
            let because: Vec<Value> = calls
                .iter()
                .map(|need| {
                    let because = &need.because;
                    json!({
                        "file": because.file,
                        "line": because.line,
                        "step": because.step,
                        "call": because.call,
                        "source": because.source,
                    })
                })
                .collect();
            let met: Vec<String> = given_by(calls[0], permissions);
            json!({
                "needs": what.to_string(),
                "scope": scope.id(),
                "givenBy": met,
                "byOthers": !permissions.is_ours(scope),
                "because": because,
            })
        })
        .collect();
    json!({ "name": identity.name(), "what": identity.to_string(), "roles": given, "needs": needed })
}

/// What an identity needs, each action and scope with the calls that need it.
fn needs<'a>(identity: &'a Identity, permissions: &'a Permissions) -> Vec<(&'a What, &'a Scope, Vec<&'a Need>)> {
    let mut all: Vec<(&What, &Scope, Vec<&Need>)> = Vec::new();
    for need in permissions.needs.iter().filter(|need| need.identity == *identity) {
        match all.iter_mut().find(|(what, scope, _)| **what == need.what && **scope == need.scope) {
            Some((_, _, calls)) => calls.push(need),
            None => all.push((&need.what, &need.scope, vec![need])),
        }
    }
    all
}

/// The roles that allow it.
fn given_by(need: &Need, permissions: &Permissions) -> Vec<String> {
    let met = permissions.grants.iter().filter(|grant| permissions.meets(grant, need));
    met.map(|grant| format!("{} at {}", grant.role_name(), grant.scope)).collect()
}

fn as_text(identity: &Identity, permissions: &Permissions) -> String {
    let mut text = format!("{identity}\n");
    for grant in grants(identity, permissions) {
        let limited = if grant.condition.is_some() { ", under a condition" } else { "" };
        let _ = writeln!(text, "  {} at {}{limited}  ({})", grant.role_name(), grant.scope, grant.from);
        let own: Vec<&Need> = permissions.needs.iter().filter(|need| permissions.meets(grant, need)).collect();
        let mut steps: Vec<String> = own.iter().map(|need| because(need)).collect();
        steps.sort();
        steps.dedup();
        for step in &steps {
            let _ = writeln!(text, "    for {step}");
        }
    }
    let others = needs(identity, permissions).into_iter().filter(|(_, scope, _)| !permissions.is_ours(scope));
    for (what, scope, calls) in others {
        let _ = writeln!(text, "  {what} at {scope}, to be given by whoever keeps that");
        let _ = writeln!(text, "    for {}", because(calls[0]));
    }
    text
}

/// The call, and the step that makes it.
fn because(need: &Need) -> String {
    let because = &need.because;
    // A deployment makes many resources; the template lists them.
    let call = because.call.split(": ").next().unwrap_or_default();
    match because.step.as_str() {
        "" => format!("{call}  ({})", because.file),
        step => format!("{call}  ({step})"),
    }
}
