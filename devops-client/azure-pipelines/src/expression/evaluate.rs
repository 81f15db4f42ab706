//! What expressions are worth: a value, an error, or what they depend on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare::{equals, order};
use super::strings::{format, holds, replace};
use super::{Expression, ExpressionError, Step, is_name, quoted};
use crate::number::Number;
use crate::place::Place;
use crate::value::{Node, Unknown, Value};

/// Beyond this many characters an expression that is left is shown as it was written.
const SHOWN: usize = 2_000;

/// What the names of expressions stand for.
pub trait Scope {
    /// The whole value of a context or loop variable; `None` if only parts of it, or nothing, is known.
    fn value(&self, name: &str) -> Option<Node>;

    /// One value of a context of which not all is known; `None` if this one is not known either. A value that is
    /// certainly not there is null.
    fn property(&self, name: &str, key: &str) -> Option<Node> {
        let _ = (name, key);
        None
    }

    /// What a function gives that asks for the run: `succeeded`, `counter` and so on, in lower case. `None` if that is not
    /// known.
    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        let _ = (function, arguments);
        None
    }
}

/// The value of `expression`. What is taken from somewhere keeps its place; what is made here has `place`.
///
/// # Errors
/// If a value cannot be what a function needs. What is merely not known is a value: [`Value::Unknown`].
pub fn evaluate(expression: &Expression, scope: &dyn Scope, place: &Place) -> Result<Node, ExpressionError> {
    Evaluator { scope, place }.node(expression)
}

struct Evaluator<'a> {
    scope: &'a dyn Scope,
    place: &'a Place,
}

type Evaluated = Result<Value, ExpressionError>;

