//! What a deployment makes: resources with their loops, conditions and nested deployments carried out, and outputs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::evaluate::{Frame, Locals, Node, Ran, State};
use super::expression::Arm;
use super::known::{Known, Nothing, given_value};
use super::setting::{Setting, joined};
use super::value::Val;

/// Levels of deployments in deployments.
const MAX_NESTED: usize = 20;

/// The most items that one loop of resources has (the service's own limit).
const MAX_COPIES: i64 = 800;

/// Keys of a resource that say how it is deployed, not what it is.
const OF_DEPLOYING: [&str; 9] =
    ["type", "name", "apiVersion", "condition", "copy", "dependsOn", "scope", "comments", "metadata"];

/// What a deployment makes. What only Azure knows is left as an expression in brackets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// Resources in the order of the template, with `id`, `type`, `name` and `apiVersion`; those of nested deployments where
    /// these stand. One that may be left out has its `condition`.
    pub resources: Vec<Value>,
    /// Values of the outputs.
    pub outputs: Map<String, Value>,
}

/// What the deployment of `template` with `parameters` makes: a map of `{"value": …}`, as parameter files have it.
///
/// # Errors
/// What keeps the template from being deployed, with the place in it.
pub fn evaluate(template: &Value, parameters: &Map<String, Value>, setting: &Setting) -> Result<Made, String> {
    evaluate_with(template, parameters, setting, &Nothing)
}

/// As [`evaluate`], where more is known of Azure than the files say.
///
/// # Errors
/// As [`evaluate`], and what `known` says.
pub fn evaluate_with(
    template: &Value,
    parameters: &Map<String, Value>,
    setting: &Setting,
    known: &dyn Known,
) -> Result<Made, String> {
    let given = parameters
        .iter()
        .map(|(name, entry)| Ok((name.clone(), given_value(name, &Val::from_json(entry.clone()), known)?)));
    let (resources, outputs) = run(template, given.collect::<Result<_, String>>()?, setting, known, 0)?;
    let outputs = outputs.into_iter().map(|(name, value)| (name, value.into_json())).collect();
    Ok(Made { resources, outputs })
}

fn run(
    template: &Value,
    given: Vec<(String, Val)>,
    setting: &Setting,
    known: &dyn Known,
    depth: usize,
) -> Result<Ran, String> {
    if depth > MAX_NESTED {
        return Err(format!("deployments are nested more than {MAX_NESTED} deep"));
    }
    let empty = Map::new();
    let variables = template.get("variables").and_then(Value::as_object).unwrap_or(&empty);
    let mut frame = Frame::new(setting, variables, known, depth);
    parameters(template, given, &mut frame)?;
    let groups = RefCell::new(HashMap::new());
    let mut parts = Vec::new();
    for (place, resource) in resources(template) {
        for (position, locals) in repeated(&frame, resource).map_err(|error| format!("{place}: {error}"))? {
            let place = position.map_or(place.clone(), |position| format!("{place}, item {position}"));
            let part = part(&frame, resource, &locals, &groups).map_err(|error| format!("{place}: {error}"))?;
            parts.extend(part.map(|part| (place, part)));
        }
    }
    let mut made = Vec::new();
    for (place, part) in parts {
        match part {
            Part::Nested(id) => {
                let ran = frame.nested(&id).unwrap_or_else(|| Err("it is not there".to_owned()));
                made.extend(ran.map_err(|error| format!("{place}: {error}"))?.0.iter().cloned());
            }
            Part::Plain(resource, locals) => {
                let resource = plain(&frame, resource, &locals).map_err(|error| format!("{place}: {error}"))?;
                made.push(resource);
            }
        }
    }
    let mut outputs = Vec::new();
    for (name, output) in template.get("outputs").and_then(Value::as_object).into_iter().flatten() {
        let value = output_value(&frame, output).map_err(|error| format!("output {name}: {error}"))?;
        outputs.extend(value.map(|value| (name.clone(), value)));
    }
    Ok((made, outputs))
}

fn parameters(template: &Value, given: Vec<(String, Val)>, frame: &mut Frame<'_>) -> Result<(), String> {
    let empty = Map::new();
    let declared = template.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
    for (name, value) in given {
        if !declared.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
            return Err(format!("the template declares no parameter `{name}`"));
        }
        frame.parameters.insert(name.to_lowercase(), value);
    }
    // Defaults may need other parameters, in whatever order these are declared.
    let mut waiting: Vec<(&String, &Value)> = Vec::new();
    for (name, declaration) in declared {
        if frame.parameters.contains_key(&name.to_lowercase()) {
            continue;
        }
        match declaration.get("defaultValue") {
            Some(default) => waiting.push((name, default)),
            None if declaration["nullable"] == true => drop(frame.parameters.insert(name.to_lowercase(), Val::Null)),
            None => return Err(format!("parameter `{name}` has no value and no default")),
        }
    }
    loop {
        let before = waiting.len();
        let mut first = None;
        waiting.retain(|(name, default)| match frame.value(default, &Locals::default()) {
            Ok(value) => {
                frame.parameters.insert(name.to_lowercase(), value);
                false
            }
            Err(error) => {
                first.get_or_insert(format!("default of parameter `{name}`: {error}"));
                true
            }
        });
        match first {
            None => return Ok(()),
            Some(error) if waiting.len() == before => return Err(error),
            Some(_) => {}
        }
    }
}

