//! Parameters of templates and pipelines: declared with types, given in full, nothing unknown.

use super::super::Finding;
use super::expression::value::Value;
use super::files::finding;
use super::yaml::{Kind, Node, Place};

/// The types that Azure Pipelines knows.
const TYPES: [&str; 14] = [
    "string",
    "stringList",
    "number",
    "boolean",
    "object",
    "step",
    "stepList",
    "job",
    "jobList",
    "deployment",
    "deploymentList",
    "stage",
    "stageList",
    "environment",
];

/// A declared parameter.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type; `string` where none is written.
    pub kind: &'a str,
    /// What it is when nobody says.
    pub default: Option<&'a Node>,
    /// The only values allowed; empty when any is.
    pub values: &'a [Node],
    /// The declaration.
    pub node: &'a Node,
}

/// The parameters that a file declares.
pub fn declared(file: &Node) -> Vec<Declared<'_>> {
    let items = file.get("parameters").map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|node| {
            Some(Declared {
                name: node.text_at("name")?,
                kind: node.text_at("type").unwrap_or("string"),
                default: node.get("default"),
                values: node.get("values").map(Node::items).unwrap_or_default(),
                node,
            })
        })
        .collect()
}

/// Checks the declarations of a file: names, types, defaults.
pub fn check(file: &Node, findings: &mut Vec<Finding>) {
    let items = file.get("parameters").map(Node::items).unwrap_or_default();
    for item in items.iter().filter(|item| item.text_at("name").is_none()) {
        findings.push(finding(&item.place, "a parameter has a name"));
    }
    let all = declared(file);
    for (index, parameter) in all.iter().enumerate() {
        let say = |message: String| finding(&parameter.node.place, message);
        if all[..index].iter().any(|other| other.name.eq_ignore_ascii_case(parameter.name)) {
            findings.push(say(format!("parameter `{}` is declared twice", parameter.name)));
        }
        if !TYPES.contains(&parameter.kind) {
            let allowed = TYPES.join(", ");
            findings.push(say(format!("parameter `{}` has type `{}`; {allowed} are", parameter.name, parameter.kind)));
        }
        if let Some(default) = parameter.default
            && let Err(message) = value(parameter, default)
        {
            findings.push(finding(&default.place, format!("the default of parameter `{}` {message}", parameter.name)));
        }
    }
}

/// What the parameters of template `path` are worth when they are given as `given` at `place`.
pub fn bind(
    template: &Node,
    given: Option<&Node>,
    place: &Place,
    path: &str,
    findings: &mut Vec<Finding>,
) -> Vec<(String, Option<Value>)> {
    let declared = declared(template);
    let given = given.map(Node::entries).unwrap_or_default();
    for (key, _) in given {
        let name = key.text().unwrap_or_default();
        if !declared.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name)) {
            let names: Vec<&str> = declared.iter().map(|parameter| parameter.name).collect();
            let known = if names.is_empty() {
                "it declares none".to_owned()
            } else {
                format!("it declares {}", names.join(", "))
            };
            findings.push(finding(&key.place, format!("template `{path}` has no parameter `{name}`; {known}")));
        }
    }
    let mut bound = Vec::new();
    for parameter in &declared {
        let found = given.iter().find(|(key, _)| key.text().is_some_and(|k| k.eq_ignore_ascii_case(parameter.name)));
        let node = match (found, parameter.default) {
            (Some((_, node)), _) => Some(node),
            (None, Some(default)) => Some(default),
            (None, None) => {
                let message = format!("template `{path}` needs parameter `{}`", parameter.name);
                findings.push(finding(place, message));
                None
            }
        };
        let worth = node.and_then(|node| match value(parameter, node) {
            Ok(value) => value,
            Err(message) => {
                let message = format!("parameter `{}` of template `{path}` {message}", parameter.name);
                findings.push(finding(&node.place, message));
                None
            }
        });
        bound.push((parameter.name.to_owned(), worth));
    }
    bound
}

/// The value of `node` as the parameter's type; `None` if only a run knows it.
///
/// # Errors
/// What the parameter wants instead, as the end of a sentence that begins with its name.
pub fn value(parameter: &Declared<'_>, node: &Node) -> Result<Option<Value>, String> {
    let scalar = node.text();
    if scalar.is_some_and(|text| text.contains("${{")) {
        return Ok(None);
    }
    let wrong = |wanted: &str| {
        let found = scalar.map_or_else(|| node.what().to_owned(), |text| format!("`{text}`"));
        Err(format!("is {wanted}, not {found}"))
    };
    let value = match (parameter.kind, scalar) {
        ("string", Some(text)) => Value::String(text.to_owned()),
        ("string", None) => return wrong("a string"),
        ("number", Some(text)) => match text.parse::<f64>() {
            Ok(number) => Value::Number(number),
            // A macro is text until just before a step: a number cannot be compared then.
            Err(_) => return wrong("a number"),
        },
        ("boolean", Some(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return wrong("true or false"),
        },
        ("number", None) => return wrong("a number"),
        ("boolean", None) => return wrong("true or false"),
        (kind, Some(text)) if kind.ends_with("List") && !text.is_empty() => return wrong("a list"),
        _ => to_value(node),
    };
    let allowed = |node: &Node| node.text().is_some_and(|text| scalar.is_some_and(|s| s.eq_ignore_ascii_case(text)));
    if !parameter.values.is_empty() && !parameter.values.iter().any(allowed) {
        let values: Vec<&str> = parameter.values.iter().filter_map(Node::text).collect();
        return wrong(&format!("one of {}", values.join(", ")));
    }
    Ok(Some(value))
}

/// A part of the file as a value of expressions; what a run only knows is open.
fn to_value(node: &Node) -> Value {
    let inner = |node: &Node| match node.text() {
        Some(text) if text.contains("${{") => None,
        _ => Some(to_value(node)),
    };
    match &node.kind {
        Kind::Scalar { text, .. } => Value::String(text.clone()),
        Kind::List(items) => Value::List(items.iter().map(inner).collect()),
        Kind::Map(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key.text().unwrap_or_default().to_owned(), inner(value))).collect(),
        ),
    }
}
