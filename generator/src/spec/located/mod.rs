//! A YAML document as a tree that knows where each key and value stands in the text.
//!
//! serde cannot say where a key stands, and stops at the first mistake; this tree does neither. It is made from the
//! parser's events, and everything later (structure, types, meaning) is judged on it.

pub mod path;
mod read;
mod scalar;
#[cfg(test)]
mod tests;

use std::ops::Range;

use path::{Path, Step};
pub use read::{Limits, read};

/// A half-open range of bytes of the source.
pub type Span = Range<usize>;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// A value by the core schema of YAML 1.2 (YAML 1.2.2, chapter 10.3): `no`, `on` and `2026-01-01` are text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number; may be infinite or not a number.
    Float(f64),
    /// Text, quoted or plain.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the source.
    Map(Vec<Entry>),
    /// What could not be read; the mistake is reported already.
    Broken,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key_span: Span,
    /// The key.
    pub key: String,
    /// The value.
    pub node: Node,
}

impl Value {
    /// The kind of value, with its article: `a list`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::String(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Broken => "unreadable",
        }
    }
}

impl Node {
    /// The node at `path`, if there is one.
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, |node, step| node.child(step).map(|(_, node)| node))
    }

    /// Where `path` stands: the value, or with `key` the key that leads to it. What is not in the document stands at
    /// the key of the nearest part that is, because that is where it would have to be written.
    pub fn locate(&self, path: &Path, key: bool) -> Span {
        let mut node = self;
        let mut name: Option<&Span> = None;
        for step in path.steps() {
            let Some((key_span, child)) = node.child(step) else {
                return name.cloned().unwrap_or_else(|| node.first_line());
            };
            node = child;
            name = key_span.or(name);
        }
        match (key, name) {
            (true, Some(span)) => span.clone(),
            _ => node.outline(name),
        }
    }

    /// The part of the value that is worth underlining: a scalar whole, of a collection what leads to it.
    fn outline(&self, name: Option<&Span>) -> Span {
        match (&self.value, name) {
            (Value::List(_) | Value::Map(_), Some(name)) => name.clone(),
            (Value::Null, Some(name)) if self.span.is_empty() => name.clone(),
            (Value::Map(_), None) => self.first_line(),
            _ => self.span.clone(),
        }
    }

    fn first_line(&self) -> Span {
        match &self.value {
            Value::Map(entries) => entries.first().map_or(self.span.clone(), |e| e.key_span.clone()),
            _ => self.span.clone(),
        }
    }

    fn child(&self, step: &Step) -> Option<(Option<&Span>, &Self)> {
        match (&self.value, step) {
            (Value::Map(entries), Step::Key(key)) => {
                entries.iter().find(|e| e.key == *key).map(|e| (Some(&e.key_span), &e.node))
            }
            (Value::List(items), Step::Index(index)) => items.get(*index).map(|node| {
                let lead = match &node.value {
                    Value::Map(entries) => entries.first().map_or(&node.span, |e| &e.key_span),
                    _ => &node.span,
                };
                (Some(lead), node)
            }),
            _ => None,
        }
    }
}
