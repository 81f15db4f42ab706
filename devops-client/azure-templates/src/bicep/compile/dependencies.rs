//! `dependsOn`: what a resource or module reads must be deployed before it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use super::super::ast::*;
use super::{Locals, Symbol, Unit, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};

/// What is depended on, by name in lower case and name: the whole of it, or single items of a list.
type Wanted = BTreeMap<(String, String), Option<Vec<Value>>>;

impl<'a> Unit<'a> {
    /// Adds `dependsOn`, in the order of the symbols' names.
    pub(super) fn depends_on(
        &self,
        declaration: &Declaration,
        block: &Block,
        out: &mut Map<String, Value>,
        locals: &Locals,
    ) -> Result<(), Problem> {
        let mut wanted = Wanted::new();
        for (name, index) in references(block) {
            self.gather(name, index, locals, &mut wanted)?;
        }
        wanted.remove(&(declaration.name.to_lowercase(), declaration.name.clone()));
        let mut entries = Vec::new();
        for ((_, name), items) in wanted {
            match items {
                None => entries.push(self.entry(&name, None, declaration.at)?),
                Some(mut items) => entries.append(&mut items),
            }
        }
        if !entries.is_empty() {
            out.insert("dependsOn".into(), entries.into());
        }
        Ok(())
    }

    /// Follows variables and existing resources to what is deployed.
    fn gather(&self, name: &str, index: Option<&Expr>, locals: &Locals, wanted: &mut Wanted) -> Result<(), Problem> {
        match self.symbols.get(name) {
            Some(Symbol::Variable(value)) => {
                for (inner, index) in references_of(value) {
                    self.gather(inner, index, &Locals::default(), wanted)?;
                }
            }
            Some(Symbol::Resource(block)) if block.existing => {
                for (inner, _) in references(block) {
                    self.gather(inner, None, &Locals::default(), wanted)?;
                }
            }
            Some(Symbol::Resource(block) | Symbol::Module(block)) => {
                let key = (name.to_lowercase(), name.to_owned());
                match index.filter(|_| block.repeat.is_some()) {
                    Some(index) => {
                        let id = self.entry(name, Some((index, locals)), index.at)?;
                        if let Some(items) = wanted.entry(key).or_insert_with(|| Some(Vec::new())) {
                            items.push(id);
                        }
                    }
                    None => drop(wanted.insert(key, None)),
                }
            }
            Some(Symbol::Parameter) | None => {}
        }
        Ok(())
    }

    /// One entry of `dependsOn`: an id, or the name of a loop.
    fn entry(&self, name: &str, index: Option<(&Expr, &Locals)>, at: Place) -> Result<Value, Problem> {
        let symbol = self.symbol(name, at)?;
        let (Symbol::Resource(block) | Symbol::Module(block)) = symbol else {
            return problem(at, format!("`{name}` is no resource"));
        };
        let locals = match (&block.repeat, index) {
            (Some(head), Some((index, locals))) => {
                let index: Arm = self.convert(index, locals)?;
                self.loop_locals(head, &index, &Locals::default())?
            }
            (Some(_), None) => return Ok(name.into()),
            (None, _) => Locals::default(),
        };
        Ok(match symbol {
            Symbol::Module(_) => self.module_id(block, &locals, at)?.into_json(),
            _ => self.resource_id(block, &locals, at)?.into_json(),
        })
    }

    /// That nothing depends on itself, by whatever way.
    ///
    /// # Errors
    /// The first circle, as the names along it.
    pub(super) fn check_circles(&self, file: &'a File) -> Result<(), Problem> {
        let mut edges: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut lines = HashMap::new();
        for declaration in &file.declarations {
            let names = match &declaration.kind {
                Kind::Variable(value) => references_of(value),
                Kind::Resource(block) | Kind::Module(block) => references(block),
                _ => continue,
            };
            let known = names.into_iter().map(|(name, _)| name).filter(|name| self.symbols.contains_key(name));
            edges.insert(&declaration.name, known.collect());
            lines.insert(declaration.name.as_str(), declaration.at);
        }
        let mut done = HashSet::new();
        for start in edges.keys() {
            let mut path = Vec::new();
            if let Some(circle) = circle(start, &edges, &mut path, &mut done) {
                let at = lines.get(circle[0]).copied().unwrap_or(Place::START);
                return problem(at, format!("declarations depend on each other in a circle: {}", circle.join(" -> ")));
            }
        }
        Ok(())
    }
}

fn circle<'e>(
    here: &'e str,
    edges: &HashMap<&'e str, Vec<&'e str>>,
    path: &mut Vec<&'e str>,
    done: &mut HashSet<&'e str>,
) -> Option<Vec<&'e str>> {
    if let Some(start) = path.iter().position(|p| *p == here) {
        let mut found = path[start..].to_vec();
        found.push(here);
        return Some(found);
    }
    if done.contains(here) {
        return None;
    }
    path.push(here);
    for next in edges.get(here).into_iter().flatten() {
        if let Some(found) = circle(next, edges, path, done) {
            return Some(found);
        }
    }
    path.pop();
    done.insert(here);
    None
}

/// Names that a resource or module reads, with the index behind each.
fn references(block: &Block) -> Vec<(&str, Option<&Expr>)> {
    let mut found = Vec::new();
    let mut bound = Vec::new();
    if let Some(head) = &block.repeat {
        collect(&head.list, &mut bound, 0, &mut found);
        bound.extend(head.names());
    }
    // Names of the block's own loop can be used in `dependsOn`, names of loops further inside cannot.
    let usable = bound.len();
    for expr in block.condition.iter().chain(block.body.iter().flat_map(Entry::children)) {
        collect(expr, &mut bound, usable, &mut found);
    }
    found
}

/// Names that an expression reads, with the index behind each.
fn references_of(expr: &Expr) -> Vec<(&str, Option<&Expr>)> {
    let mut found = Vec::new();
    collect(expr, &mut Vec::new(), 0, &mut found);
    found
}

/// Adds the free names of `expr`. An index that uses a name bound further inside than `usable` is left out: outside of
/// the expression it means nothing, so the whole list is meant.
fn collect<'e>(expr: &'e Expr, bound: &mut Vec<&'e str>, usable: usize, found: &mut Vec<(&'e str, Option<&'e Expr>)>) {
    match &expr.kind {
        ExprKind::Name(name) if bound.contains(&name.as_str()) => {}
        ExprKind::Name(name) => found.push((name, None)),
        ExprKind::Index { base, index, .. } if matches!(&base.bare().kind, ExprKind::Name(n) if !bound.contains(&n.as_str())) =>
        {
            if let ExprKind::Name(name) = &base.bare().kind {
                let mut names = false;
                index.walk(&mut |e| {
                    names |= matches!(&e.kind, ExprKind::Name(n) if bound[usable..].contains(&n.as_str()));
                });
                found.push((name, Some(index.as_ref()).filter(|_| !names)));
            }
            collect(index, bound, usable, found);
        }
        ExprKind::For { head, body } => {
            collect(&head.list, bound, usable, found);
            let before = bound.len();
            bound.extend(head.names());
            collect(body, bound, usable, found);
            bound.truncate(before);
        }
        ExprKind::Lambda { names, body } => {
            let before = bound.len();
            bound.extend(names.iter().map(String::as_str));
            collect(body, bound, usable, found);
            bound.truncate(before);
        }
        _ => {
            for child in expr.children() {
                collect(child, bound, usable, found);
            }
        }
    }
}
