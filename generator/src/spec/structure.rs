//! Walks the schema over the document: unknown keys, missing keys, wrong types, wrong choices, numbers out of range.
//!
//! What is wrong is reported and left out (an item of a list is replaced, so that the others keep their index), and
//! the rest is judged further: all mistakes come at once. Parts that were left out are `doubtful`; what later checks
//! say about them would be a consequence, not a mistake of its own.

use serde_json::{Map, Number, Value as Json};

use super::located::path::Path;
use super::located::{Entry, Node, Value};
use super::nearest::{did_you_mean, listed, nearest};
use super::report::Mistake;

/// Mistakes beyond this number tell nobody anything, and finding their places takes time.
pub(crate) const MOST_MISTAKES: usize = 1_000;

/// A document that fits the schema, and what was wrong with it.
#[derive(Debug)]
pub struct Conformed {
    /// The document as JSON, without the parts that do not fit.
    pub json: Json,
    /// What does not fit.
    pub mistakes: Vec<Mistake>,
    /// Parts that were left out or replaced.
    pub doubtful: Vec<Path>,
}

/// Makes `document` fit `schema`.
pub fn conform(document: &Node, schema: &Json) -> Conformed {
    let mut walk = Walk { root: schema, document, mistakes: Vec::new(), doubtful: Vec::new() };
    let json = walk.value(document, schema, &Path::root()).unwrap_or_else(|| Json::Object(Map::new()));
    Conformed { json, mistakes: walk.mistakes, doubtful: walk.doubtful }
}

struct Walk<'s> {
    root: &'s Json,
    document: &'s Node,
    mistakes: Vec<Mistake>,
    doubtful: Vec<Path>,
}

