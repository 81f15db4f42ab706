//! Values of expressions, as far as the files alone say them: what is left to Azure has none.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::expression::{Expression, parse};

/// Levels of variables in variables, and of values in values.
const MAX_DEPTH: usize = 60;

/// Parameters and variables of one template.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    /// Values of parameters, by name in lower case.
    pub parameters: HashMap<String, Value>,
    /// Variables as the template has them.
    pub variables: Option<&'a Map<String, Value>>,
}

impl<'a> Values<'a> {
    /// The values of `template` where `given` are its arguments; defaults stand in for what is not given.
    pub(super) fn new(template: &'a Value, given: HashMap<String, Value>) -> Self {
        let mut values = Self { parameters: given, variables: template.get("variables").and_then(Value::as_object) };
        for (name, declared) in template.get("parameters").and_then(Value::as_object).into_iter().flatten() {
            let name = name.to_lowercase();
            if !values.parameters.contains_key(&name)
                && let Some(default) = declared.get("defaultValue").and_then(|default| values.resolve(default, 0))
            {
                values.parameters.insert(name, default);
            }
        }
        values
    }

    /// The value of a piece of the template, if it is known.
    pub(super) fn value(&self, value: &Value) -> Option<Value> {
        self.resolve(value, 0)
    }

    fn resolve(&self, value: &Value, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match value {
            Value::String(text) => match parse(text) {
                Some(expression) => self.evaluate(&expression.ok()?, depth + 1),
                None => Some(text.strip_prefix("[[").map_or_else(|| text.clone(), |rest| format!("[{rest}")).into()),
            },
            Value::Array(items) => {
                items.iter().map(|item| self.resolve(item, depth + 1)).collect::<Option<Vec<_>>>().map(Value::from)
            }
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| Some((key.clone(), self.resolve(value, depth + 1)?)))
                .collect::<Option<Map<_, _>>>()
                .map(Value::from),
            other => Some(other.clone()),
        }
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match expression {
            Expression::Literal(value) => Some(value.clone()),
            Expression::Access(base, index) => {
                let (base, index) = (self.evaluate(base, depth + 1)?, self.evaluate(index, depth + 1)?);
                match index {
                    Value::String(name) => base.get(name).cloned(),
                    other => base.get(usize::try_from(other.as_u64()?).ok()?).cloned(),
                }
            }
            Expression::Call(name, arguments) => match (name.to_lowercase().as_str(), arguments.as_slice()) {
                ("parameters", [name]) => self.parameters.get(&name.text()?.to_lowercase()).cloned(),
                ("variables", [name]) => {
                    let name = name.text()?;
                    let (_, value) = self.variables?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
                    self.resolve(value, depth + 1)
                }
                ("true", []) => Some(true.into()),
                ("false", []) => Some(false.into()),
                ("tolower", [text]) => Some(self.evaluate(text, depth + 1)?.as_str()?.to_lowercase().into()),
                ("string", [text]) => self.evaluate(text, depth + 1).filter(Value::is_string),
                ("if", [condition, yes, no]) => {
                    let chosen = if self.evaluate(condition, depth + 1)?.as_bool()? { yes } else { no };
                    self.evaluate(chosen, depth + 1)
                }
                ("take", [text, count]) => {
                    let count = usize::try_from(self.evaluate(count, depth + 1)?.as_u64()?).ok()?;
                    Some(self.evaluate(text, depth + 1)?.as_str()?.chars().take(count).collect::<String>().into())
                }
                ("replace", [text, from, to]) => {
                    let (from, to) = (self.evaluate(from, depth + 1)?, self.evaluate(to, depth + 1)?);
                    Some(self.evaluate(text, depth + 1)?.as_str()?.replace(from.as_str()?, to.as_str()?).into())
                }
                ("format", [pattern, rest @ ..]) => self.format(pattern.text()?, rest, depth),
                ("concat", parts) => {
                    let mut text = String::new();
                    for part in parts {
                        text.push_str(self.evaluate(part, depth + 1)?.as_str()?);
                    }
                    Some(text.into())
                }
                _ => None,
            },
        }
    }

    fn format(&self, pattern: &str, arguments: &[Expression], depth: usize) -> Option<Value> {
        let mut text = pattern.replace("{{", "\u{1}").replace("}}", "\u{2}");
        for (index, argument) in arguments.iter().enumerate() {
            let value = match self.evaluate(argument, depth + 1)? {
                Value::String(value) => value,
                Value::Number(value) => value.to_string(),
                _ => return None,
            };
            text = text.replace(&format!("{{{index}}}"), &value);
        }
        Some(text.replace('\u{1}', "{").replace('\u{2}', "}").into())
    }
}