impl Evaluator<'_> {
    fn node(&self, expression: &Expression) -> Result<Node, ExpressionError> {
        Ok(match expression {
            Expression::Literal(value) => self.at(value.clone()),
            Expression::Name(name) => {
                self.scope.value(name).unwrap_or_else(|| self.at(Value::Unknown(Unknown::named(name))))
            }
            Expression::Access { base, steps } => self.access(base, steps)?,
            Expression::Call { function, arguments } => self.at(self.call(function, arguments)?),
        })
    }

    fn value(&self, expression: &Expression) -> Evaluated {
        self.node(expression).map(|node| node.value)
    }

    fn at(&self, value: Value) -> Node {
        Node::new(value, self.place)
    }

    fn access(&self, base: &Expression, steps: &[Step]) -> Result<Node, ExpressionError> {
        let mut rest = steps;
        let mut node = match (base, steps) {
            (Expression::Name(name), [first, behind @ ..]) if self.scope.value(name).is_none() => {
                rest = behind;
                let key = match first {
                    Step::Name(key) => Value::text(key),
                    Step::Index(index) => self.value(index)?,
                    Step::All => return Ok(self.at(left(format!("{name}.*"), [name.clone()]))),
                };
                match key.to_text() {
                    Some(key) => self.scope.property(name, &key).unwrap_or_else(|| {
                        self.at(Value::Unknown(Unknown::named(&format!("{name}{}", step_text(&key)))))
                    }),
                    None => self.at(self.open(&[key], || format!("{name}[…]"))),
                }
            }
            _ => self.node(base)?,
        };
        let mut filtered = false;
        for step in rest {
            if let Value::Unknown(unknown) = &node.value {
                let shown = match step {
                    Step::Name(key) => step_text(key),
                    Step::Index(index) => format!("[{}]", self.shown(&self.value(index)?, index)),
                    Step::All => ".*".to_owned(),
                };
                let depends = unknown.depends_on.iter().cloned();
                node = self.at(left(format!("{}{shown}", unknown.expression), depends));
                continue;
            }
            let key = match step {
                Step::All => {
                    node = self.all(&node, filtered);
                    filtered = true;
                    continue;
                }
                Step::Name(name) => Value::text(name),
                Step::Index(index) => self.value(index)?,
            };
            if let Value::Unknown(_) = key {
                node = self.at(self.open(&[key], || "…".to_owned()));
            } else if filtered {
                let found: Vec<Node> = node.items().iter().filter_map(|item| self.child(item, &key)).collect();
                node = self.at(Value::List(Arc::new(found)));
            } else {
                node = self.child(&node, &key).unwrap_or_else(|| self.at(Value::Null));
            }
        }
        Ok(node)
    }

    /// `.*`: every item of a list, every value of a mapping; of each of them, if that was done before.
    fn all(&self, node: &Node, filtered: bool) -> Node {
        fn children(node: &Node) -> Vec<Node> {
            let values = node.entries().iter().map(|(_, value)| value);
            node.items().iter().chain(values).cloned().collect()
        }
        let found = if filtered { node.items().iter().flat_map(children).collect() } else { children(node) };
        if let Some(item) = found.iter().find(|item| !item.sure()) {
            return self.at(left("…".to_owned(), item.when.iter().map(ToString::to_string)));
        }
        self.at(Value::List(Arc::new(found)))
    }

    /// What stands under `key`; `None` if nothing does.
    fn child(&self, node: &Node, key: &Value) -> Option<Node> {
        let found = match &node.value {
            Value::Map(entries) => {
                let key = key.to_text()?;
                let found = entries.iter().find(|(k, _)| k.text().is_some_and(|k| k.eq_ignore_ascii_case(&key)));
                if found.is_none()
                    && let Some((Node { value: Value::Unknown(unknown), .. }, _)) =
                        entries.iter().find(|(k, _)| matches!(k.value, Value::Unknown(_)))
                {
                    return Some(self.at(Value::Unknown(unknown.clone())));
                }
                &found?.1
            }
            Value::List(items) => items.get(key.to_number()?.index()?)?,
            Value::Unknown(_) => return Some(node.clone()),
            _ => return None,
        };
        match &found.when {
            Some(when) => Some(self.at(left("…".to_owned(), [when.to_string()]))),
            None => Some(found.clone()),
        }
    }

    fn call(&self, function: &str, arguments: &[Expression]) -> Evaluated {
        let name = function.to_ascii_lowercase();
        match name.as_str() {
            "and" => self.decide(function, arguments, false, |value| Some(value.is_true())),
            "or" => self.decide(function, arguments, true, |value| Some(value.is_true())),
            "in" | "notin" => {
                let wanted = self.value(&arguments[0])?;
                let found = match &wanted {
                    Value::Unknown(_) => self.left_call(function, arguments),
                    wanted if arguments.len() > 1 => {
                        self.decide(function, &arguments[1..], true, |value| Some(equals(wanted, value)))
                    }
                    _ => Ok(Value::Boolean(false)),
                }?;
                Ok(match found {
                    Value::Boolean(found) => Value::Boolean(found == (name == "in")),
                    _ => self.left_call(function, arguments)?,
                })
            }
            "coalesce" => {
                let mut last = Value::Null;
                for argument in arguments {
                    last = self.value(argument)?;
                    match &last {
                        Value::Unknown(_) => return self.left_call(function, arguments),
                        Value::Null => {}
                        Value::String(text) if text.is_empty() => {}
                        _ => return Ok(last),
                    }
                }
                Ok(last)
            }
            "iif" => match self.value(&arguments[0])? {
                Value::Unknown(_) => self.left_call(function, arguments),
                value => self.value(&arguments[if value.is_true() { 1 } else { 2 }]),
            },
            _ => {
                let values: Vec<Value> = arguments.iter().map(|a| self.value(a)).collect::<Result<_, _>>()?;
                if matches!(name.as_str(), "counter" | "always" | "canceled" | "failed")
                    || name.starts_with("succeeded")
                {
                    let found = self.scope.call(&name, &values);
                    return found.map_or_else(|| Ok(self.open_call(function, arguments, &values)), Ok);
                }
                if values.iter().any(|value| !causes(value, name == "converttojson").is_empty()) {
                    return self
                        .partly(&name, &values)
                        .map_or_else(|| Ok(self.open_call(function, arguments, &values)), Ok);
                }
                plain(&name, &values).map_err(|message| {
                    ExpressionError::new(format!("{message}, in `{}`", shown_call(function, arguments)))
                })
            }
        }
    }

    /// Goes through the arguments until one is as `decisive`; what is not known leaves the question open, unless another
    /// decides it. What follows something that is not known may never be asked, so an error there leaves it open too.
    fn decide(
        &self,
        function: &str,
        arguments: &[Expression],
        decisive: bool,
        test: impl Fn(&Value) -> Option<bool>,
    ) -> Evaluated {
        let mut values = Vec::new();
        let mut open = false;
        for argument in arguments {
            match self.value(argument) {
                Ok(value @ Value::Unknown(_)) => {
                    open = true;
                    values.push(value);
                }
                Ok(value) if test(&value) == Some(decisive) => return Ok(Value::Boolean(decisive)),
                Ok(value) => values.push(value),
                Err(error) if !open => return Err(error),
                Err(_) => values.push(Value::Null),
            }
        }
        if open { Ok(self.open_call(function, arguments, &values)) } else { Ok(Value::Boolean(!decisive)) }
    }

    /// What can be said although something is not known.
    fn partly(&self, name: &str, values: &[Value]) -> Option<Value> {
        match (name, values) {
            ("length", [Value::List(items)]) => {
                items.iter().all(Node::sure).then(|| Value::Number(Number::from(items.len())))
            }
            ("containsvalue", [Value::List(_) | Value::Map(_), wanted]) if !matches!(wanted, Value::Unknown(_)) => {
                let there = |node: &Node| node.sure() && equals(wanted, &node.value);
                let node = self.at(values[0].clone());
                let found = node.items().iter().any(there) || node.entries().iter().any(|(_, value)| there(value));
                found.then_some(Value::Boolean(true))
            }
            _ => None,
        }
    }

    fn left_call(&self, function: &str, arguments: &[Expression]) -> Evaluated {
        let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument).unwrap_or(Value::Null)).collect();
        Ok(self.open_call(function, arguments, &values))
    }

    fn open_call(&self, function: &str, arguments: &[Expression], values: &[Value]) -> Value {
        let value = self.open(values, || {
            let shown: Vec<String> =
                arguments.iter().zip(values).map(|(argument, value)| self.shown(value, argument)).collect();
            let text = format!("{function}({})", shown.join(", "));
            if text.len() > SHOWN { shown_call(function, arguments) } else { text }
        });
        match value {
            Value::Unknown(unknown) if unknown.depends_on.is_empty() => {
                Value::Unknown(Unknown { depends_on: Arc::new(BTreeSet::from([format!("{function}()")])), ..unknown })
            }
            value => value,
        }
    }

    fn open(&self, values: &[Value], expression: impl FnOnce() -> String) -> Value {
        left(expression(), values.iter().flat_map(|value| causes(value, true)))
    }

    /// An argument with what is known put in.
    fn shown(&self, value: &Value, written: &Expression) -> String {
        match value {
            Value::Unknown(unknown) => unknown.expression.to_string(),
            Value::String(text) => quoted(text),
            Value::Boolean(value) => value.to_string(),
            Value::Number(_) | Value::Version(_) => value.to_text().unwrap_or_default().to_string(),
            Value::Null | Value::List(_) | Value::Map(_) => written.to_string(),
        }
    }
}

