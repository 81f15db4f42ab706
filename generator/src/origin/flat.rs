//! Files of settings as plain lines: a key, its value, and where it stands.

use serde_json::Value;

/// A key with its value, where somebody has written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Path below the project's folder.
    pub file: String,
    /// Line, from 1; none where it is not found again.
    pub line: Option<usize>,
    /// The key: `containerResourceRequirements.cpu`, and of a list its items by name: `variables.MODEL_NAME`.
    pub key: String,
    /// The value as text.
    pub value: String,
}

/// Every scalar of a YAML or JSON file; nothing of one that cannot be read.
pub(super) fn yaml(file: &str, text: &str) -> Vec<Said> {
    let Ok(root) = serde_saphyr::from_str::<Value>(text) else { return Vec::new() };
    let mut found = Vec::new();
    walk("", &root, &mut |key, value| {
        let line = line_of(text, key.rsplit('.').next().unwrap_or_default(), &value);
        found.push(Said { file: file.to_owned(), line, key: key.to_owned(), value });
    });
    found
}

/// The variables of a file that shells read: `NAME = 'value'`.
pub(super) fn environment(file: &str, text: &str) -> Vec<Said> {
    let one = |(number, line): (usize, &str)| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_start_matches("export ").trim();
        let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let value = value.trim().trim_matches(['\'', '"']).to_owned();
        is_name.then(|| Said { file: file.to_owned(), line: Some(number + 1), key: key.to_owned(), value })
    };
    text.lines().enumerate().filter_map(one).collect()
}

/// The lines of a list of requirements, without comments and options of pip.
pub(super) fn requirements(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '-'])).map(str::to_owned).collect()
}

/// What pip installs in an environment of conda, and the packages of conda itself but for Python and pip.
pub(super) fn conda(text: &str) -> Vec<String> {
    let Ok(root) = serde_saphyr::from_str::<Value>(text) else { return Vec::new() };
    let mut found = Vec::new();
    for item in root.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
        match item {
            Value::String(package) => found.push(package.clone()),
            Value::Object(by) => {
                let pip = by.get("pip").and_then(Value::as_array).into_iter().flatten();
                found.extend(pip.filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    let name = |package: &str| package.split(['=', '<', '>', '[', ' ']).next().unwrap_or_default().to_owned();
    found.retain(|package| !["python", "pip"].contains(&name(package).as_str()));
    found
}

fn walk(at: &str, value: &Value, each: &mut impl FnMut(&str, String)) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(&below(key), value, each)),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                match (name, item.get("value")) {
                    (Some(name), Some(value)) => walk(&below(name), value, each),
                    _ => walk(&below(&number.to_string()), item, each),
                }
            }
        }
        Value::Null => each(at, String::new()),
        Value::String(text) => each(at, text.clone()),
        other => each(at, other.to_string()),
    }
}

/// The first line that has a key with a value, or a name above its value.
fn line_of(text: &str, key: &str, value: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let names = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches('"');
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches('"').starts_with(':'))
            || line.strip_prefix("name:").is_some_and(|name| name.trim().trim_matches(['"', '\'']) == key)
    };
    let has = |line: &&str| line.contains(value);
    let exact = lines.iter().position(|line| names(line) && has(line));
    exact.or_else(|| lines.iter().position(|line| names(line))).map(|number| number + 1)
}
