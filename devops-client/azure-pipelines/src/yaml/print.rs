//! Prints values as YAML that reads back as the same, with the comments that belong to them.

use crate::value::{Comment, Node, Value};
use crate::yaml::read::typed;

/// Prints a value. What stands under a condition that only a run decides is printed below `${{ if … }}`.
pub fn print(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => map(&mut out, entries, 0, false),
        Value::List(items) if !items.is_empty() => list(&mut out, items, 0),
        _ => {
            // Lines of a text are indented: at the margin `---` would end the document, and there is no room for an
            // indentation of none.
            scalar(&mut out, node, 2);
            out.push('\n');
        }
    }
    out
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n(' ', depth));
}

fn above(out: &mut String, comment: Option<&Comment>, depth: usize) {
    for line in comment.map(|comment| comment.above.as_slice()).unwrap_or_default() {
        indent(out, depth);
        out.push('#');
        out.push_str(line);
        out.push('\n');
    }
}

/// `inline` if the first entry stands behind a dash.
fn map(out: &mut String, entries: &[(Node, Node)], depth: usize, inline: bool) {
    let mut guard: Option<&str> = None;
    for (index, (name, value)) in entries.iter().enumerate() {
        let when = value.when.as_deref();
        if when.is_some() && when != guard {
            if index > 0 || !inline {
                indent(out, depth);
            }
            key(out, &format!("${{{{ if {} }}}}", when.unwrap_or_default()), depth);
            out.push('\n');
        }
        guard = when;
        let depth = if when.is_some() { depth + 2 } else { depth };
        let first = index == 0 && inline && when.is_none();
        if !first {
            above(out, name.comment.as_deref(), depth);
            indent(out, depth);
        }
        key(out, name.text().unwrap_or_default(), depth);
        below(out, value, depth);
    }
}

fn list(out: &mut String, items: &[Node], depth: usize) {
    let mut guard: Option<&str> = None;
    for item in items {
        let when = item.when.as_deref();
        if when.is_some() && when != guard {
            indent(out, depth);
            out.push_str("- ");
            key(out, &format!("${{{{ if {} }}}}", when.unwrap_or_default()), depth + 2);
            out.push('\n');
        }
        guard = when;
        let depth = if when.is_some() { depth + 4 } else { depth };
        above(out, item.comment.as_deref(), depth);
        if let Some((key, _)) = item.entries().first().filter(|(_, value)| value.sure()) {
            above(out, key.comment.as_deref(), depth);
        }
        indent(out, depth);
        out.push('-');
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                map(out, entries, depth + 2, true);
            }
            Value::List(inner) if !inner.is_empty() => {
                out.push('\n');
                list(out, inner, depth + 2);
            }
            _ => behind(out, item, depth),
        }
    }
}

/// A value behind its key.
fn below(out: &mut String, value: &Node, depth: usize) {
    match &value.value {
        Value::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            map(out, entries, depth + 2, false);
        }
        Value::List(items) if !items.is_empty() => {
            out.push('\n');
            list(out, items, depth + 2);
        }
        _ => behind(out, value, depth),
    }
}

/// A scalar behind its key or dash; of nothing, not even a space.
fn behind(out: &mut String, node: &Node, depth: usize) {
    out.push(' ');
    let start = out.len();
    scalar(out, node, depth + 2);
    if out.len() == start {
        out.pop();
    }
    beside(out, node);
}

fn beside(out: &mut String, node: &Node) {
    let many_lines = node.text().is_some_and(|text| text.contains('\n'));
    if let Some(comment) = node.comment.as_ref().and_then(|comment| comment.beside.as_ref()).filter(|_| !many_lines) {
        out.push_str(" #");
        out.push_str(comment);
    }
    out.push('\n');
}

fn scalar(out: &mut String, node: &Node, depth: usize) {
    match &node.value {
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
        Value::String(text) => text_scalar(out, text, depth),
        Value::Unknown(_) | Value::Version(_) => text_scalar(out, node.text().unwrap_or_default(), depth),
        // Null, booleans and numbers stand as they were written.
        _ => out.push_str(node.text().unwrap_or_default()),
    }
}

fn text_scalar(out: &mut String, text: &str, depth: usize) {
    if text.contains('\n') && fits_block(text) {
        block(out, text, depth);
    } else if is_plain(text) && matches!(typed(text), Value::String(_)) {
        out.push_str(text);
    } else if text.chars().any(char::is_control) || text.contains('\u{feff}') {
        double_quoted(out, text);
    } else {
        out.push_str(&single_quoted(text));
    }
}

