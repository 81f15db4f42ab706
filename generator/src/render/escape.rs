//! How a string of data is printed in each output language: always as one whole scalar.

use std::io::{Result, Write};

use tera::{Kwargs, State, Tera, Value};

use crate::artifacts::Language;

/// Every language that has an engine.
pub(super) const LANGUAGES: [Language; 10] = [
    Language::Yaml,
    Language::Bicep,
    Language::Json,
    Language::Docker,
    Language::Shell,
    Language::Python,
    Language::Rust,
    Language::Toml,
    Language::Markdown,
    Language::Lines,
];

/// The language that a template prints, from its name; `None` for the notes on the templates themselves.
pub(super) fn language_of(template: &str) -> Option<Language> {
    let name = template.rsplit('/').next().unwrap_or(template);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    Some(match extension {
        "md" if !template.contains('/') => return None,
        "md" => Language::Markdown,
        "yml" | "yaml" => Language::Yaml,
        "bicep" | "bicepparam" => Language::Bicep,
        "json" => Language::Json,
        "sh" => Language::Shell,
        "py" => Language::Python,
        "rs" => Language::Rust,
        "toml" => Language::Toml,
        "dockerfile" => Language::Docker,
        _ if name.starts_with("Dockerfile") => Language::Docker,
        _ => Language::Lines,
    })
}

/// Gives `tera` the escapes of `language`, and the filter `json` for lists and maps.
pub(super) fn install(tera: &mut Tera, language: Language) {
    tera.set_escape_fn(match language {
        Language::Yaml => yaml,
        Language::Bicep => bicep,
        Language::Json | Language::Python => json,
        Language::Docker => docker,
        Language::Shell => shell,
        Language::Rust => rust,
        Language::Toml => toml,
        Language::Markdown => markdown,
        Language::Lines => line,
    });
    tera.register_filter("json", |value: Value, _: Kwargs, _: &State<'_>| {
        serde_json::to_string(&value).map(|text| Value::safe_string(&text)).map_err(tera::Error::message)
    });
}

/// A YAML scalar that YAML 1.1 and 1.2 both read as this string: plain where nothing can misread it, else quoted.
fn yaml(text: &str, out: &mut dyn Write) -> Result<()> {
    if is_plain(text) { out.write_all(text.as_bytes()) } else { quoted(text, out) }
}

/// The same as a text of its own.
pub(super) fn yaml_scalar(text: &str) -> String {
    let mut out = Vec::new();
    // Memory takes every byte.
    let _ = yaml(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether every YAML reader takes `text`, unquoted, for this string.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '/');
    let inner = text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./@+:;(),=%".contains(c));
    let spaced = !text.ends_with([' ', ':']) && !text.contains(": ") && !text.contains(", ");
    let flow = !text.contains(',');
    first && inner && spaced && flow && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            '\n' => out.write_all(b"\\n")?,
            '\r' => out.write_all(b"\\r")?,
            '\t' => out.write_all(b"\\t")?,
            c if needs_code(c) && u32::from(c) <= 0xFFFF => write!(out, "\\u{:04X}", u32::from(c))?,
            c if needs_code(c) => write!(out, "\\U{:08X}", u32::from(c))?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_all(b"\"")
}

/// Characters outside YAML's printable set, and those that some readers take for a line break or a mark.
fn needs_code(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{85}' | '\u{A0}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// A Bicep string literal.
fn bicep(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"'")?;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => out.write_all(b"\\'")?,
            '\\' => out.write_all(b"\\\\")?,
            '$' if chars.peek() == Some(&'{') => out.write_all(b"\\$")?,
            '\n' => out.write_all(b"\\n")?,
            '\r' => out.write_all(b"\\r")?,
            '\t' => out.write_all(b"\\t")?,
            c if c.is_control() => write!(out, "\\u{{{:x}}}", u32::from(c))?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_all(b"'")
}

fn json(text: &str, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(out, text).map_err(Into::into)
}

/// A double-quoted word of a Dockerfile: `$` and backslash are literal.
fn docker(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.write_all(b"\\")?;
        }
        write!(out, "{c}")?;
    }
    out.write_all(b"\"")
}

/// One word of a shell.
fn shell(text: &str, out: &mut dyn Write) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@:=+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        out.write_all(text.as_bytes())
    } else {
        write!(out, "'{}'", text.replace('\'', "'\\''"))
    }
}

fn rust(text: &str, out: &mut dyn Write) -> Result<()> {
    write!(out, "{text:?}")
}

/// A TOML basic string: JSON's escapes, and DEL.
fn toml(text: &str, out: &mut dyn Write) -> Result<()> {
    let json = serde_json::to_string(text)?;
    out.write_all(json.replace('\u{7f}', "\\u007F").as_bytes())
}

/// Text of Markdown: nothing in it formats, links, starts HTML or, at the beginning of a line, a block of its own.
fn markdown(text: &str, out: &mut dyn Write) -> Result<()> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    for (index, c) in text.chars().enumerate() {
        match c {
            ' ' | '\t' if index == 0 => write!(out, "&#{};", u32::from(c))?,
            '-' | '+' | '=' | '>' if index == 0 => write!(out, "\\{c}")?,
            '.' | ')' if index == digits && digits > 0 => write!(out, "\\{c}")?,
            '<' => out.write_all(b"&lt;")?,
            '&' => out.write_all(b"&amp;")?,
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => write!(out, "\\{c}")?,
            c => write!(out, "{c}")?,
        }
    }
    Ok(())
}

/// A line of an ignore file.
fn line(text: &str, out: &mut dyn Write) -> Result<()> {
    if text.starts_with(['#', '!']) {
        out.write_all(b"\\")?;
    }
    out.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    #[test]
    fn text_of_any_beginning_is_one_paragraph_of_markdown() {
        for text in [
            "2026. was a good year",
            "1) first",
            "12345. and more",
            "--- a rule",
            "---",
            "===",
            "- an item",
            "+ an item",
            "* an item",
            "> a quotation",
            "# a heading",
            "    code",
            "\tcode",
            "```code",
            "~~~code",
            "| a | table |",
            "<b>bold</b> & [link](x)",
            "[x]: y",
            "3.14 is pi",
            "plain, (with) signs + 1 - 2 = > 3. 4",
        ] {
            let mut written = Vec::new();
            markdown(text, &mut written).unwrap();
            let written = String::from_utf8(written).unwrap();
            for document in [written.clone(), format!("# Title\n\n{written}\n\nNext.\n")] {
                let mut found = Vec::new();
                let mut paragraph = false;
                for event in Parser::new_ext(&document, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
                    match event {
                        Event::Start(Tag::Paragraph) => {
                            paragraph = true;
                            found.push(String::new());
                        }
                        Event::Text(part) if paragraph => found.last_mut().unwrap().push_str(&part),
                        Event::End(_) if paragraph => paragraph = false,
                        Event::Start(Tag::Heading { .. }) | Event::End(_) | Event::Text(_) => {}
                        other => panic!("{text:?}: {other:?} in {written:?}"),
                    }
                }
                assert_eq!(found.first().map(|text| text.trim()), Some(text.trim()), "{written:?}");
            }
        }
    }
}
