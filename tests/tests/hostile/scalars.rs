//! Reads a rendered file with a parser of its language that the generator does not share, and lists its strings.

use serde_json::Value;

/// Every string of the file, keys of maps included, in no particular order.
pub(super) fn of(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let mut found = Vec::new();
    match extension {
        "yml" | "yaml" => yaml(text, &mut found),
        "json" => json(&serde_json::from_str(text).unwrap(), &mut found),
        "toml" => json(&toml_edit::de::from_str(text).unwrap(), &mut found),
        "bicep" | "bicepparam" => found = bicep(text),
        "md" => found = markdown(text),
        _ if name == "Dockerfile" => found = docker(text),
        _ => panic!("{path} holds text of the spec, and nothing reads it back"),
    }
    found
}

fn yaml(text: &str, found: &mut Vec<String>) {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.iter().for_each(|document| json(document, found));
}

fn json(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| json(item, found)),
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.push(key.clone());
            json(value, found);
        }),
        other => found.push(other.to_string()),
    }
}

/// The string literals of a Bicep file, unescaped; an interpolated one gives its pieces.
fn bicep(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }) {
        // A key that is an identifier needs no quotes.
        let key = line.trim_start().split_once(':').map(|(key, _)| key).filter(|key| is_identifier(key));
        found.extend(key.map(str::to_owned));
        let mut chars = line.chars().peekable();
        let mut open: Option<String> = None;
        while let Some(c) = chars.next() {
            match (c, &mut open) {
                ('\'', Some(_)) => found.extend(open.take()),
                ('\'', None) => open = Some(String::new()),
                ('/', None) if chars.peek() == Some(&'/') => break,
                ('$', Some(piece)) if chars.peek() == Some(&'{') => {
                    found.push(std::mem::take(piece));
                    chars.by_ref().find(|c| *c == '}');
                }
                ('\\', Some(piece)) => piece.push(chars.next().unwrap()),
                (c, Some(piece)) => piece.push(c),
                _ => {}
            }
        }
        assert!(open.is_none(), "a string stays open: {line}");
    }
    found
}

fn is_identifier(text: &str) -> bool {
    let start = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    start && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The text that a reader sees, code included.
fn markdown(text: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, TagEnd};
    let mut found = vec![String::new()];
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) | Event::Code(text) => found.last_mut().unwrap().push_str(&text),
            Event::SoftBreak | Event::HardBreak => found.last_mut().unwrap().push(' '),
            Event::Html(html) | Event::InlineHtml(html) => found.push(format!("html {html}")),
            Event::End(
                TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::CodeBlock | TagEnd::Heading(_),
            ) => {
                found.push(String::new());
            }
            _ => {}
        }
    }
    found
}

/// The double-quoted words of a Dockerfile, unescaped, and its lines without them.
fn docker(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (mut rest, mut word, mut quoted) = (String::new(), String::new(), false);
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted => {
                    found.push(std::mem::take(&mut word));
                    quoted = false;
                }
                '"' => quoted = true,
                '\\' if quoted => word.push(chars.next().unwrap()),
                c if quoted => word.push(c),
                c => rest.push(c),
            }
        }
        assert!(!quoted, "a quote stays open: {line}");
        found.push(rest);
    }
    found
}