/// Resources of a template, with a place for messages; templates may have names for them.
fn resources(template: &Value) -> Vec<(String, &Value)> {
    match template.get("resources") {
        Some(Value::Array(items)) => {
            items.iter().enumerate().map(|(index, item)| (format!("resources[{index}]"), item)).collect()
        }
        Some(Value::Object(map)) => map.iter().map(|(name, item)| (format!("resource {name}"), item)).collect(),
        _ => Vec::new(),
    }
}

/// The items of the loop of a resource, or the resource alone.
fn repeated(frame: &Frame<'_>, resource: &Value) -> Result<Vec<(Option<i64>, Locals)>, String> {
    let Some(copy) = resource.get("copy") else {
        return Ok(vec![(None, Locals::default())]);
    };
    let count = match frame.value(&copy["count"], &Locals::default())? {
        Val::Number(number) => number.as_i64().unwrap_or(-1),
        other => return Err(format!("the count of the loop is {}, not a number that is known", other.kind())),
    };
    if !(0..=MAX_COPIES).contains(&count) {
        return Err(format!("the loop has {count} items; a deployment takes at most {MAX_COPIES}"));
    }
    let name = copy["name"].as_str().unwrap_or_default();
    Ok((0..count).map(|position| (Some(position), Locals::default().copy(name, position))).collect())
}

enum Part<'t> {
    Plain(&'t Value, Locals),
    /// A nested deployment, by its id.
    Nested(String),
}

/// A resource, if it is deployed; nested deployments are handed to the frame.
fn part<'t>(
    frame: &Frame<'t>,
    resource: &'t Value,
    locals: &Locals,
    groups: &RefCell<HashMap<String, String>>,
) -> Result<Option<Part<'t>>, String> {
    // What is only referred to is not deployed (Microsoft Learn, "languageVersion 2.0").
    if resource.get("existing") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    if let Some(condition) = resource.get("condition")
        && frame.value(condition, locals)? == Val::Bool(false)
    {
        return Ok(None);
    }
    let kind = resource["type"].as_str().unwrap_or_default();
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups")
        && let (Val::Text(name), Val::Text(location)) =
            (frame.value(&resource["name"], locals)?, frame.value(&resource["location"], locals)?)
    {
        groups.borrow_mut().insert(name.to_lowercase(), location);
    }
    let Some(template) = resource.pointer("/properties/template").filter(|_| is_deployment(kind)) else {
        return Ok(Some(Part::Plain(resource, locals.clone())));
    };
    if resource.pointer("/properties/expressionEvaluationOptions/scope") != Some(&json!("inner")) {
        return Err(
            "a nested deployment with the outer scope of evaluation is not of what this tool works out".to_owned()
        );
    }
    let Val::Text(name) = frame.value(&resource["name"], locals)? else {
        return Err("the name of a nested deployment is known when the deployment starts".to_owned());
    };
    let setting = nested_setting(frame, resource, template, locals, &name, &groups.borrow())?;
    let root = resource.get("scope").and_then(Value::as_str) == Some("/");
    let base = if root { String::new() } else { setting.scope_id() };
    let id = joined(&base, &["Microsoft.Resources/deployments", &name])?;
    frame.nest(Node {
        id: id.clone(),
        setting,
        template,
        given: resource.pointer("/properties/parameters").and_then(Value::as_object),
        locals: locals.clone(),
        state: State::Waiting,
    });
    Ok(Some(Part::Nested(id)))
}

fn is_deployment(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("Microsoft.Resources/deployments")
}

fn nested_setting(
    frame: &Frame<'_>,
    resource: &Value,
    template: &Value,
    locals: &Locals,
    name: &str,
    groups: &HashMap<String, String>,
) -> Result<Setting, String> {
    let text = |key: &str| match resource.get(key).map(|value| frame.value(value, locals)).transpose()? {
        Some(Val::Text(text)) => Ok(Some(text)),
        None => Ok(None),
        Some(other) => Err(format!("`{key}` of a nested deployment is a text that is known, not {}", other.kind())),
    };
    let (subscription, group) = (text("subscriptionId")?, text("resourceGroup")?);
    let above =
        template.get("$schema").and_then(Value::as_str).is_some_and(|schema| schema.contains("subscriptionDeployment"));
    let outer = frame.setting;
    let mut setting = Setting { deployment: name.to_owned(), ..outer.clone() };
    if above {
        setting.resource_group = None;
        setting.location = text("location").ok().flatten().or_else(|| outer.location.clone());
    } else if let Some(group) = group {
        let same = subscription.is_none() && outer.resource_group.as_deref() == Some(group.as_str());
        if !same {
            setting.location = groups.get(&group.to_lowercase()).cloned().filter(|_| subscription.is_none());
        }
        setting.resource_group = Some(group);
    }
    if let Some(subscription) = subscription {
        setting.subscription = subscription;
    }
    Ok(setting)
}