/// Whether a text can stand in a block: nothing in it that a block would lose.
fn fits_block(text: &str) -> bool {
    !text.chars().any(|c| c != '\n' && (c.is_control() || "\u{85}\u{2028}\u{2029}\u{feff}".contains(c)))
        && !text.trim_matches('\n').is_empty()
}

fn block(out: &mut String, text: &str, depth: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, depth);
            out.push_str(line);
        }
    }
}

/// Whether a text of one line reads back as itself without quotes.
fn is_plain(text: &str) -> bool {
    let starts = |c: char| !(c.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`".contains(c));
    // A marker of a document, whatever follows it.
    let marks = |marker| text.strip_prefix(marker).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with(' '));
    let dash = |text: &str| text.len() > 1 && text.starts_with('-') && !text.starts_with("- ");
    (text.starts_with(starts) || dash(text))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !marks("---")
        && !marks("...")
        && !text.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' ') || c == '\u{feff}')
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 0x100 && c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The longest key, in characters with its quotes, that YAML takes without being told (YAML 1.2.2, 7.4.3: implicit keys).
const LONGEST_KEY: usize = 1024;

/// A key in a column, and its colon. A long one is announced by a question mark.
fn key(out: &mut String, text: &str, depth: usize) {
    let printed = quoted_key(text);
    if printed.chars().count() > LONGEST_KEY {
        out.push_str("? ");
        out.push_str(&printed);
        out.push('\n');
        indent(out, depth);
    } else {
        out.push_str(&printed);
    }
    out.push(':');
}

fn quoted_key(text: &str) -> String {
    if is_plain(text) && !text.contains("\"") {
        return text.to_owned();
    }
    let mut out = String::new();
    if text.chars().any(char::is_control) {
        double_quoted(&mut out, text)
    } else {
        out = single_quoted(text)
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::print;
    use crate::value::{Node, Value};
    use crate::yaml::parse;

    // Invariant: what is printed reads back as the same (test: a_key_of_any_length_reads_back).
    #[test]
    fn a_key_of_any_length_reads_back() {
        let again = |text: &str| {
            let root = parse("p.yml", text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
            let printed = print(&root);
            let read = parse("p.yml", &printed).unwrap_or_else(|problem| panic!("{problem}\n{printed}"));
            assert_eq!(read.to_json(), root.to_json(), "{printed}");
            printed
        };
        for piece in ["k", "é", "b: ", "\u{1f9ea} #"] {
            for length in [1021, 1022, 1023, 1024, 1025, 1026, 3000] {
                let key: String = piece.repeat(length).chars().take(length - 1).chain(['k']).collect();
                again(&format!("? '{key}'\n: 1\nb: 2\n"));
                again(&format!("a:\n  ? '{key}'\n  :\n    b: [1, 2]\n"));
                again(&format!("- ? '{key}'\n  : # said\n    - c\n  d: e\n- f\n"));
            }
        }
        let of = |length: usize| again(&format!("? {}\n: 1\n", "k".repeat(length)));
        assert_eq!(of(1024), format!("{}: 1\n", "k".repeat(1024)));
        assert_eq!(of(1025), format!("? {}\n: 1\n", "k".repeat(1025)));
    }

    #[test]
    fn a_condition_of_any_length_reads_back() {
        let mut root = parse("p.yml", "a:\n  b: 1\n  c: 2\nd:\n- e\n- {f: 1}\n").unwrap();
        let condition = format!("eq(variables.a, '{}')", "x".repeat(1200));
        let when = |node: &mut Node| node.when = Some(condition.as_str().into());
        let Value::Map(entries) = &mut root.value else { panic!("a map") };
        for (_, value) in Arc::make_mut(entries) {
            match &mut value.value {
                Value::Map(entries) => Arc::make_mut(entries).iter_mut().for_each(|(_, value)| when(value)),
                Value::List(items) => Arc::make_mut(items).iter_mut().for_each(when),
                other => panic!("{other:?}"),
            }
        }
        let printed = print(&root);
        let read = parse("p.yml", &printed).unwrap_or_else(|problem| panic!("{problem}\n{printed}"));
        let key = format!("${{{{ if {condition} }}}}");
        assert!(read.get("a").and_then(|a| a.get(&key)?.get("c")).is_some(), "{printed}");
        assert_eq!(read.get("d").and_then(|d| Some(d.items()[0].get(&key)?.items().len())), Some(2), "{printed}");
    }
}
