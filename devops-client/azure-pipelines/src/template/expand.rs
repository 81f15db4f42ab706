//! The expansion of one pipeline: its state, scalars, and the entry.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::branch::Verdict;
use super::scope::Scope;
use super::text::{Piece, pieces};
use super::{Files, Knowledge, MOST_BYTES, Request, parameters};
use crate::expression::{Context, evaluate, parse, quoted};
use crate::place::{Place, Problem, What};
use crate::value::{Node, Unknown, Value};

/// How deep lists and mappings may stand in each other when everything is put in: what the stack of a thread holds. A hundred
/// templates in each other, which the service allows, come to about three hundred.
const NESTED: usize = 400;

/// A pipeline with everything put in.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The whole pipeline, without its parameters.
    pub root: Node,
    /// Whether lists may hold more than can be seen: nothing proves that something is missing.
    pub open: bool,
    /// Everything that is wrong, in the order of finding it.
    pub problems: Vec<Problem>,
    /// The files that were put in, by path.
    pub files: BTreeSet<String>,
}

/// What a mapping is, which decides about its lists and variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Root,
    Stages,
    Jobs,
    Steps,
    Variables,
    /// Anything else, in which nothing is put in but values.
    Other,
    /// Below a job: hooks and strategies, whose steps are steps.
    Inside,
}

impl Slot {
    /// What stands below `key` of a mapping that stands here.
    pub fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Other | Self::Steps | Self::Variables, _) => Self::Other,
            (_, "parameters" | "env" | "inputs" | "resources" | "matrix" | "templateContext") => Self::Other,
            (Self::Root, "stages") => Self::Stages,
            (Self::Root | Self::Stages, "jobs") => Self::Jobs,
            (Self::Root | Self::Jobs | Self::Inside, "steps") => Self::Steps,
            (Self::Root | Self::Stages | Self::Jobs, "variables") => Self::Variables,
            _ => Self::Inside,
        }
    }

    /// What an item of a list is that stands here: an entry of `variables` is no mapping of names to values.
    pub fn of_item(self, item: &Node) -> Self {
        match (self, &item.value) {
            (Self::Variables, Value::Map(_)) => Self::Other,
            _ => self,
        }
    }

    /// The key of a template that can stand here.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Stages => Some("stages"),
            Self::Jobs => Some("jobs"),
            Self::Steps => Some("steps"),
            Self::Variables => Some("variables"),
            Self::Root | Self::Other | Self::Inside => None,
        }
    }
}

pub(super) struct Expander<'a> {
    pub files: &'a dyn Files,
    pub knowledge: Knowledge,
    pub problems: Vec<Problem>,
    pub open: bool,
    pub loaded: BTreeSet<String>,
    /// Templates inside each other.
    pub included: usize,
    /// Lists and mappings inside each other.
    pub nested: usize,
    /// What was made so far, in bytes.
    pub bytes: usize,
    /// Whether a limit was passed: that is said once, and nothing more is put in.
    pub over: bool,
}

/// Expands a pipeline.
pub fn expand(request: &Request<'_>) -> Expanded {
    let mut expander = Expander {
        files: request.files,
        knowledge: request.knowledge,
        problems: Vec::new(),
        open: false,
        loaded: BTreeSet::from([request.path.to_owned()]),
        included: 0,
        nested: 0,
        bytes: 0,
        over: false,
    };
    let root = request.root;
    let place = Place::start(request.path);
    if !matches!(root.value, Value::Map(_)) {
        expander.say(&root.place, What::Structure, "a pipeline is a mapping");
    }
    parameters::check(root, &mut expander.problems);
    let mut bound = match &request.parameters {
        Some(given) => {
            // What a run is given has no place: the declaration, or the start of the file, is where to look.
            let at = root.get("parameters").map_or(&place, |parameters| &parameters.place);
            parameters::bind(root, given, at, parameters::PIPELINE, &mut expander.problems)
        }
        None => parameters::unknown(root),
    };
    if !request.payloads.is_empty() {
        let payload = |(name, node): &(String, Node)| (Node::new(Value::text(name), &node.place), node.clone());
        let all = bound.entries().iter().cloned().chain(request.payloads.iter().map(payload)).collect();
        bound = Node::new(Value::Map(Arc::new(all)), &place);
    }
    let scope = Scope {
        parameters: bound,
        variables: Rc::new(RefCell::new(request.variables.clone())),
        loops: Vec::new(),
        knowledge: request.knowledge,
    };
    let root = expander.file(root, &scope);
    Expanded { root, open: expander.open, problems: expander.problems, files: expander.loaded }
}

