//! From the parser's events to a [`Node`], within limits that no honest spec comes near.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Tag};

use super::{Entry, Node, Span, Value, scalar};
use crate::spec::report::Mistake;

/// How much a spec may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Collections inside each other.
    pub depth: usize,
    /// Values, those behind aliases counted each time.
    pub nodes: usize,
}

impl Limits {
    /// The limits of `mlops.yaml`: a hundred times what the worked example needs.
    pub const SPEC: Self = Self { bytes: 1 << 20, depth: 32, nodes: 100_000 };
}

/// Reads a document; duplicate keys, unknown aliases and tags are mistakes, beside which everything else is read.
///
/// # Errors
/// The mistakes when nothing could be read: not YAML, more than one document, or beyond `limits`.
pub fn read(text: &str, limits: Limits, mistakes: &mut Vec<Mistake>) -> Option<Node> {
    if text.len() > limits.bytes {
        let message = format!("the file has {} bytes, and a spec has at most {}", text.len(), limits.bytes);
        mistakes.push(Mistake::new(0..0, message).help("data belongs in files of its own; the spec only names them"));
        return None;
    }
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = limits.depth;
    options.block_nesting_limit = limits.depth;
    let mut builder =
        Builder { limits, mistakes, stack: Vec::new(), anchors: HashMap::new(), nodes: 0, documents: 0, root: None };
    for next in Parser::new_from_str_with_options(text, options) {
        let stop = match next {
            Ok((event, span)) => builder.take(event, span.byte_range().unwrap_or(0..0)).err(),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                Some(scan_mistake(text, at, error.kind(), limits))
            }
        };
        if let Some(mistake) = stop {
            builder.mistakes.push(mistake);
            return None;
        }
    }
    if builder.root.is_none() {
        builder
            .mistakes
            .push(Mistake::new(0..0, "the file is empty").help("`mlops-gen init` writes a spec to start from"));
    }
    builder.root
}

fn scan_mistake(text: &str, at: usize, kind: &ErrorKind, limits: Limits) -> Mistake {
    let end = text[at..].chars().next().map_or(at, |c| if c == '\n' { at } else { at + c.len_utf8() });
    match kind {
        ErrorKind::RecursionLimitExceeded => too_deep(at..end, limits),
        kind => Mistake::new(at..end, format!("this is not YAML: {kind}")),
    }
}

fn too_deep(span: Span, limits: Limits) -> Mistake {
    Mistake::new(span, format!("more than {} lists and mappings are inside each other here", limits.depth))
}

/// A collection whose end has not come yet.
enum Open {
    List { span: Span, anchor: usize, items: Vec<Node> },
    Map { span: Span, anchor: usize, entries: Vec<Entry>, seen: HashSet<String>, key: Option<(Span, Option<String>)> },
}

struct Builder<'m> {
    limits: Limits,
    mistakes: &'m mut Vec<Mistake>,
    stack: Vec<Open>,
    /// Finished nodes by anchor, with the number of values in each.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Mistake> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Mistake::new(span, "a second document starts here, and a spec is one document"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), &span);
                self.node(Node { span, value }, anchor, 1)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "seq", &span);
                self.open(Open::List { span, anchor, items: Vec::new() })?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "map", &span);
                self.open(Open::Map { span, anchor, entries: Vec::new(), seen: HashSet::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end)?,
            Event::Alias(id) => self.alias(id, span)?,
            Event::UnresolvedAlias(name) => {
                let help = format!("text that starts with * needs quotes: \"*{name}\"");
                self.mistakes.push(
                    Mistake::new(span.clone(), format!("no anchor `&{name}` comes before this alias")).help(help),
                );
                self.node(Node { span, value: Value::Broken }, 0, 1)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Repeats a finished node, at the price of all that is in it.
    fn alias(&mut self, id: usize, span: Span) -> Result<(), Mistake> {
        let Some(count) = self.anchors.get(&id).map(|(_, count)| *count) else {
            self.mistakes.push(Mistake::new(span.clone(), "this alias stands inside what it repeats"));
            return self.node(Node { span, value: Value::Broken }, 0, 1);
        };
        self.spend(count, &span)?;
        match self.anchors.get(&id).map(|(node, _)| node.clone()) {
            Some(node) => self.node(node, 0, 0),
            None => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Value {
        match tag.map(|t| t.core_suffix()) {
            None if style == ScalarStyle::Plain => scalar::plain(text),
            None | Some(Some("str")) => Value::String(text.to_owned()),
            Some(Some("int" | "float" | "bool" | "null")) => scalar::plain(text),
            Some(_) => {
                self.refuse_tag(tag, "str", span);
                Value::String(text.to_owned())
            }
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, allowed: &str, span: &Span) {
        if let Some(tag) = tag.filter(|t| t.core_suffix() != Some(allowed)) {
            let message = format!("the tag `{}` means nothing in a spec", tag.original());
            self.mistakes.push(Mistake::new(span.clone(), message).help("take the tag away"));
        }
    }

    fn open(&mut self, open: Open) -> Result<(), Mistake> {
        let (Open::List { span, .. } | Open::Map { span, .. }) = &open;
        if self.stack.len() >= self.limits.depth {
            return Err(too_deep(span.clone(), self.limits));
        }
        self.spend(1, &span.clone())?;
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Mistake> {
        let (node, anchor) = match self.stack.pop() {
            Some(Open::List { span, anchor, items }) => {
                (Node { span: span.start..end.max(span.start), value: Value::List(items) }, anchor)
            }
            Some(Open::Map { span, anchor, entries, .. }) => {
                (Node { span: span.start..end.max(span.start), value: Value::Map(entries) }, anchor)
            }
            None => return Ok(()),
        };
        self.node(node, anchor, 0)
    }

    fn spend(&mut self, count: usize, span: &Span) -> Result<(), Mistake> {
        self.nodes += count;
        if self.nodes > self.limits.nodes {
            let message = format!("the spec holds more than {} values by now", self.limits.nodes);
            return Err(Mistake::new(span.clone(), message).help("aliases count as often as they are used"));
        }
        Ok(())
    }

    /// Puts a finished node where it belongs: a key, a value, an item, or the document.
    fn node(&mut self, node: Node, anchor: usize, cost: usize) -> Result<(), Mistake> {
        self.spend(cost, &node.span)?;
        if anchor != 0 {
            let count = count(&node);
            self.anchors.insert(anchor, (node.clone(), count));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, seen, key, .. }) => match key.take() {
                None => {
                    let name = key_text(&node.value);
                    if name.is_none() {
                        let message = format!("a key is text, and this is {}", node.value.kind());
                        self.mistakes.push(Mistake::new(node.span.clone(), message));
                    }
                    *key = Some((node.span, name));
                }
                Some((_, None)) => {}
                Some((key_span, Some(name))) => {
                    if seen.insert(name.clone()) {
                        entries.push(Entry { key_span, key: name, node });
                    } else {
                        let message = format!("the key `{name}` is here a second time");
                        let mut mistake = Mistake::new(key_span, message).help("keep one of the two");
                        mistake.also = entries.iter().find(|e| e.key == name).map(|e| e.key_span.clone());
                        self.mistakes.push(mistake);
                    }
                }
            },
        }
        Ok(())
    }
}

/// The text of a key; keys such as `1` or `true` are taken as they would be in JSON.
fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Integer(i) => Some(i.to_string()),
        Value::Null | Value::Float(_) | Value::List(_) | Value::Map(_) | Value::Broken => None,
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|e| count(&e.node)).sum(),
        _ => 0,
    }
}