impl<'s> Walk<'s> {
    /// The value as JSON, or `None` with a mistake.
    fn value(&mut self, node: &Node, schema: &'s Json, path: &Path) -> Option<Json> {
        let schema = self.resolve(schema);
        if node.value == Value::Broken {
            self.doubtful.push(path.clone());
            return None;
        }
        if node.value == Value::Null {
            let help = "give it a value, or leave the key out";
            return self.refuse(path, format!("{} has no value", named(path)), Some(help.to_owned()));
        }
        if let Some(choices) = choices(schema) {
            return self.choice(node, &choices, path);
        }
        if let Some(variants) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
            return self.one_of(node, variants, path);
        }
        let kind = kind(schema);
        if let (Value::Float(number), "integer") = (&node.value, kind)
            && let Some(exact) = Number::from_f64(*number).filter(|_| number.abs() >= i64::MAX as f64)
        {
            return self.number(*number, exact, schema, path).and(None);
        }
        if !fits_kind(&node.value, kind) {
            return self.wrong_kind(node, kind, path);
        }
        match &node.value {
            Value::Map(entries) => Some(self.map(entries, schema, path)),
            Value::List(items) => self.list(items, schema, path),
            Value::Integer(number) => self.number(*number as f64, Number::from(*number), schema, path),
            Value::Float(number) => match Number::from_f64(*number) {
                Some(exact) => self.number(*number, exact, schema, path),
                None => self.refuse(path, format!("{} is a finite number", named(path)), None),
            },
            Value::Bool(b) => Some(Json::Bool(*b)),
            Value::String(text) => Some(Json::String(text.clone())),
            Value::Null | Value::Broken => None,
        }
    }

    /// The variants differ in kind, so the kind of the value decides which one is meant.
    fn one_of(&mut self, node: &Node, variants: &'s [Json], path: &Path) -> Option<Json> {
        let meant = variants.iter().map(|v| self.resolve(v)).find(|v| fits_kind(&node.value, kind(v)));
        let given = match (&node.value, meant) {
            (Value::String(text), Some(variant)) if choices(variant).is_some_and(|c| !c.iter().any(|c| *c == text)) => {
                format!("`{}`", text.chars().take(60).collect::<String>())
            }
            (_, Some(variant)) => return self.value(node, variant, path),
            (_, None) => node.value.kind().to_owned(),
        };
        let names: Vec<&str> =
            variants.iter().filter_map(|v| choices(self.resolve(v))).flatten().filter_map(Json::as_str).collect();
        let kinds =
            variants.iter().map(|v| self.resolve(v)).filter(|v| choices(v).is_none()).map(|v| expected(kind(v)));
        let allowed: Vec<&str> = names.iter().copied().chain(kinds).collect();
        let help = did_you_mean(given.trim_matches('`'), names.iter().copied());
        self.refuse(path, format!("{} is {}, not {given}", named(path), allowed.join(" or ")), help)
    }

    fn map(&mut self, entries: &[Entry], schema: &'s Json, path: &Path) -> Json {
        let properties = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties").filter(|s| s.is_object());
        let mut json = Map::new();
        let mut meant = Vec::new();
        for entry in entries {
            let at = path.key(&entry.key);
            match properties.and_then(|p| p.get(&entry.key)).or(others) {
                Some(schema) => {
                    if let Some(value) = self.value(&entry.node, schema, &at) {
                        json.insert(entry.key.clone(), value);
                    }
                }
                None => meant.extend(self.unknown(entry, properties, path)),
            }
        }
        // What was probably meant is there, in a form that nobody can read.
        let absent = meant.iter().filter(|name| !entries.iter().any(|entry| entry.key == **name));
        self.doubtful.extend(absent.map(|name| path.key(name)));
        for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            // A slip of the fingers is one mistake, not an unknown key and a missing one.
            if !meant.contains(&name) && !entries.iter().any(|e| e.key == name) {
                let description = properties.and_then(|p| p.get(name)).and_then(|p| p.get("description"));
                let place = if path.steps().is_empty() { "the spec".to_owned() } else { named(path) };
                let help = description.and_then(Json::as_str).map(|d| format!("`{name}`: {}", one_line(d)));
                let span = self.document.locate(path, false);
                let mistake = Mistake::new(span, format!("{place} lacks the key `{name}`")).at(path.key(name));
                self.mistakes.push(Mistake { help, ..mistake });
                self.doubtful.push(path.key(name));
            }
        }
        Json::Object(json)
    }

    /// Reports a key that is not known; returns the one that was probably meant.
    fn unknown(&mut self, entry: &Entry, properties: Option<&'s Map<String, Json>>, path: &Path) -> Option<&'s str> {
        if self.mistakes.len() >= MOST_MISTAKES {
            return None;
        }
        let known = || properties.into_iter().flat_map(|p| p.keys().map(String::as_str));
        let near = nearest(&entry.key, known());
        let key: String = entry.key.chars().take(60).collect();
        let place = if path.steps().is_empty() { "the spec".to_owned() } else { named(path) };
        let help = if entry.key == "<<" {
            "merge keys are no part of YAML 1.2; write the keys out".to_owned()
        } else {
            near.map_or_else(|| format!("its keys are {}", listed(known())), |near| format!("did you mean `{near}`?"))
        };
        let mistake = Mistake::new(entry.key_span.clone(), format!("`{key}` is no key of {place}")).help(help);
        self.mistakes.push(mistake.at(path.key(&entry.key)));
        near
    }

    fn list(&mut self, items: &[Node], schema: &'s Json, path: &Path) -> Option<Json> {
        let count = items.len() as u64;
        let limit = |name| schema.get(name).and_then(Json::as_u64);
        let least = limit("minItems").filter(|least| count < *least);
        let most = limit("maxItems").filter(|most| count > *most);
        if let Some((word, limit)) = least.map(|l| ("at least", l)).or(most.map(|m| ("at most", m))) {
            let noun = if limit == 1 { "entry" } else { "entries" };
            return self.refuse(path, format!("{} has {word} {limit} {noun}, this has {count}", named(path)), None);
        }
        let schema = schema.get("items").unwrap_or(&Json::Null);
        let values = items.iter().enumerate().map(|(i, item)| {
            let at = path.index(i);
            self.value(item, schema, &at).unwrap_or_else(|| self.stand_in(schema))
        });
        Some(Json::Array(values.collect()))
    }

    fn number(&mut self, number: f64, exact: Number, schema: &Json, path: &Path) -> Option<Json> {
        let limit = |name| schema.get(name).and_then(Json::as_f64);
        let (min, max) = (limit("minimum"), limit("maximum"));
        let (above, below) = (limit("exclusiveMinimum"), limit("exclusiveMaximum"));
        let fits = min.is_none_or(|m| number >= m)
            && max.is_none_or(|m| number <= m)
            && above.is_none_or(|m| number > m)
            && below.is_none_or(|m| number < m);
        if fits {
            return Some(Json::Number(exact));
        }
        let limits: Vec<String> = [("at least", min), ("more than", above), ("at most", max), ("less than", below)]
            .iter()
            .filter_map(|(word, limit)| limit.map(|l| format!("{word} {l}")))
            .collect();
        self.refuse(path, format!("{} is {}, not {exact}", named(path), limits.join(" and ")), None)
    }

    fn choice(&mut self, node: &Node, choices: &[&Json], path: &Path) -> Option<Json> {
        let given = match &node.value {
            Value::String(text) => Json::String(text.clone()),
            Value::Integer(number) => Json::from(*number),
            Value::Bool(b) => Json::Bool(*b),
            other => Json::String(other.kind().to_owned()),
        };
        if choices.contains(&&given) && !matches!(node.value, Value::List(_) | Value::Map(_) | Value::Float(_)) {
            return Some(given);
        }
        // A sign between commas would be read as one of them.
        let shown = |v: &Json| match v.as_str() {
            Some(text) if text.contains(char::is_alphanumeric) => text.to_owned(),
            _ => v.to_string(),
        };
        let names: Vec<String> = choices.iter().map(|c| shown(c)).collect();
        let allowed = if names.len() == 1 { names[0].clone() } else { format!("one of {}", names.join(", ")) };
        let help = match path.last_key() {
            Some("version") => Some(format!("this is mlops-gen {}, which reads version 1", env!("CARGO_PKG_VERSION"))),
            _ => given.as_str().and_then(|g| did_you_mean(g, names.iter().map(String::as_str))),
        };
        let given: String = shown(&given).chars().take(60).collect();
        let quoted = if matches!(node.value, Value::List(_) | Value::Map(_)) { given } else { format!("`{given}`") };
        self.refuse(path, format!("{} is {allowed}, not {quoted}", named(path)), help)
    }

    fn wrong_kind(&mut self, node: &Node, kind: &str, path: &Path) -> Option<Json> {
        let help = match (&node.value, kind) {
            (Value::Bool(_) | Value::Integer(_) | Value::Float(_), "string") => {
                Some("text that looks like a number or a truth value needs quotes".to_owned())
            }
            (Value::String(text), "boolean") => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => Some("did you mean `true`?".to_owned()),
                "no" | "off" | "n" | "false" => Some("did you mean `false`?".to_owned()),
                _ => None,
            },
            (Value::String(text), "number" | "integer") if text.trim().parse::<f64>().is_ok() => {
                Some("a number is written without quotes".to_owned())
            }
            (Value::String(text), "number" | "integer") if text.trim().starts_with(|c: char| c.is_ascii_digit()) => {
                Some("a number is written in digits alone, without units and separators".to_owned())
            }
            (Value::Float(number), "integer") if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(format!("write `{number}`, without a point or an exponent"))
            }
            (Value::String(_) | Value::Map(_), "array") => Some("each entry of a list starts with `- `".to_owned()),
            _ => None,
        };
        let given = match &node.value {
            Value::Float(number) => number.to_string(),
            other => other.kind().to_owned(),
        };
        self.refuse(path, format!("{} is {}, not {given}", named(path), expected(kind)), help)
    }

    fn refuse(&mut self, path: &Path, message: String, help: Option<String>) -> Option<Json> {
        if self.mistakes.len() < MOST_MISTAKES {
            let mistake = Mistake::new(self.document.locate(path, false), message).at(path.clone());
            self.mistakes.push(Mistake { help, ..mistake });
            self.doubtful.push(path.clone());
        }
        None
    }

    /// A value that fits `schema`, in the place of an item that does not.
    fn stand_in(&self, schema: &Json) -> Json {
        let schema = self.resolve(schema);
        if let Some(first) = choices(schema).and_then(|c| c.first().map(|c| (*c).clone())) {
            return first;
        }
        match kind(schema) {
            "object" => Json::Object(Map::new()),
            "array" => Json::Array(Vec::new()),
            "boolean" => Json::Bool(false),
            "number" | "integer" => schema.get("minimum").cloned().unwrap_or_else(|| Json::from(1)),
            _ => match schema.get("anyOf").and_then(Json::as_array).and_then(|v| v.last()) {
                Some(variant) => self.stand_in(variant),
                None => Json::String(String::new()),
            },
        }
    }

    fn resolve(&self, schema: &'s Json) -> &'s Json {
        let mut schema = schema;
        while let Some(pointer) = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#')) {
            match self.root.pointer(pointer) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }
}

