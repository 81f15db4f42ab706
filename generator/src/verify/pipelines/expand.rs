//! What a run would consist of: templates put in, conditions decided, loops unrolled, as far as that is known
//! before somebody queues it. What only a run decides stays, marked as not sure.

use super::super::Finding;
use super::expression::evaluate::{Scope as Names, evaluate};
use super::expression::parse::parse;
use super::expression::value::Value;
use super::files::{Files, finding, resolve};
use super::parameters;
use super::text::{Directive, Piece, directive, pieces};
use super::yaml::{Kind, Node, Place};

/// Templates inside each other: Azure Pipelines' own limit.
const DEPTH: usize = 100;

/// A pipeline with everything put in.
#[derive(Debug)]
pub struct Expanded {
    /// The whole pipeline.
    pub root: Node,
    /// Whether lists may hold more than can be seen: nothing proves that something is missing.
    pub open: bool,
}

/// What names stand for inside one file.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Parameters of the file.
    pub parameters: Vec<(String, Option<Value>)>,
    /// The same as they were written, so that what is wrong with one is reported where it was given.
    given: Vec<(String, Node)>,
    loops: Vec<(String, Option<Value>)>,
}

impl Names for Scope {
    fn lookup(&self, name: &str) -> Option<Value> {
        if name.eq_ignore_ascii_case("parameters") {
            return Some(Value::Object(self.parameters.clone()));
        }
        let found = self.loops.iter().rev().find(|(variable, _)| variable.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.clone())
    }

    fn lookup_in(&self, _: &str, _: &str) -> Option<Value> {
        // Variables and the rest are partly known at compile time; nobody's templates should depend on it.
        None
    }
}

/// Expands the pipeline `root` of `files`; what is wrong with templates and their parameters becomes findings.
pub fn expand(files: &Files<'_>, root: &Node, findings: &mut Vec<Finding>) -> Expanded {
    let parameters =
        parameters::declared(root).into_iter().map(|parameter| (parameter.name.to_owned(), None)).collect();
    let mut expander = Expander { files, findings, open: false, depth: 0 };
    let scope = Scope { parameters, ..Scope::default() };
    let root = expander.map(root, &scope, "");
    Expanded { root, open: expander.open }
}

struct Expander<'a, 'b> {
    files: &'a Files<'b>,
    findings: &'a mut Vec<Finding>,
    open: bool,
    depth: usize,
}

/// Whether a condition holds; `None` before the run.
type Verdict = Option<bool>;

impl Expander<'_, '_> {
    /// `place` is the list that the value belongs to: `stages`, `jobs`, `steps`, `variables`, or another key.
    fn node(&mut self, node: &Node, scope: &Scope, place: &str) -> Node {
        match &node.kind {
            Kind::Scalar { text, .. } => self.scalar(node, text, scope),
            Kind::Map(_) => self.map(node, scope, place),
            Kind::List(items) => {
                let items = self.list(items, scope, place);
                Node { kind: Kind::List(items), ..node.clone() }
            }
        }
    }

    fn value(&self, text: &str, scope: &Scope) -> Option<Value> {
        let loops: Vec<String> = scope.loops.iter().map(|(name, _)| name.clone()).collect();
        // What does not parse was reported before; here it is only unknown.
        evaluate(&parse(text, &loops).ok()?, scope)
    }

    fn scalar(&mut self, node: &Node, text: &str, scope: &Scope) -> Node {
        if !text.contains("${{") {
            return node.clone();
        }
        let Ok(found) = pieces(text) else { return node.clone() };
        if let [Piece::Expression(body)] = found.as_slice() {
            return match self.value(body, scope) {
                Some(value) => scope.written(body).cloned().unwrap_or_else(|| to_node(&value, node)),
                None => node.clone(),
            };
        }
        let mut result = String::new();
        for piece in found {
            match piece {
                Piece::Text(text) => result.push_str(text),
                Piece::Expression(body) => match self.value(body, scope).and_then(|value| value.scalar_text()) {
                    Some(text) => result.push_str(&text),
                    None => {
                        result.push_str("${{ ");
                        result.push_str(body);
                        result.push_str(" }}");
                    }
                },
            }
        }
        Node { kind: Kind::Scalar { text: result, plain: false }, ..node.clone() }
    }

