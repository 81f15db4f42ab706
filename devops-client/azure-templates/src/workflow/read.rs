//! A workflow, read from what a deployment makes. What is not known is refused here, all at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::conditions::Condition;
use super::control::{Foreach, Switch, Until};
use super::expression::{Expr, Piece};
use super::functions::is_known;
use super::http::Http;
use super::keys::unknown;
use super::wait::Pause;
use crate::arm::value::Val;

/// A workflow that can be run.
#[derive(Clone, Debug)]
pub struct Workflow {
    pub(super) name: String,
    pub(super) enabled: bool,
    pub(super) parameters: BTreeMap<String, Val>,
    pub(super) trigger: Trigger,
    pub(super) actions: Vec<Action>,
    /// Whether it answers whoever calls it; otherwise they get 202 at once.
    pub(super) answers: bool,
    /// User-assigned identities, by id in small letters.
    pub(super) identities: BTreeSet<String>,
    pub(super) own_identity: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Trigger {
    pub name: String,
    pub split_on: Option<Piece>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
pub(super) struct Action {
    pub name: String,
    /// What it waits for, and how that may have ended.
    pub after: Vec<(String, Vec<String>)>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    If {
        condition: Condition,
        yes: Vec<Action>,
        no: Vec<Action>,
    },
    Scope(Vec<Action>),
    Http(Box<Http>),
    Response {
        status: Piece,
        headers: Option<Piece>,
        body: Option<Piece>,
    },
    Compose(Piece),
    Initialize {
        name: String,
        value: Piece,
    },
    Set {
        name: String,
        value: Piece,
    },
    /// A number that a variable grows by, or shrinks by.
    Count {
        name: String,
        by: Piece,
        up: bool,
    },
    Wait(Pause),
    Foreach(Foreach<Action>),
    Switch(Switch<Action>),
    Until(Until<Action>),
    Terminate {
        failed: bool,
        error: Option<Piece>,
    },
}

impl What {
    /// The lists of actions that stand in it.
    pub fn inner(&self) -> Vec<&[Action]> {
        match self {
            Self::If { yes, no, .. } => vec![yes, no],
            Self::Scope(inner) => vec![inner],
            Self::Foreach(each) => vec![&each.actions],
            Self::Until(until) => vec![&until.actions],
            Self::Switch(switch) => switch.branches().collect(),
            _ => Vec::new(),
        }
    }
}

impl Workflow {
    /// Reads a resource of type `Microsoft.Logic/workflows`, evaluated: `{name, identity, properties}`.
    ///
    /// # Errors
    /// Everything in it that is not known, each with the name of the action that it stands in.
    pub fn read(resource: &Value) -> Result<Self, Vec<String>> {
        let name = resource["name"].as_str().unwrap_or_default().to_owned();
        let definition = &resource["properties"]["definition"];
        let mut wrong = Vec::new();
        unknown(definition, &["$schema", "contentVersion", "parameters", "triggers", "actions", "outputs"], &mut wrong);
        if definition["outputs"].as_object().is_some_and(|outputs| !outputs.is_empty()) {
            wrong.push("`outputs` of a workflow are not known".to_owned());
        }
        let given = &resource["properties"]["parameters"];
        let parameters = parameters(definition, given, &mut wrong);
        let trigger = trigger(&definition["triggers"], &mut wrong);
        let actions = actions(&definition["actions"], &mut wrong);
        let answers = any(&actions, &|what| matches!(what, What::Response { .. }));
        let identities = resource["identity"]["userAssignedIdentities"].as_object();
        let kind = resource["identity"]["type"].as_str().unwrap_or_default();
        match trigger {
            Some(trigger) if trigger.split_on.is_some() && answers => {
                wrong.push(format!("trigger {}: `splitOn` does not go with an action Response", trigger.name));
            }
            Some(trigger) if wrong.is_empty() => {
                return Ok(Self {
                    name,
                    enabled: resource["properties"]["state"] != "Disabled",
                    parameters,
                    trigger,
                    actions,
                    answers,
                    identities: identities.into_iter().flatten().map(|(id, _)| id.to_lowercase()).collect(),
                    own_identity: kind.contains("SystemAssigned"),
                });
            }
            _ => {}
        }
        Err(wrong.into_iter().map(|why| format!("workflow {name}: {why}")).collect())
    }
}

fn parameters(definition: &Value, given: &Value, wrong: &mut Vec<String>) -> BTreeMap<String, Val> {
    let mut found = BTreeMap::new();
    let declared = definition["parameters"].as_object();
    for (name, declaration) in declared.into_iter().flatten() {
        let value = given[name].get("value").or_else(|| declaration.get("defaultValue"));
        match value {
            Some(value) => drop(found.insert(name.clone(), Val::from_json(value.clone()))),
            None => wrong.push(format!("parameter {name} has no value")),
        }
    }
    let undeclared = given.as_object().into_iter().flatten().filter(|(name, _)| !found.contains_key(*name));
    let undeclared = undeclared.filter(|(name, _)| declared.is_none_or(|declared| !declared.contains_key(*name)));
    wrong.extend(undeclared.map(|(name, _)| format!("parameter {name} is not declared")));
    found
}

fn trigger(triggers: &Value, wrong: &mut Vec<String>) -> Option<Trigger> {
    let mut all = triggers.as_object().into_iter().flatten();
    let (Some((name, trigger)), None) = (all.next(), all.next()) else {
        wrong.push("a workflow has one trigger here".to_owned());
        return None;
    };
    let mut own = Vec::new();
    unknown(trigger, &["type", "kind", "inputs", "splitOn", "conditions", "description", "metadata"], &mut own);
    unknown(&trigger["inputs"], &["method", "schema"], &mut own);
    if trigger["type"] != "Request" {
        own.push(format!("the type {} of a trigger is not known", trigger["type"]));
    }
    let split_on = trigger.get("splitOn").map(Piece::read).transpose().map_err(|why| own.push(why)).ok().flatten();
    let mut conditions = Vec::new();
    for condition in trigger["conditions"].as_array().into_iter().flatten() {
        match Condition::read(&condition["expression"]) {
            Ok(condition) => conditions.push(condition),
            Err(why) => own.push(why),
        }
    }
    let pieces = split_on.iter().chain(conditions.iter().flat_map(Condition::pieces));
    pieces.for_each(|piece| functions(piece, &mut own));
    wrong.extend(own.into_iter().map(|why| format!("trigger {name}: {why}")));
    Some(Trigger { name: name.clone(), split_on, conditions })
}

/// The actions of a scope, in an order in which each stands behind those that it waits for.
fn actions(value: &Value, wrong: &mut Vec<String>) -> Vec<Action> {
    let mut waiting = Vec::new();
    for (name, body) in value.as_object().into_iter().flatten() {
        let mut own = Vec::new();
        if let Some(action) = action(name, body, &mut own) {
            waiting.push(action);
        }
        wrong.extend(own.into_iter().map(|why| format!("action {name}: {why}")));
    }
    let mut ordered: Vec<Action> = Vec::new();
    while !waiting.is_empty() {
        let ready =
            |action: &Action| action.after.iter().all(|(name, _)| ordered.iter().any(|done| done.name == *name));
        let Some(next) = waiting.iter().position(ready) else {
            let names: Vec<&str> = waiting.iter().map(|action| action.name.as_str()).collect();
            wrong.push(format!("`runAfter` of {} names what is not there, or goes in a circle", names.join(", ")));
            return ordered;
        };
        ordered.push(waiting.remove(next));
    }
    ordered
}

fn action(name: &str, body: &Value, wrong: &mut Vec<String>) -> Option<Action> {
    let mut after = Vec::new();
    for (other, states) in body["runAfter"].as_object().into_iter().flatten() {
        let states: Vec<String> =
            states.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_uppercase).collect();
        let odd = states.iter().find(|state| !["SUCCEEDED", "FAILED", "SKIPPED", "TIMEDOUT"].contains(&state.as_str()));
        wrong.extend(odd.map(|state| format!("the status {state} in `runAfter` is not known")));
        after.push((other.clone(), states));
    }
    let kind = body["type"].as_str().unwrap_or_default();
    let more: &[&str] = match kind.to_lowercase().as_str() {
        "if" => &["expression", "actions", "else"],
        "scope" => &["actions"],
        "foreach" => &["actions", "foreach", "runtimeConfiguration", "operationOptions"],
        "switch" => &["expression", "cases", "default"],
        "until" => &["actions", "expression", "limit", "operationOptions"],
        "http" => &["inputs", "limit"],
        "response" => &["kind", "inputs"],
        _ => &["inputs"],
    };
    let known: Vec<&str> = ["type", "runAfter", "description", "metadata"].iter().chain(more).copied().collect();
    unknown(body, &known, wrong);
    let inputs = &body["inputs"];
    let mut piece = |value: &Value| match Piece::read(value) {
        Ok(piece) => {
            functions(&piece, wrong);
            Some(piece)
        }
        Err(why) => {
            wrong.push(why);
            None
        }
    };
    let what = match kind.to_lowercase().as_str() {
        "if" => {
            let condition = Condition::read(&body["expression"]).map_err(|why| wrong.push(why)).ok();
            condition.iter().flat_map(Condition::pieces).for_each(|piece| functions(piece, wrong));
            let (yes, no) = (actions(&body["actions"], wrong), actions(&body["else"]["actions"], wrong));
            What::If { condition: condition?, yes, no }
        }
        "scope" => What::Scope(actions(&body["actions"], wrong)),
        "foreach" => {
            let each = Foreach::read(body, &mut actions, wrong)?;
            looped(&each.actions, wrong);
            functions(&each.list, wrong);
            What::Foreach(each)
        }
        "switch" => {
            let switch = Switch::read(body, &mut actions, wrong)?;
            functions(&switch.value, wrong);
            What::Switch(switch)
        }
        "until" => {
            let until = Until::read(body, &mut actions, wrong)?;
            looped(&until.actions, wrong);
            until.condition.pieces().into_iter().for_each(|piece| functions(piece, wrong));
            What::Until(until)
        }
        "wait" => What::Wait(Pause::read(inputs, &mut piece).map_err(|why| wrong.push(why)).ok()?),
        "http" => match Http::read(inputs, body.get("limit")) {
            Ok(http) => {
                http.pieces().into_iter().for_each(|piece| functions(piece, wrong));
                What::Http(Box::new(http))
            }
            Err(more) => {
                wrong.extend(more);
                return None;
            }
        },
        "response" => {
            let parts = (
                piece(&inputs["statusCode"]),
                inputs.get("headers").map(&mut piece),
                inputs.get("body").map(&mut piece),
            );
            unknown(inputs, &["statusCode", "headers", "body", "schema"], wrong);
            What::Response { status: parts.0?, headers: parts.1.flatten(), body: parts.2.flatten() }
        }
        "compose" => What::Compose(piece(inputs)?),
        "initializevariable" => match inputs["variables"].as_array().map(Vec::as_slice) {
            Some([one]) => {
                let name = one["name"].as_str().unwrap_or_default().to_owned();
                What::Initialize { name, value: piece(&one["value"])? }
            }
            _ => {
                wrong.push("InitializeVariable makes one variable".to_owned());
                return None;
            }
        },
        "setvariable" => {
            let name = inputs["name"].as_str().unwrap_or_default().to_owned();
            What::Set { name, value: piece(&inputs["value"])? }
        }
        "incrementvariable" | "decrementvariable" => {
            let name = inputs["name"].as_str().unwrap_or_default().to_owned();
            let by = inputs.get("value").cloned().unwrap_or_else(|| 1.into());
            What::Count { name, by: piece(&by)?, up: kind.eq_ignore_ascii_case("IncrementVariable") }
        }
        "terminate" => match inputs["runStatus"].as_str() {
            Some(status @ ("Succeeded" | "Failed" | "Cancelled")) => {
                What::Terminate { failed: status == "Failed", error: inputs.get("runError").and_then(&mut piece) }
            }
            _ => {
                wrong.push(format!("the status {} of Terminate is not known", inputs["runStatus"]));
                return None;
            }
        },
        _ => {
            wrong.push(format!("the type `{kind}` of an action is not known"));
            return None;
        }
    };
    Some(Action { name: name.to_owned(), after, what })
}

/// Functions of a piece that are not known.
fn functions(piece: &Piece, wrong: &mut Vec<String>) {
    piece.calls(&mut |name: &str, _: &[Expr]| {
        if !is_known(name) {
            wrong.push(format!("the function {name}() is not known"));
        }
    });
}

/// What may stand in no loop.
fn looped(actions: &[Action], wrong: &mut Vec<String>) {
    if any(actions, &|what| matches!(what, What::Response { .. })) {
        wrong.push("an action Response stands in no loop".to_owned());
    }
    if any(actions, &|what| matches!(what, What::Terminate { .. })) {
        wrong.push("an action Terminate stands in no loop".to_owned());
    }
}

fn any(actions: &[Action], wanted: &dyn Fn(&What) -> bool) -> bool {
    actions.iter().any(|action| wanted(&action.what) || action.what.inner().iter().any(|inner| any(inner, wanted)))
}
