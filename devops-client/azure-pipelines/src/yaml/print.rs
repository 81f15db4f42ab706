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
    for (index, (key, value)) in entries.iter().enumerate() {
        let when = value.when.as_deref();
        if when.is_some() && when != guard {
            if index > 0 || !inline {
                indent(out, depth);
            }
            out.push_str(&quoted_key(&format!("${{{{ if {} }}}}", when.unwrap_or_default())));
            out.push_str(":\n");
        }
        guard = when;
        let depth = if when.is_some() { depth + 2 } else { depth };
        let first = index == 0 && inline && when.is_none();
        if !first {
            above(out, key.comment.as_deref(), depth);
            indent(out, depth);
        }
        out.push_str(&quoted_key(key.text().unwrap_or_default()));
        out.push(':');
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
            out.push_str(&quoted_key(&format!("${{{{ if {} }}}}", when.unwrap_or_default())));
            out.push_str(":\n");
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