/// A resource with everything in it worked out.
fn plain(frame: &Frame<'_>, resource: &Value, locals: &Locals) -> Result<Value, String> {
    let kind = resource["type"].as_str().ok_or("a resource has a `type`")?;
    let name = frame.value(&resource["name"], locals)?;
    let scope = resource.get("scope").map(|scope| frame.value(scope, locals)).transpose()?;
    let mut out = Map::new();
    out.insert("id".into(), id(frame, kind, &name, scope).into_json());
    out.insert("type".into(), kind.into());
    out.insert("name".into(), name.into_json());
    out.insert("apiVersion".into(), resource["apiVersion"].clone());
    if let Some(condition) = resource.get("condition")
        && let open @ Val::Open(_) = frame.value(condition, locals)?
    {
        out.insert("condition".into(), open.into_json());
    }
    for (key, value) in resource.as_object().into_iter().flatten() {
        if !OF_DEPLOYING.contains(&key.as_str()) {
            let value = frame.value(value, locals).map_err(|error| format!("{key}: {error}"))?;
            out.insert(key.clone(), value.into_json());
        }
    }
    Ok(out.into())
}

fn id(frame: &Frame<'_>, kind: &str, name: &Val, scope: Option<Val>) -> Val {
    let base = match scope {
        None => frame.setting.scope_id(),
        Some(Val::Text(scope)) if scope == "/" => String::new(),
        Some(Val::Text(scope)) if scope.starts_with('/') => scope,
        // Relative to what the template is deployed to.
        Some(Val::Text(scope)) => {
            let (types, names): (Vec<&str>, Vec<&str>) = {
                let parts: Vec<&str> = scope.split('/').collect();
                let (head, tail) = parts.split_at(parts.len().min(1));
                let types = head.iter().chain(tail.iter().step_by(2)).copied().collect();
                (types, tail.iter().skip(1).step_by(2).copied().collect())
            };
            let kind = types.join("/");
            let rest: Vec<&str> = std::iter::once(kind.as_str()).chain(names).collect();
            joined(&frame.setting.scope_id(), &rest).unwrap_or(scope)
        }
        Some(other) => {
            return Val::Open(Arm::call(
                "extensionResourceId",
                vec![other.into_arm(), Arm::text(kind), name.clone().into_arm()],
            ));
        }
    };
    let Val::Text(text) = name else {
        return Val::Open(Arm::call("resourceId", vec![Arm::text(kind), name.clone().into_arm()]));
    };
    let rest: Vec<&str> = std::iter::once(kind).chain(text.split('/')).collect();
    joined(&base, &rest).map_or_else(|_| Val::Text(format!("{base}/providers/{kind}/{text}")), Val::Text)
}

fn output_value(frame: &Frame<'_>, output: &Value) -> Result<Option<Val>, String> {
    if let Some(condition) = output.get("condition")
        && frame.value(condition, &Locals::default())? == Val::Bool(false)
    {
        return Ok(None);
    }
    match output.get("copy") {
        Some(copy) => frame.copied(copy, "", &Locals::default()).map(Some),
        None => frame.value(&output["value"], &Locals::default()).map(Some),
    }
}

impl<'t> Frame<'t> {
    fn nest(&self, node: Node<'t>) {
        self.nodes.borrow_mut().push(node);
    }

    /// What `reference(id)` of a nested deployment gives as its outputs; nothing if there is no such deployment here.
    pub(super) fn nested_outputs(&self, id: &str) -> Option<Result<Val, String>> {
        let ran = self.nested(id)?;
        Some(ran.map(|ran| {
            let entry =
                |(name, value): &(String, Val)| (name.clone(), Val::Object(vec![("value".to_owned(), value.clone())]));
            Val::Object(ran.1.iter().map(entry).collect())
        }))
    }

    fn nested(&self, id: &str) -> Option<Result<Rc<Ran>, String>> {
        let index = self.nodes.borrow().iter().position(|node| node.id.eq_ignore_ascii_case(id))?;
        let (setting, template, given, locals) = {
            let mut nodes = self.nodes.borrow_mut();
            let node = &mut nodes[index];
            match &node.state {
                State::Done(done) => return Some(shared(done)),
                State::Running => return Some(Err("nested deployments wait for each other in a circle".to_owned())),
                State::Waiting => {}
            }
            node.state = State::Running;
            (node.setting.clone(), node.template, node.given, node.locals.clone())
        };
        let values = given.into_iter().flatten().map(|(name, entry)| {
            given_value(name, &self.value(entry, &locals)?, self.known).map(|value| (name.clone(), value))
        });
        let ran = values
            .collect::<Result<Vec<_>, String>>()
            .and_then(|given| run(template, given, &setting, self.known, self.level + 1));
        let done = Rc::new(ran);
        self.nodes.borrow_mut()[index].state = State::Done(done.clone());
        Some(shared(&done))
    }
}

fn shared(done: &Rc<Result<Ran, String>>) -> Result<Rc<Ran>, String> {
    match done.as_ref() {
        Ok(ran) => Ok(Rc::new(ran.clone())),
        Err(error) => Err(error.clone()),
    }
}
