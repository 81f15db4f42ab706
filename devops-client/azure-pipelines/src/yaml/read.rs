//! Reads YAML: one document, no anchors, no repeated keys; each value knows its place and how it is spelled.

use std::collections::HashSet;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, Placement, ScalarStyle};

use crate::number::Number;
use crate::place::{Place, Problem, What};
use crate::value::{Comment, Node, Value};

/// How deep values may stand in each other: the service's own limit for templates.
const DEPTH: usize = 100;

// Invariant: any text is read or refused, never a panic (test: any_scalar_in_any_place_of_a_pipeline_is_survived).
/// Reads the one document of a file.
///
/// # Errors
/// The first thing that is not YAML, or that Azure Pipelines does not take: anchors, a repeated key, a second document, no
/// document at all.
pub fn parse(file: &str, text: &str) -> Result<Node, Problem> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    options.max_buffered_comment_events = usize::MAX;
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder { file: Arc::from(file), stack: Vec::new(), root: None, above: Vec::new(), last: None };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| {
            let place = Place {
                file: Arc::clone(&builder.file),
                line: error.marker().line(),
                column: error.marker().col() + 1,
            };
            Problem::new(&place, What::Yaml, error.info())
        })?;
        let place = Place { file: Arc::clone(&builder.file), line: span.start.line(), column: span.start.col() + 1 };
        builder.take(event, place, span.is_empty())?;
    }
    builder.root.ok_or_else(|| Problem::new(&Place::start(file), What::Yaml, "the file is empty"))
}

/// What a scalar without quotes means: YAML's core schema, of which the service takes these.
pub(crate) fn typed(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ => Number::parse(text).map_or_else(|| Value::text(text), Value::Number),
    }
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
    /// Comments that wait for the value below them.
    above: Vec<String>,
    /// The line of the last value, for the comment beside it.
    last: Option<usize>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place, empty: bool) -> Result<(), Problem> {
        let refuse = |message: &str| Err(Problem::new(&place, What::Yaml, message));
        match event {
            Event::DocumentStart(..) if self.root.is_some() => refuse("Azure Pipelines reads one document of a file"),
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                refuse("Azure Pipelines knows no anchors and aliases; use a template")
            }
            Event::Scalar(_, _, 1.., _) | Event::SequenceStart(_, 1.., _) | Event::MappingStart(_, 1.., _) => {
                refuse("Azure Pipelines knows no anchors and aliases; use a template")
            }
            Event::Comment(text, placement) => {
                self.comment(text.trim_end(), placement, place.line);
                Ok(())
            }
            Event::Scalar(text, style, ..) => {
                self.last = Some(place.line);
                // The parser shows a value that is not there as `~`.
                let text = if style == ScalarStyle::Plain && empty { Default::default() } else { text };
                let mut node = match style {
                    ScalarStyle::Plain => Node::new(typed(&text), &place),
                    _ => Node::new(Value::text(&text), &place),
                };
                if style == ScalarStyle::Plain && !matches!(node.value, Value::String(_)) {
                    node.spelling = Some(Arc::from(&*text));
                }
                self.add(node)
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_map = matches!(event, Event::MappingStart(..));
                // A comment above belongs to the first value in it, which is read next.
                self.stack.push(Open { place, is_map, items: Vec::new(), keys: HashSet::new() });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn comment(&mut self, text: &str, placement: Placement, line: usize) {
        if placement != Placement::Right {
            self.above.push(text.to_owned());
            return;
        }
        let newest = self.stack.last_mut().and_then(|open| open.items.last_mut());
        match newest {
            Some(node) if self.last == Some(line) && node.text().is_some() => {
                let mut comment = node.comment.as_deref().cloned().unwrap_or_default();
                comment.beside = Some(text.to_owned());
                node.comment = Some(Arc::new(comment));
            }
            _ => self.above.push(text.to_owned()),
        }
    }

    fn add(&mut self, mut node: Node) -> Result<(), Problem> {
        let above = std::mem::take(&mut self.above);
        if !above.is_empty() && node.comment.is_none() {
            node.comment = Some(Arc::new(Comment { above, beside: None }));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let is_key = open.is_map && open.items.len().is_multiple_of(2);
        if is_key {
            let Some(key) = node.text() else {
                return Err(Problem::new(&node.place, What::Yaml, "a key is text"));
            };
            // Two `${{ if }}` with one condition may follow each other; only keys that name something must differ.
            let names = !key.trim_start().starts_with("${{");
            if names && !open.keys.insert(key.to_owned()) {
                return Err(Problem::new(&node.place, What::Yaml, format!("key `{key}` is there twice")));
            }
        }
        open.items.push(node);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        let Some(Open { place, is_map, items, .. }) = self.stack.pop() else { return Ok(()) };
        let value = if is_map {
            let mut items = items.into_iter();
            let mut entries = Vec::new();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                entries.push((key, value));
            }
            Value::Map(Arc::new(entries))
        } else {
            Value::List(Arc::new(items))
        };
        // What stands below the last value of a collection belongs to what follows the collection.
        let node = Node::new(value, &place);
        let below = std::mem::take(&mut self.above);
        self.add(node)?;
        self.above = below;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::value::Value;

    #[test]
    fn every_value_knows_its_place_and_spelling() {
        let node = parse("a.yml", "stages:\n  - stage: A\n    jobs:\n      - job: B\n        n: 010\n").unwrap();
        let stage = &node.get("stages").unwrap().items()[0];
        assert_eq!((stage.place.line, stage.place.column), (2, 5));
        let job = &stage.get("jobs").unwrap().items()[0];
        let (key, value) = job.entry("n").unwrap();
        assert_eq!((key.place.line, key.place.column), (5, 9));
        assert_eq!((value.text(), value.value.to_text().as_deref()), (Some("010"), Some("10")));
    }

    #[test]
    fn quotes_make_text() {
        let node = parse("a.yml", "a: true\nb: 'true'\nc: ~\nd:\ne: yes\nf: 1e3\n").unwrap();
        let kinds: Vec<&str> = node.entries().iter().map(|(_, value)| value.value.kind()).collect();
        assert_eq!(kinds, ["boolean", "string", "null", "null", "string", "string"]);
        assert_eq!(node.get("a").unwrap().value, Value::Boolean(true));
    }

    #[test]
    fn what_azure_pipelines_does_not_read_is_refused_with_its_place() {
        for (text, line, message) in [
            ("a: 1\nb: 2\na: 3\n", 3, "key `a` is there twice"),
            ("a: &x 1\nb: *x\n", 1, "anchors"),
            ("a: 1\n---\nb: 2\n", 2, "one document"),
            ("a: [1, 2\nb: 3\n", 2, ""),
            ("? [a]\n: b\n", 1, "a key is text"),
            ("", 1, "empty"),
        ] {
            let problem = parse("a.yml", text).unwrap_err();
            assert!(problem.message.contains(message), "{text:?}: {problem}");
            assert!(problem.place.line.abs_diff(line) <= 1, "{text:?}: {problem}");
        }
    }

    #[test]
    fn deep_files_are_refused() {
        assert!(parse("a.yml", &format!("a: {}1{}", "[".repeat(5_000), "]".repeat(5_000))).is_err());
        assert!(parse("a.yml", &"- ".repeat(5_000)).is_err());
    }
}