impl Expander<'_> {
    pub fn say(&mut self, place: &Place, what: What, message: impl Into<String>) {
        if matches!(what, What::Limit) && std::mem::replace(&mut self.over, true) {
            return;
        }
        self.problems.push(Problem::new(place, what, message));
    }

    /// The value of an expression; what is wrong with it is said once, and leaves it unknown.
    pub fn value(&mut self, text: &str, place: &Place, scope: &Scope) -> Node {
        let found = parse(text, Context::Template, &scope.loop_names()).and_then(|tree| evaluate(&tree, scope, place));
        found.unwrap_or_else(|error| {
            let what = error.unknown_name.map_or(What::Expression, What::UnknownName);
            self.say(place, what, error.message);
            Node::new(Value::Unknown(Unknown::named(text)), place)
        })
    }

    pub fn verdict(&mut self, text: &str, place: &Place, scope: &Scope) -> Verdict {
        match self.value(text, place, scope).value {
            Value::Unknown(unknown) => Verdict::Open(unknown),
            value if value.is_true() => Verdict::Holds,
            _ => Verdict::Fails,
        }
    }

    /// One value with everything put in.
    pub fn node(&mut self, node: &Node, scope: &Scope, slot: Slot) -> Node {
        let made = match &node.value {
            Value::Map(_) | Value::List(_) if self.nested >= NESTED => {
                self.say(
                    &node.place,
                    What::Limit,
                    format!("lists and mappings stand deeper in each other than {NESTED}"),
                );
                Node::new(Value::Null, &node.place)
            }
            Value::Map(entries) => {
                self.nested += 1;
                let entries = self.map(entries, scope, slot);
                self.nested -= 1;
                Node::new(Value::Map(Arc::new(entries)), &node.place)
            }
            Value::List(items) => {
                self.nested += 1;
                let items = self.list(items, scope, slot);
                self.nested -= 1;
                Node::new(Value::List(Arc::new(items)), &node.place)
            }
            _ => return self.scalar(node, scope),
        };
        // What a value already stands under stays: a list that was given can hold such items.
        Node { when: node.when.clone(), comment: node.comment.clone(), ..made }
    }

    /// A scalar with its expressions put in: one that is nothing else takes the value's own kind.
    pub fn scalar(&mut self, node: &Node, scope: &Scope) -> Node {
        let Some(text) = node.text().filter(|text| text.contains("${{")) else {
            self.take(&node.place, node.text().map_or(0, str::len));
            return node.clone();
        };
        let found = match pieces(text) {
            Ok(found) => found,
            Err(message) => {
                self.say(&node.place, What::Expression, message);
                return node.clone();
            }
        };
        // What was left open once stands as it is: its names are those of another file.
        if matches!(node.value, Value::Unknown(_)) {
            return node.clone();
        }
        let made = match found.as_slice() {
            [Piece::Expression(body)] => {
                let made = self.value(body, &node.place, scope);
                match &made.value {
                    // Its place is where it was given, so that what is wrong with it is said there.
                    Value::List(_) | Value::Map(_) => made,
                    Value::Unknown(_) => Node { place: node.place.clone(), ..made },
                    // A scalar is printed as its value, however it was spelled.
                    value => Node { when: made.when, ..Node::new(value.clone(), &made.place) },
                }
            }
            pieces => self.mixed(pieces, &node.place, scope),
        };
        self.take(&node.place, made.text().map_or(0, str::len));
        Node { comment: node.comment.clone(), ..made }
    }

    fn mixed(&mut self, pieces: &[Piece<'_>], place: &Place, scope: &Scope) -> Node {
        let (mut text, mut pattern, mut left) = (String::new(), String::new(), Vec::new());
        let mut depends = BTreeSet::new();
        for piece in pieces {
            let known = match piece {
                Piece::Text(plain) => Arc::from(*plain),
                Piece::Expression(body) => match self.value(body, place, scope).value {
                    Value::Unknown(unknown) => {
                        text.push_str(&format!("${{{{ {} }}}}", unknown.expression));
                        pattern.push_str(&format!("{{{}}}", left.len()));
                        depends.extend(unknown.depends_on.iter().cloned());
                        left.push(unknown.expression);
                        continue;
                    }
                    value => value.to_text().unwrap_or_else(|| {
                        let message = format!("`{body}` is a {}, which cannot stand inside a text", value.kind());
                        self.say(place, What::Expression, message);
                        Arc::from("")
                    }),
                },
            };
            text.push_str(&known);
            pattern.push_str(&known.replace('{', "{{").replace('}', "}}"));
        }
        if left.is_empty() {
            return Node::new(Value::text(text), place);
        }
        let expression = format!("format({}, {})", quoted(&pattern), left.join(", "));
        let unknown = Unknown { expression: expression.into(), depends_on: Arc::new(depends) };
        Node { spelling: Some(text.into()), ..Node::new(Value::Unknown(unknown), place) }
    }

    /// Counts what is made, and stops what would not end.
    fn take(&mut self, place: &Place, bytes: usize) {
        let before = self.bytes;
        self.bytes += bytes + 64;
        if before <= MOST_BYTES && self.bytes > MOST_BYTES {
            self.say(place, What::Limit, format!("the pipeline takes more than {} megabytes", MOST_BYTES / 1_000_000));
        }
    }

    /// Whether the pipeline has grown too large to go on.
    pub fn is_full(&self) -> bool {
        self.over
    }
}
