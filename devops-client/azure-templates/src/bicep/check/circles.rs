//! Declarations that need each other.

use std::collections::{HashMap, HashSet};

use super::super::ast::*;
use super::{Checker, Place};

impl<'a> Checker<'a> {
    /// Names that are part of a circle; each reference along it is reported.
    pub(super) fn circles(&self, file: &'a File) -> HashSet<String> {
        let mut edges: HashMap<&str, Vec<(&str, Place)>> = HashMap::new();
        for declaration in &file.declarations {
            let mut found = Vec::new();
            for (mut bound, expr) in expressions(declaration) {
                names(expr, &mut bound, &mut found);
            }
            found.retain(|(name, _)| self.symbols.contains_key(name));
            if !matches!(declaration.kind, Kind::Output { .. }) {
                edges.insert(&declaration.name, found);
            }
        }
        let mut circular = HashSet::new();
        for name in edges.keys() {
            if !reaches(name, name, &edges) {
                continue;
            }
            circular.insert((*name).to_owned());
            for (next, at) in &edges[name] {
                if next == name {
                    self.say(*at, "BCP079", format!("`{name}` refers to itself"));
                } else if reaches(next, name, &edges) {
                    self.say(*at, "BCP080", format!("`{name}` and `{next}` need each other"));
                }
            }
        }
        circular
    }
}

/// Whether `to` can be reached from `from` in at least one step.
fn reaches(from: &str, to: &str, edges: &HashMap<&str, Vec<(&str, Place)>>) -> bool {
    let mut open = vec![from];
    let mut seen = HashSet::new();
    while let Some(at) = open.pop() {
        for (next, _) in edges.get(at).into_iter().flatten() {
            if *next == to {
                return true;
            }
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    false
}

/// The expressions of a declaration, and the names of its loop where these are bound.
fn expressions(declaration: &Declaration) -> Vec<(Vec<&str>, &Expr)> {
    match &declaration.kind {
        Kind::Metadata(value) | Kind::Assignment(value) | Kind::Variable(value) | Kind::Output { value, .. } => {
            vec![(Vec::new(), value)]
        }
        Kind::Parameter { default, .. } => default.iter().map(|value| (Vec::new(), value)).collect(),
        Kind::Resource(block) | Kind::Module(block) => {
            let bound: Vec<&str> = block.repeat.iter().flat_map(Loop::names).collect();
            let list = block.repeat.iter().map(|head| (Vec::new(), head.list.as_ref()));
            let body = block.condition.iter().chain(block.body.iter().flat_map(Entry::children));
            list.chain(body.map(|value| (bound.clone(), value))).collect()
        }
    }
}

/// Names that an expression reads, and where.
fn names<'e>(expr: &'e Expr, bound: &mut Vec<&'e str>, found: &mut Vec<(&'e str, Place)>) {
    let before = bound.len();
    match &expr.kind {
        ExprKind::Name(name) if !bound.contains(&name.as_str()) => found.push((name, expr.at)),
        ExprKind::For { head, body } => {
            names(&head.list, bound, found);
            bound.extend(head.names());
            names(body, bound, found);
        }
        ExprKind::Lambda { names: own, body } => {
            bound.extend(own.iter().map(String::as_str));
            names(body, bound, found);
        }
        _ => expr.children().into_iter().for_each(|child| names(child, bound, found)),
    }
    bound.truncate(before);
}
