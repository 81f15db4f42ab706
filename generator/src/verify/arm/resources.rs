//! Resources of a template: versions, names, and what they depend on.

use serde_json::Value;

use super::excerpt::short;
use super::expression::{Expression, parse};
use super::names;
use super::values::Values;
use crate::artifacts::infra::api_versions;

/// The resources of a template.
pub(super) fn of(template: &Value) -> &[Value] {
    template.get("resources").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A resource as `dependsOn` may name it.
struct Named<'a> {
    kind: &'a str,
    /// Segments of the name, as expressions.
    segments: Vec<Expression>,
    /// Name of the loop, if it is one.
    copy: Option<&'a str>,
}

pub(super) fn check(template: &Value, values: &Values<'_>, say: &mut impl FnMut(String)) {
    let resources = of(template);
    let named: Vec<Named<'_>> = resources.iter().map(named).collect();
    let mut edges: Vec<Vec<usize>> = Vec::new();
    for (resource, own) in resources.iter().zip(&named) {
        check_identity(resource, own, values, say);
        let mut targets = Vec::new();
        for entry in resource.get("dependsOn").and_then(Value::as_array).into_iter().flatten() {
            let text = entry.as_str().unwrap_or_default();
            match target(text, &named) {
                Some(index) => targets.push(index),
                None => say(format!("{} depends on `{}`, which is no resource of its template", own.kind, short(text))),
            }
        }
        edges.push(targets);
    }
    if let Some(start) = (0..edges.len()).find(|start| reaches(*start, &edges)) {
        say(format!("{} depends on itself, by way of others", named[start].kind));
    }
}

fn named(resource: &Value) -> Named<'_> {
    let name = resource["name"].as_str().unwrap_or_default();
    let segments = match parse(name) {
        Some(Ok(Expression::Call(function, arguments))) if function == "format" && is_path(arguments.first()) => {
            arguments[1..].to_vec()
        }
        Some(Ok(expression)) => vec![expression],
        _ => name.split('/').map(|part| Expression::Literal(part.into())).collect(),
    };
    let copy = resource.pointer("/copy/name").and_then(Value::as_str);
    Named { kind: resource["type"].as_str().unwrap_or_default(), segments, copy }
}

/// Whether a pattern joins whole names: `{0}/{1}`.
fn is_path(pattern: Option<&Expression>) -> bool {
    pattern.and_then(Expression::text).is_some_and(|text| {
        text.contains('/') && text.split('/').enumerate().all(|(index, part)| part == format!("{{{index}}}"))
    })
}

/// Type, API version, number of segments of the name, and the name itself as far as it is known.
fn check_identity(resource: &Value, own: &Named<'_>, values: &Values<'_>, say: &mut impl FnMut(String)) {
    let Some(version) = resource.get("apiVersion").and_then(Value::as_str).filter(|_| own.kind.contains('/')) else {
        return say(format!("a resource needs a type and an API version, this is `{}`", own.kind));
    };
    if let Err(why) = api_versions::check(own.kind, version) {
        say(why);
    }
    let wanted = own.kind.matches('/').count();
    let value = values.value(&resource["name"]);
    let segments = match value.as_ref().and_then(Value::as_str) {
        Some(name) => name.split('/').count(),
        None if own.segments.len() == 1 && wanted > 1 => wanted,
        None => own.segments.len(),
    };
    if segments != wanted {
        return say(format!("the name of a {} has {wanted} segment(s), this has {segments}", own.kind));
    }
    if let Some(name) = value.as_ref().and_then(Value::as_str)
        && let Err(why) = names::check(own.kind, name)
    {
        say(format!("`{name}`: {why}"));
    }
}

/// The resource that an entry of `dependsOn` means.
fn target(text: &str, named: &[Named<'_>]) -> Option<usize> {
    let Some(expression) = parse(text) else {
        return named.iter().position(|n| n.copy == Some(text));
    };
    let Ok(Expression::Call(_, arguments)) = expression else {
        return None;
    };
    let at = arguments.iter().position(|a| a.text().is_some_and(is_type))?;
    let kind = arguments[at].text()?;
    let segments = &arguments[at + 1..];
    named.iter().position(|n| n.kind.eq_ignore_ascii_case(kind) && (n.copy.is_some() || n.segments == segments))
}

fn is_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(provider, _)| provider.contains('.') && !provider.is_empty())
}

/// Whether `start` reaches itself.
fn reaches(start: usize, edges: &[Vec<usize>]) -> bool {
    let mut seen = vec![false; edges.len()];
    let mut stack = edges[start].clone();
    while let Some(at) = stack.pop() {
        if at == start {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            stack.extend(&edges[at]);
        }
    }
    false
}
