//! Works expressions out, as far as values are known: `None` is "not known before the run".

use super::Expression;
use super::value::Value;

/// What the names of an expression stand for.
pub trait Scope {
    /// The value of a context or loop variable, if it is known.
    fn lookup(&self, name: &str) -> Option<Value>;

    /// The value of `context.key`, where the context as a whole is not known.
    fn lookup_in(&self, context: &str, key: &str) -> Option<Value>;
}

/// The value of `expression`; `None` if it depends on what is not known.
pub fn evaluate(expression: &Expression, scope: &dyn Scope) -> Option<Value> {
    match expression {
        Expression::Literal(value) => Some(value.clone()),
        Expression::Name(name) => scope.lookup(name),
        Expression::Index { target, key } => {
            let key = evaluate(key, scope)?.scalar_text()?;
            if let Expression::Name(name) = &**target
                && scope.lookup(name).is_none()
            {
                return scope.lookup_in(name, &key);
            }
            evaluate(target, scope)?.property(&key)
        }
        Expression::Filter(target) => match evaluate(target, scope)? {
            Value::List(items) => Some(Value::List(items)),
            Value::Object(entries) => Some(Value::List(entries.into_iter().map(|(_, value)| value).collect())),
            _ => Some(Value::Null),
        },
        Expression::Call { function, arguments } => call(&function.to_ascii_lowercase(), arguments, scope),
    }
}

fn call(function: &str, arguments: &[Expression], scope: &dyn Scope) -> Option<Value> {
    let value = |index: usize| arguments.get(index).and_then(|argument| evaluate(argument, scope));
    let truth = |argument: &Expression| evaluate(argument, scope).map(|value| value.is_true());
    let boolean = |value: bool| Some(Value::Boolean(value));
    match function {
        "and" => all(arguments.iter().map(truth)).map(Value::Boolean),
        "or" => all(arguments.iter().map(|a| truth(a).map(|t| !t))).map(|none| Value::Boolean(!none)),
        "not" => boolean(!value(0)?.is_true()),
        "xor" => boolean(value(0)?.is_true() != value(1)?.is_true()),
        "eq" => value(0)?.equals(&value(1)?).map(Value::Boolean),
        "ne" => value(0)?.equals(&value(1)?).map(|equal| Value::Boolean(!equal)),
        "lt" => boolean(value(0)?.number()? < value(1)?.number()?),
        "le" => boolean(value(0)?.number()? <= value(1)?.number()?),
        "gt" => boolean(value(0)?.number()? > value(1)?.number()?),
        "ge" => boolean(value(0)?.number()? >= value(1)?.number()?),
        "in" => member(&value(0)?, &arguments[1..], scope).map(Value::Boolean),
        "notin" => member(&value(0)?, &arguments[1..], scope).map(|found| Value::Boolean(!found)),
        "contains" => text_pair(arguments, scope).map(|(a, b)| Value::Boolean(a.contains(&b))),
        "startswith" => text_pair(arguments, scope).map(|(a, b)| Value::Boolean(a.starts_with(&b))),
        "endswith" => text_pair(arguments, scope).map(|(a, b)| Value::Boolean(a.ends_with(&b))),
        "containsvalue" => {
            let (list, wanted) = (value(0)?, value(1)?);
            let items = match list {
                Value::List(items) => items,
                Value::Object(entries) => entries.into_iter().map(|(_, value)| value).collect(),
                _ => return boolean(false),
            };
            any(items.iter().map(|item| item.as_ref().and_then(|item| item.equals(&wanted)))).map(Value::Boolean)
        }
        "coalesce" => coalesce(arguments, scope),
        "iif" => value(if value(0)?.is_true() { 1 } else { 2 }),
        "length" => match value(0)? {
            Value::List(items) => Some(Value::Number(items.len() as f64)),
            Value::Object(entries) => Some(Value::Number(entries.len() as f64)),
            other => Some(Value::Number(other.to_string().chars().count() as f64)),
        },
        "lower" => Some(Value::String(value(0)?.scalar_text()?.to_lowercase())),
        "upper" => Some(Value::String(value(0)?.scalar_text()?.to_uppercase())),
        "trim" => Some(Value::String(value(0)?.scalar_text()?.trim().to_owned())),
        "replace" => {
            let (text, from, to) = (value(0)?.scalar_text()?, value(1)?.scalar_text()?, value(2)?.scalar_text()?);
            Some(Value::String(text.replace(&from, &to)))
        }
        "split" => {
            let (text, separator) = (value(0)?.scalar_text()?, value(1)?.scalar_text()?);
            Some(Value::List(text.split(&separator).map(|part| Some(Value::String(part.to_owned()))).collect()))
        }
        "join" => match value(1)? {
            Value::List(items) => {
                let words: Option<Vec<String>> = items.iter().map(|item| item.as_ref()?.scalar_text()).collect();
                Some(Value::String(words?.join(&value(0)?.scalar_text()?)))
            }
            other => other.scalar_text().map(Value::String),
        },
        "format" => format(arguments, scope).map(Value::String),
        // Status checks, counters and JSON: only the service knows, or nobody needs to.
        _ => None,
    }
}