    /// Decides a chain of `if`, `elseif`, `else`: whether this branch holds, and what is left for the next.
    fn branch(&self, found: &Directive<'_>, left: Verdict, scope: &Scope) -> (Verdict, Verdict) {
        let truth = |text: &str| self.value(text, scope).map(|value| value.is_true());
        let (here, left) = match found {
            Directive::If(condition) => (truth(condition), Some(true)),
            Directive::ElseIf(condition) => (truth(condition), left),
            _ => (Some(true), left),
        };
        let both = match (left, here) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let remains = match (left, here) {
            (Some(false), _) | (_, Some(true)) => Some(false),
            (Some(true), Some(false)) => Some(true),
            _ => None,
        };
        (both, remains)
    }

    fn each(&mut self, list: &str, scope: &Scope) -> Vec<Option<Value>> {
        match self.value(list, scope) {
            Some(Value::List(items)) => items,
            Some(Value::Object(entries)) => {
                let pair = |(key, value): (String, Option<Value>)| {
                    Some(Value::Object(vec![("key".to_owned(), Some(Value::String(key))), ("value".to_owned(), value)]))
                };
                entries.into_iter().map(pair).collect()
            }
            Some(_) => Vec::new(),
            None => {
                self.open = true;
                Vec::new()
            }
        }
    }

    fn map(&mut self, node: &Node, scope: &Scope, place: &str) -> Node {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut left = Some(true);
        for (key, value) in node.entries() {
            let text = key.text().unwrap_or_default();
            let Some(Ok(found)) = directive(text) else {
                let key = self.scalar(key, text, scope);
                let below = key.text().unwrap_or_default().to_owned();
                let value = self.node(value, scope, &below);
                put(&mut entries, key, value);
                continue;
            };
            let more = match &found {
                Directive::If(_) | Directive::ElseIf(_) | Directive::Else => {
                    let (holds, remains) = self.branch(&found, left, scope);
                    left = remains;
                    if holds == Some(false) {
                        continue;
                    }
                    let mut inner = self.map(value, scope, place);
                    if holds.is_none() {
                        unsure(&mut inner);
                    }
                    inner
                }
                Directive::Insert => self.node(value, scope, place),
                Directive::Each { variable, list } => {
                    let mut merged = Node { kind: Kind::Map(Vec::new()), ..value.clone() };
                    for item in self.each(list, scope) {
                        let inner = self.map(value, &scope.with(variable, item), place);
                        if let (Kind::Map(all), Kind::Map(some)) = (&mut merged.kind, inner.kind) {
                            all.extend(some);
                        }
                    }
                    merged
                }
            };
            match more.kind {
                Kind::Map(inner) => inner.into_iter().for_each(|(key, value)| put(&mut entries, key, value)),
                Kind::Scalar { ref text, .. } if text.contains("${{") => self.open = true,
                Kind::Scalar { .. } | Kind::List(_) => {}
            }
        }
        Node { kind: Kind::Map(entries), ..node.clone() }
    }

    fn list(&mut self, items: &[Node], scope: &Scope, place: &str) -> Vec<Node> {
        let mut result = Vec::new();
        let mut left = Some(true);
        for item in items {
            if let [(key, body)] = item.entries()
                && let Some(Ok(found)) = directive(key.text().unwrap_or_default())
            {
                match &found {
                    Directive::Insert => {
                        let inner = self.map(item, scope, place);
                        result.push(inner);
                    }
                    Directive::Each { variable, list } => {
                        for value in self.each(list, scope) {
                            let inner = self.node(body, &scope.with(variable, value), place);
                            splice(&mut result, inner);
                        }
                    }
                    _ => {
                        let (holds, remains) = self.branch(&found, left, scope);
                        left = remains;
                        if holds == Some(false) {
                            continue;
                        }
                        let mut inner = self.node(body, scope, place);
                        if holds.is_none() {
                            unsure(&mut inner);
                        }
                        splice(&mut result, inner);
                    }
                }
                continue;
            }
            if matches!(place, "stages" | "jobs" | "steps" | "variables") && item.get("template").is_some() {
                let inner = self.template(item, scope, place);
                result.extend(inner);
                continue;
            }
            let inner = self.node(item, scope, place);
            match (&item.kind, &inner.kind) {
                // `- ${{ parameters.list }}` puts a list's items in.
                (Kind::Scalar { .. }, Kind::List(_)) => splice(&mut result, inner),
                (Kind::Scalar { .. }, Kind::Scalar { text, .. }) if text.contains("${{") && is_body(place) => {
                    self.open = true
                }
                _ => result.push(inner),
            }
        }
        result
    }

