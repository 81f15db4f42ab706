//! `${{ }}` in keys and values: what it can refer to, values that are put in, and directives.

use serde_json::{Map, Value, json};

use super::expression::{self, Scope};

/// What template expressions can refer to.
#[derive(Clone)]
pub struct Names {
    /// The parameters of the file.
    pub parameters: Map<String, Value>,
    /// Variables that are known at compile time.
    pub variables: Map<String, Value>,
    /// Variables of `each`.
    pub locals: Map<String, Value>,
}

impl Scope for Names {
    fn name(&self, name: &str) -> Option<Value> {
        match name.to_lowercase().as_str() {
            "parameters" => Some(Value::Object(self.parameters.clone())),
            "variables" => Some(Value::Object(self.variables.clone())),
            "resources" => Some(json!({})),
            _ => self.locals.get(name).cloned(),
        }
    }
}

/// A key that decides about what is below it.
pub enum Directive {
    /// `if` and its condition.
    If(String),
    /// `elseif` and its condition.
    ElseIf(String),
    /// `else`.
    Else,
    /// `each`: the variable, and what it goes through.
    Each(String, String),
    /// `insert`.
    Insert,
}

/// Reads a key as a directive, if it is one.
pub fn directive(key: &str) -> Option<Directive> {
    let inner = key.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    if inner == "else" {
        return Some(Directive::Else);
    }
    if inner == "insert" {
        return Some(Directive::Insert);
    }
    let (word, rest) =
        inner.split_once(char::is_whitespace).or_else(|| inner.find('(').map(|at| inner.split_at(at)))?;
    match word {
        "if" => Some(Directive::If(rest.trim().to_owned())),
        "elseif" => Some(Directive::ElseIf(rest.trim().to_owned())),
        "each" => {
            let (variable, list) = rest.trim().split_once(" in ")?;
            Some(Directive::Each(variable.trim().to_owned(), list.trim().to_owned()))
        }
        _ => None,
    }
}

/// The place of the first expression in a text.
pub fn first_expression(text: &str) -> &str {
    let line = text.lines().find(|line| line.contains("${{")).unwrap_or(text);
    line.find("${{").map_or(line, |at| &line[at..])
}

/// Puts values in for `${{ }}`: a text that is nothing else takes the value's own kind.
pub fn interpolate(text: &str, names: &Names) -> Result<Value, String> {
    if !text.contains("${{") {
        return Ok(json!(text));
    }
    let trimmed = text.trim();
    if let Some(inner) = trimmed.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"))
        && !inner.contains("${{")
    {
        return expression::evaluate(inner.trim(), names);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        let end = rest[start..].find("}}").ok_or("The expression is not closed by '}}'.")? + start;
        out.push_str(&rest[..start]);
        out.push_str(&expression::text(&expression::evaluate(rest[start + 3..end].trim(), names)?));
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    Ok(json!(out))
}