/// The values that a schema of choices allows.
fn choices(schema: &Json) -> Option<Vec<&Json>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![only]);
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return Some(values.iter().collect());
    }
    let variants = schema.get("oneOf").and_then(Json::as_array)?;
    variants.iter().map(choices).collect::<Option<Vec<_>>>().map(|lists| lists.into_iter().flatten().collect())
}

fn kind(schema: &Json) -> &str {
    match schema.get("type").and_then(Json::as_str) {
        Some(kind) => kind,
        None if choices(schema).is_some_and(|c| c.iter().all(|c| c.is_string())) => "string",
        None => "",
    }
}

fn fits_kind(value: &Value, kind: &str) -> bool {
    match value {
        Value::Null | Value::Broken => false,
        Value::Bool(_) => kind == "boolean",
        Value::Integer(_) => kind == "integer" || kind == "number",
        Value::Float(_) => kind == "number",
        Value::String(_) => kind == "string",
        Value::List(_) => kind == "array",
        Value::Map(_) => kind == "object",
    }
}

fn expected(kind: &str) -> &'static str {
    match kind {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "array" => "a list",
        "object" => "a mapping",
        _ => "text",
    }
}

fn named(path: &Path) -> String {
    match path.last_key() {
        Some(_) => format!("`{path}`"),
        None => "the spec".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