    fn template(&mut self, item: &Node, scope: &Scope, place: &str) -> Vec<Node> {
        let reference = self.node(item.get("template").unwrap_or(item), scope, "template");
        let at = reference.place.clone();
        let Some(text) = reference.text().map(str::to_owned) else {
            self.say(&at, "the name of a template is text");
            return Vec::new();
        };
        if text.contains("${{") || (text.contains('@') && !text.ends_with("@self")) {
            self.open = true;
            return Vec::new();
        }
        let file = resolve(&text, &at.file).and_then(|path| self.files.get(&path).map(|node| (path, node)));
        let Some((path, file)) = file else {
            self.say(&at, format!("template `{text}` does not exist; its path starts at the folder of this file"));
            return Vec::new();
        };
        let Some(body) = file.get(place) else {
            self.say(&at, format!("template `{path}` has no `{place}`, which this place needs"));
            return Vec::new();
        };
        if self.depth >= DEPTH {
            self.say(&at, format!("template `{path}` includes itself, or templates are nested deeper than {DEPTH}"));
            return Vec::new();
        }
        let given = item.get("parameters").map(|given| self.map(given, scope, ""));
        let bound = parameters::bind(file, given.as_ref(), &at, &path, self.findings);
        let written = given.iter().flat_map(Node::entries);
        let inner = Scope {
            parameters: bound,
            given: written.map(|(key, value)| (key.text().unwrap_or_default().to_owned(), value.clone())).collect(),
            loops: Vec::new(),
        };
        self.depth += 1;
        let result = match &body.kind {
            Kind::List(items) => self.list(items, &inner, place),
            Kind::Map(_) if place == "variables" => vec![self.map(body, &inner, place)],
            _ => {
                let mut spliced = Vec::new();
                splice(&mut spliced, self.node(body, &inner, place));
                spliced
            }
        };
        self.depth -= 1;
        result
    }

    fn say(&mut self, place: &Place, message: impl Into<String>) {
        self.findings.push(finding(place, message));
    }
}

impl Scope {
    /// What was given for `parameters.name`, if `body` is just that.
    fn written(&self, body: &str) -> Option<&Node> {
        let name = body.strip_prefix("parameters.")?.trim();
        self.given.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, node)| node)
    }

    fn with(&self, variable: &str, value: Option<Value>) -> Self {
        let mut scope = self.clone();
        scope.loops.push((variable.to_owned(), value));
        scope
    }
}

fn is_body(place: &str) -> bool {
    matches!(place, "stages" | "jobs" | "steps")
}

/// The first writer of a key wins, except that what is sure wins over what is not.
fn put(entries: &mut Vec<(Node, Node)>, key: Node, value: Node) {
    match entries.iter_mut().find(|(other, _)| other.text() == key.text()) {
        Some(entry) if value.sure && !entry.1.sure => *entry = (key, value),
        Some(_) => {}
        None => entries.push((key, value)),
    }
}

fn splice(result: &mut Vec<Node>, inner: Node) {
    match inner.kind {
        Kind::List(items) => result.extend(items),
        Kind::Map(_) => result.push(inner),
        Kind::Scalar { ref text, .. } if text.is_empty() => {}
        Kind::Scalar { .. } => result.push(inner),
    }
}

fn unsure(node: &mut Node) {
    node.sure = false;
    match &mut node.kind {
        Kind::Scalar { .. } => {}
        Kind::List(items) => items.iter_mut().for_each(unsure),
        Kind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.sure = false;
            unsure(value);
        }),
    }
}

/// A value as it would stand in the file, where `origin` stood.
fn to_node(value: &Value, origin: &Node) -> Node {
    let inner = |value: &Option<Value>| {
        value.as_ref().map_or_else(|| Node::scalar(&origin.place, "${{ unknown }}"), |value| to_node(value, origin))
    };
    let kind = match value {
        Value::List(items) => Kind::List(items.iter().map(inner).collect()),
        Value::Object(entries) => {
            let entry =
                |(key, value): &(String, Option<Value>)| (Node::scalar(&origin.place, key.clone()), inner(value));
            Kind::Map(entries.iter().map(entry).collect())
        }
        scalar => Kind::Scalar { text: scalar.to_string(), plain: !matches!(scalar, Value::String(_)) },
    };
    Node { place: origin.place.clone(), kind, sure: origin.sure }
}