/// Whether all are true; one that is false decides, whatever the unknown ones are.
fn all(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let values: Vec<Option<bool>> = values.collect();
    if values.contains(&Some(false)) { Some(false) } else { values.iter().all(Option::is_some).then_some(true) }
}

fn any(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(values.map(|value| value.map(|v| !v))).map(|none| !none)
}

fn member(wanted: &Value, candidates: &[Expression], scope: &dyn Scope) -> Option<bool> {
    any(candidates.iter().map(|candidate| wanted.equals(&evaluate(candidate, scope)?)))
}

fn text_pair(arguments: &[Expression], scope: &dyn Scope) -> Option<(String, String)> {
    let text = |index: usize| Some(evaluate(&arguments[index], scope)?.scalar_text()?.to_lowercase());
    Some((text(0)?, text(1)?))
}

fn coalesce(arguments: &[Expression], scope: &dyn Scope) -> Option<Value> {
    for argument in arguments {
        let value = evaluate(argument, scope)?;
        if value != Value::Null && value != Value::String(String::new()) {
            return Some(value);
        }
    }
    Some(Value::Null)
}

fn format(arguments: &[Expression], scope: &dyn Scope) -> Option<String> {
    let mut text = evaluate(&arguments[0], scope)?.scalar_text()?;
    for (index, argument) in arguments[1..].iter().enumerate() {
        let value = evaluate(argument, scope)?.scalar_text()?;
        text = text.replace(&format!("{{{index}}}"), &value);
    }
    Some(text.replace("{{", "{").replace("}}", "}"))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::value::Value;
    use super::{Scope, evaluate};

    struct Known;

    impl Scope for Known {
        fn lookup(&self, name: &str) -> Option<Value> {
            (name == "parameters").then(|| {
                Value::Object(vec![
                    ("name".to_owned(), Some(Value::String("QA".to_owned()))),
                    ("flag".to_owned(), Some(Value::Boolean(true))),
                    ("later".to_owned(), None),
                ])
            })
        }

        fn lookup_in(&self, _: &str, _: &str) -> Option<Value> {
            None
        }
    }

    fn value(text: &str) -> Option<String> {
        evaluate(&parse(text, &[]).unwrap(), &Known).map(|value| value.to_string())
    }

    #[test]
    fn known_values_are_worked_out() {
        for (text, expected) in [
            ("eq(parameters.name, 'qa')", "True"),
            ("ne(parameters.missing, '')", "False"),
            ("in(parameters.name, 'dev', 'qa')", "True"),
            ("and(parameters.flag, gt(2, 1))", "True"),
            ("format('{0}-{1}', parameters.name, 1)", "QA-1"),
            ("iif(parameters.flag, 'a', 'b')", "a"),
            ("join('+', split('a,b', ','))", "a+b"),
            ("coalesce(parameters.missing, '', 'x')", "x"),
            ("length('four')", "4"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_stays_open_unless_the_rest_decides() {
        for text in
            ["eq(parameters.later, 'a')", "variables.a", "and(parameters.flag, parameters.later)", "succeeded()"]
        {
            assert_eq!(value(text), None, "{text}");
        }
        assert_eq!(value("and(eq(1, 2), parameters.later)").as_deref(), Some("False"));
        assert_eq!(value("or(eq(1, 1), parameters.later)").as_deref(), Some("True"));
    }
}
