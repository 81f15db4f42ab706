//! YAML as Azure Pipelines reads it: one document, no anchors, no repeated keys; each value knows its line.

use std::collections::HashSet;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path of the file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
}

/// A value with the place where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it was written.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// Whether it is certainly there; what stands under a condition that only a run decides is not.
    pub sure: bool,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Text; whether it is quoted or in a block decides only whether it may be null.
    Scalar {
        /// The text.
        text: String,
        /// Whether it stands without quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Why a file is no pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The greatest depth of values inside each other, of Azure Pipelines' own limit for templates.
const DEPTH: usize = 100;

impl Node {
    /// A scalar made by an expression at `place`.
    pub fn scalar(place: &Place, text: impl Into<String>) -> Self {
        Self { place: place.clone(), kind: Kind::Scalar { text: text.into(), plain: false }, sure: true }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar { .. } | Kind::Map(_) => &[],
        }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Scalar { .. } | Kind::List(_) => &[],
        }
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value under `key` of a mapping.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        self.entries().iter().find(|(k, _)| k.text() == Some(key)).map(|(k, v)| (k, v))
    }

    /// The text under `key` of a mapping, if it is a scalar.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// What it is, for messages.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Scalar { .. } => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Calls `visit` with this value and everything in it, keys included; `true` for keys.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self, bool)) {
        visit(self, false);
        for item in self.items() {
            item.walk(visit);
        }
        for (key, value) in self.entries() {
            visit(key, true);
            value.walk(visit);
        }
    }
}

/// Reads the one document of a file.
///
/// # Errors
/// The first thing that is not YAML, or that Azure Pipelines does not take: anchors, a repeated key, a second document.
pub fn parse(file: &str, text: &str) -> Result<Node, YamlError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut builder = Builder { file: Arc::from(file), stack: Vec::new(), root: None };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) =
            next.map_err(|error| YamlError { line: error.marker().line(), message: error.info().to_owned() })?;
        builder.take(event, span.start.line())?;
    }
    builder.root.ok_or_else(|| YamlError { line: 1, message: "the file is empty".to_owned() })
}

/// A collection that is not closed yet.
struct Open {
    place: Place,
    is_map: bool,
    items: Vec<Node>,
    keys: HashSet<String>,
}

struct Builder {
    file: Arc<str>,
    stack: Vec<Open>,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), YamlError> {
        let refuse = |message: &str| Err(YamlError { line, message: message.to_owned() });
        let place = Place { file: Arc::clone(&self.file), line };
        match event {
            Event::DocumentStart(..) if self.root.is_some() => refuse("Azure Pipelines reads one document of a file"),
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                refuse("Azure Pipelines knows no anchors and aliases; use a template")
            }
            Event::Scalar(_, _, 1.., _) | Event::SequenceStart(_, 1.., _) | Event::MappingStart(_, 1.., _) => {
                refuse("Azure Pipelines knows no anchors and aliases; use a template")
            }
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                self.add(Node { place, kind: Kind::Scalar { text: text.into_owned(), plain }, sure: true })
            }
            Event::SequenceStart(..) => {
                self.stack.push(Open { place, is_map: false, items: Vec::new(), keys: HashSet::new() });
                Ok(())
            }
            Event::MappingStart(..) => {
                self.stack.push(Open { place, is_map: true, items: Vec::new(), keys: HashSet::new() });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn add(&mut self, node: Node) -> Result<(), YamlError> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let is_key = open.is_map && open.items.len().is_multiple_of(2);
        if is_key {
            let Some(key) = node.text() else {
                return Err(YamlError { line: node.place.line, message: "a key is text".to_owned() });
            };
            // Two `${{ if }}` with one condition may follow each other; only keys that name something must differ.
            let names = !key.trim_start().starts_with("${{");
            if names && !open.keys.insert(key.to_owned()) {
                return Err(YamlError { line: node.place.line, message: format!("key `{key}` is there twice") });
            }
        }
        open.items.push(node);
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let Some(Open { place, is_map, items, .. }) = self.stack.pop() else { return Ok(()) };
        let kind = if is_map {
            let mut items = items.into_iter();
            let mut entries = Vec::new();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                entries.push((key, value));
            }
            Kind::Map(entries)
        } else {
            Kind::List(items)
        };
        self.add(Node { place, kind, sure: true })
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_value_knows_its_line() {
        let node = parse("a.yml", "stages:\n  - stage: A\n    jobs:\n      - job: B\n").unwrap();
        let stage = &node.get("stages").unwrap().items()[0];
        assert_eq!(stage.place.line, 2);
        assert_eq!(stage.entry("jobs").unwrap().0.place.line, 3);
        assert_eq!(stage.get("jobs").unwrap().items()[0].text_at("job"), Some("B"));
    }

    #[test]
    fn what_azure_pipelines_does_not_read_is_refused_with_its_line() {
        for (text, line, message) in [
            ("a: 1\nb: 2\na: 3\n", 3, "key `a` is there twice"),
            ("a: &x 1\nb: *x\n", 1, "anchors"),
            ("a: 1\n---\nb: 2\n", 2, "one document"),
            ("a: [1, 2\nb: 3\n", 2, ""),
            ("", 1, "empty"),
        ] {
            let error = parse("a.yml", text).unwrap_err();
            assert!(error.message.contains(message), "{text:?}: {error:?}");
            assert!(error.line.abs_diff(line) <= 1, "{text:?}: {error:?}");
        }
    }
}
