//! Places that matter in what is printed: where a list goes on with what another file brings.

use std::sync::Arc;

use crate::place::Place;
use crate::value::{Node, Value};

/// The value with a comment above each list item that another file brings than the one before: its file and line.
pub fn with_places(node: &Node) -> Node {
    let value = match &node.value {
        Value::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| (key.clone(), with_places(value));
            Value::Map(Arc::new(entries.iter().map(entry).collect()))
        }
        Value::List(items) => {
            let mut file = Arc::clone(&node.place.file);
            let one = |item: &Node| {
                let mut made = with_places(item);
                if item.place.file != file && item.place.line > 0 {
                    let mut comment = made.comment.as_deref().cloned().unwrap_or_default();
                    comment.above.insert(0, format!(" {}:{}", item.place.file, item.place.line));
                    made.comment = Some(Arc::new(comment));
                    file = Arc::clone(&item.place.file);
                }
                made
            };
            Value::List(Arc::new(items.iter().map(one).collect()))
        }
        other => other.clone(),
    };
    Node { value, ..node.clone() }
}

/// Where each item of a list was written, by its JSON pointer.
pub fn places(node: &Node) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    collect(node, "", &mut found);
    found
}

fn collect(node: &Node, pointer: &str, found: &mut Vec<(String, Place)>) {
    for (index, item) in node.items().iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        found.push((pointer.clone(), item.place.clone()));
        collect(item, &pointer, found);
    }
    for (key, value) in node.entries() {
        let key = key.text().unwrap_or_default().replace('~', "~0").replace('/', "~1");
        collect(value, &format!("{pointer}/{key}"), found);
    }
}
