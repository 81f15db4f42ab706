//! Resources that are declared within others: taken out, each with its whole type, name and parent.

use std::collections::HashMap;

use super::super::ast::*;
use crate::Problem;

/// Adds `declaration` to `file`, after the resources that are declared within it: as the compiler writes them.
pub(super) fn flatten(mut declaration: Declaration, file: &mut Vec<Declaration>) -> Result<(), Problem> {
    let Kind::Resource(block) = &mut declaration.kind else {
        file.push(declaration);
        return Ok(());
    };
    let nested = std::mem::take(&mut block.nested);
    if nested.is_empty() {
        file.push(declaration);
        return Ok(());
    }
    if block.repeat.is_some() {
        return Err(Problem::new(nested[0].at, "BCP160", "a resource in a loop has no resources within it"));
    }
    let names: HashMap<String, String> =
        nested.iter().map(|inner| (inner.name.clone(), format!("{}::{}", declaration.name, inner.name))).collect();
    for entry in &mut block.body {
        entry.values_mut().into_iter().for_each(|value| rename(value, &names));
    }
    let (parent_type, parent_version) = block.reference.split_once('@').unwrap_or((&block.reference, ""));
    for mut inner in nested {
        if let Kind::Resource(own) = &mut inner.kind {
            let (segment, version) = own.reference.split_once('@').unwrap_or((&own.reference, parent_version));
            if segment.contains('/') || segment.is_empty() {
                return Err(Problem::new(own.reference_at, "BCP156", "a nested resource has one segment as its type"));
            }
            own.reference = format!("{parent_type}/{segment}@{version}");
            let parent = Expr { kind: ExprKind::Name(declaration.name.clone()), at: own.body_at };
            let key = Text { texts: vec!["parent".to_owned()], codes: Vec::new() };
            own.body.insert(0, Entry::Property { key, at: own.body_at, value: parent });
            own.condition = match (block.condition.clone(), own.condition.take()) {
                (Some(outer), Some(inner)) => {
                    let at = inner.at;
                    let kind = ExprKind::Binary { operator: "&&", left: Box::new(outer), right: Box::new(inner) };
                    Some(Expr { kind, at })
                }
                (outer, inner) => outer.or(inner),
            };
            for value in own.condition.iter_mut().chain(own.body.iter_mut().flat_map(Entry::values_mut)) {
                rename(value, &names);
            }
            own.nested.iter_mut().for_each(|deeper| rename_in(deeper, &names));
        }
        inner.name = names.get(&inner.name).cloned().unwrap_or(inner.name);
        flatten(inner, file)?;
    }
    file.push(declaration);
    Ok(())
}

fn rename_in(declaration: &mut Declaration, names: &HashMap<String, String>) {
    if let Kind::Resource(block) = &mut declaration.kind {
        block.body.iter_mut().flat_map(Entry::values_mut).for_each(|value| rename(value, names));
        block.condition.iter_mut().for_each(|value| rename(value, names));
        block.nested.iter_mut().for_each(|deeper| rename_in(deeper, names));
    }
}

/// Names of nested resources, where they stand alone, become whole names.
fn rename(expr: &mut Expr, names: &HashMap<String, String>) {
    if let ExprKind::Name(name) = &mut expr.kind
        && let Some(whole) = names.get(name)
    {
        name.clone_from(whole);
    }
    expr.children_mut().into_iter().for_each(|child| rename(child, names));
}

/// `a::b` becomes the name of the resource, everywhere in a file.
pub(super) fn join(file: &mut File) {
    for declaration in &mut file.declarations {
        match &mut declaration.kind {
            Kind::Metadata(value) | Kind::Assignment(value) | Kind::Variable(value) | Kind::Output { value, .. } => {
                join_in(value);
            }
            Kind::Parameter { default, .. } => default.iter_mut().for_each(join_in),
            Kind::Resource(block) | Kind::Module(block) => {
                block.repeat.iter_mut().for_each(|head| join_in(&mut head.list));
                block.condition.iter_mut().for_each(join_in);
                block.body.iter_mut().flat_map(Entry::values_mut).for_each(join_in);
            }
        }
    }
}

fn join_in(expr: &mut Expr) {
    expr.children_mut().into_iter().for_each(join_in);
    if let ExprKind::Nested { base, name, .. } = &expr.kind
        && let ExprKind::Name(outer) = &base.bare().kind
    {
        expr.kind = ExprKind::Name(format!("{outer}::{name}"));
    }
}