fn shown_call(function: &str, arguments: &[Expression]) -> String {
    Expression::Call { function: function.to_owned(), arguments: arguments.to_vec() }.to_string()
}

fn step_text(key: &str) -> String {
    if is_name(key) { format!(".{key}") } else { format!("[{}]", quoted(key)) }
}

fn left(expression: String, depends_on: impl IntoIterator<Item = String>) -> Value {
    Value::Unknown(Unknown { expression: expression.into(), depends_on: Arc::new(depends_on.into_iter().collect()) })
}

/// What a value depends on: nothing if it is known. `deep` looks below the items of lists.
fn causes(value: &Value, deep: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut one = |node: &Node| {
        found.extend(node.when.iter().map(ToString::to_string));
        if deep || !matches!(node.value, Value::List(_) | Value::Map(_)) {
            found.extend(causes(&node.value, deep));
        }
    };
    match value {
        Value::Unknown(unknown) => found.extend(unknown.depends_on.iter().cloned()),
        Value::List(items) => items.iter().for_each(one),
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            one(key);
            one(value);
        }),
        _ => {}
    }
    found
}

/// The functions of known values.
fn plain(name: &str, values: &[Value]) -> Result<Value, String> {
    let text = |index: usize| {
        let value = &values[index];
        value.to_text().ok_or_else(|| format!("a {} cannot become a text", value.kind()))
    };
    let nodes = |value: &Value| match value {
        Value::List(items) => items.iter().cloned().collect(),
        Value::Map(entries) => entries.iter().map(|(_, value)| value.clone()).collect(),
        _ => Vec::new(),
    };
    Ok(match name {
        "eq" => equals(&values[0], &values[1]).into(),
        "ne" => (!equals(&values[0], &values[1])).into(),
        "lt" => order(&values[0], &values[1])?.is_lt().into(),
        "le" => order(&values[0], &values[1])?.is_le().into(),
        "gt" => order(&values[0], &values[1])?.is_gt().into(),
        "ge" => order(&values[0], &values[1])?.is_ge().into(),
        "not" => (!values[0].is_true()).into(),
        "xor" => (values[0].is_true() != values[1].is_true()).into(),
        "contains" => holds(&text(0)?, &text(1)?, |text, part| text.contains(part)).into(),
        "startswith" => holds(&text(0)?, &text(1)?, |text, part| text.starts_with(part)).into(),
        "endswith" => holds(&text(0)?, &text(1)?, |text, part| text.ends_with(part)).into(),
        // The page converts each item to the type of the right parameter, so that one stands left.
        "containsvalue" => nodes(&values[0]).iter().any(|item| equals(&values[1], &item.value)).into(),
        "length" => Value::Number(Number::from(match &values[0] {
            Value::List(items) => items.len(),
            Value::Map(entries) => entries.len(),
            _ => text(0)?.encode_utf16().count(),
        })),
        "lower" => Value::text(text(0)?.to_lowercase()),
        "upper" => Value::text(text(0)?.to_uppercase()),
        "trim" => Value::text(text(0)?.trim()),
        "replace" => Value::text(replace(&text(0)?, &text(1)?, &text(2)?)?),
        "split" => {
            let (whole, by) = (text(0)?, text(1)?);
            let item = |part: &str| Node::new(Value::text(part), &Place::nowhere());
            let parts = if by.is_empty() { vec![item(&whole)] } else { whole.split(&*by).map(item).collect() };
            Value::List(Arc::new(parts))
        }
        "join" => match &values[1] {
            Value::List(items) => {
                let texts: Vec<Arc<str>> = items.iter().map(|item| item.value.to_text().unwrap_or_default()).collect();
                Value::text(texts.join(&*text(0)?))
            }
            other => Value::text(other.to_text().unwrap_or_default()),
        },
        "format" => Value::text(format(&text(0)?, &values[1..])?),
        "converttojson" => {
            let json = Node::new(values[0].clone(), &Place::nowhere()).to_json();
            Value::text(serde_json::to_string_pretty(&json).unwrap_or_default())
        }
        other => return Err(format!("there is no function `{other}`")),
    })
}
