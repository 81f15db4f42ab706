//! What names stand for inside one file.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::Knowledge;
use crate::expression::Scope as Names;
use crate::place::Place;
use crate::value::{Node, Value};

/// The names of one file, at one place of it.
#[derive(Clone)]
pub(super) struct Scope {
    /// Parameters of the file, a mapping.
    pub parameters: Node,
    /// Variables that were set so far: those that are set here are seen by what follows.
    pub variables: Rc<RefCell<Vec<(String, Node)>>>,
    /// Variables of the loops around.
    pub loops: Vec<(String, Node)>,
    pub knowledge: Knowledge,
}

impl Scope {
    /// The same, with a loop variable more.
    pub fn with(&self, variable: &str, value: Node) -> Self {
        let mut scope = self.clone();
        scope.loops.push((variable.to_owned(), value));
        scope
    }

    /// The same, where variables that are set from now on are seen by nobody outside.
    pub fn layer(&self) -> Self {
        Self { variables: Rc::new(RefCell::new(self.variables.borrow().clone())), ..self.clone() }
    }

    /// Notes a variable; the newest of a name counts. Variables are texts, as they are written.
    pub fn set(&self, name: &str, value: Node) {
        let value = match (&value.value, value.text()) {
            (Value::Unknown(_), _) | (_, None) => value,
            (_, Some(text)) => Node { when: value.when.clone(), ..Node::new(Value::text(text), &value.place) },
        };
        self.variables.borrow_mut().push((name.to_owned(), value));
    }

    /// The variables of the loops around.
    pub fn loop_names(&self) -> Vec<&str> {
        self.loops.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl Names for Scope {
    fn value(&self, name: &str) -> Option<Node> {
        let found = self.loops.iter().rev().find(|(variable, _)| variable.eq_ignore_ascii_case(name));
        if let Some((_, value)) = found {
            return Some(value.clone());
        }
        if name.eq_ignore_ascii_case("parameters") {
            return Some(self.parameters.clone());
        }
        if self.knowledge == Knowledge::Files {
            return None;
        }
        let mut entries: Vec<(Node, Node)> = Vec::new();
        if name.eq_ignore_ascii_case("variables") {
            for (name, value) in self.variables.borrow().iter().rev() {
                if !entries.iter().any(|(key, _)| key.text().is_some_and(|key| key.eq_ignore_ascii_case(name))) {
                    entries.push((Node::new(Value::text(name), &value.place), value.clone()));
                }
            }
        }
        Some(Node::new(Value::Map(Arc::new(entries)), &Place::nowhere()))
    }

    fn property(&self, name: &str, key: &str) -> Option<Node> {
        if !name.eq_ignore_ascii_case("variables") {
            return None;
        }
        let variables = self.variables.borrow();
        let found = variables.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.clone()).filter(Node::sure)
    }
}
