//! Expressions of templates, `concat(parameters('a'), '-b')`: comparison of texts is without regard to case, what is missing
//! is null.

use serde_json::{Value, json};

/// What names mean in an expression, and what the functions that depend on a run give.
pub trait Scope {
    /// The value of a root name such as `parameters` or `variables`.
    fn name(&self, name: &str) -> Option<Value>;
    /// The value of a function beside the built-in ones.
    fn function(&self, _name: &str, _arguments: &[Value]) -> Option<Value> {
        None
    }
}

/// Evaluates an expression. Errors with a text that says what is wrong.
pub fn evaluate(text: &str, scope: &dyn Scope) -> Result<Value, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, scope, text };
    let value = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(value),
        Some(token) => Err(format!("Unexpected symbol: '{token}'. Located within expression: {text}")),
    }
}

/// Whether a value counts as true.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A value as text, as it is put into a string.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Name(String),
    Symbol(char),
}

impl std::fmt::Display for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Text(text) | Token::Name(text) => formatter.write_str(text),
            Token::Number(number) => write!(formatter, "{number}"),
            Token::Symbol(symbol) => write!(formatter, "{symbol}"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&first) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
        } else if first == '\'' {
            chars.next();
            let mut literal = String::new();
            loop {
                match chars.next() {
                    Some('\'') if chars.peek() == Some(&'\'') => {
                        chars.next();
                        literal.push('\'');
                    }
                    Some('\'') => break,
                    Some(other) => literal.push(other),
                    None => return Err(format!("Unterminated string. Located within expression: {text}")),
                }
            }
            tokens.push(Token::Text(literal));
        } else if first.is_alphanumeric()
            || first == '_'
            || first == '-'
            || first == '.' && !matches!(tokens.last(), Some(Token::Name(_) | Token::Symbol(']' | ')')))
        {
            let mut word = String::new();
            let numeric = first.is_ascii_digit() || first == '-' || first == '.';
            while let Some(&next) = chars.peek() {
                if next.is_alphanumeric() || next == '_' || next == '-' || numeric && next == '.' {
                    word.push(next);
                    chars.next();
                } else {
                    break;
                }
            }
            match word.parse::<f64>() {
                Ok(number) if numeric => tokens.push(Token::Number(number)),
                _ if numeric && word.chars().all(|char| char.is_ascii_digit() || char == '.') => {
                    tokens.push(Token::Text(word))
                }
                _ => tokens.push(Token::Name(word)),
            }
        } else if "()[],.*".contains(first) {
            chars.next();
            tokens.push(Token::Symbol(first));
        } else {
            return Err(format!("Unexpected symbol: '{first}'. Located within expression: {text}"));
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    scope: &'a dyn Scope,
    text: &'a str,
}

impl Parser<'_> {
    fn take(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), String> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(format!("Expected '{symbol}'. Located within expression: {}", self.text))
        }
    }

    fn expression(&mut self) -> Result<Value, String> {
        let mut value = self.primary()?;
        loop {
            if self.take('.') {
                value = match self.tokens.get(self.at).cloned() {
                    Some(Token::Name(name)) => property(&value, &name),
                    Some(Token::Symbol('*')) => value,
                    _ => return Err(format!("Expected a property name. Located within expression: {}", self.text)),
                };
                self.at += 1;
            } else if self.take('[') {
                let key = self.expression()?;
                self.expect(']')?;
                value = match (&value, &key) {
                    (Value::Array(items), Value::Number(index)) => {
                        let index = index.as_f64().unwrap_or(-1.0);
                        if index >= 0.0 { items.get(index as usize).cloned().unwrap_or_default() } else { Value::Null }
                    }
                    _ => property(&value, &text(&key)),
                };
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self) -> Result<Value, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Ok(json!(text)),
            Some(Token::Number(number)) if number.fract() == 0.0 && number.abs() < 9e15 => Ok(json!(number as i64)),
            Some(Token::Number(number)) => Ok(json!(number)),
            Some(Token::Name(name)) if self.take('(') => {
                let mut arguments = Vec::new();
                if !self.take(')') {
                    loop {
                        arguments.push(self.expression()?);
                        if self.take(')') {
                            break;
                        }
                        self.expect(',')?;
                    }
                }
                match self.scope.function(&name.to_lowercase(), &arguments) {
                    Some(value) => Ok(value),
                    None => function(&name, &arguments, self.text),
                }
            }
            Some(Token::Name(name)) => match name.to_lowercase().as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                "null" => Ok(Value::Null),
                _ => self.scope.name(&name).ok_or_else(|| {
                    format!("Unrecognized value: '{name}'. Located at position 1 within expression: {}", self.text)
                }),
            },
            Some(token) => Err(format!("Unexpected symbol: '{token}'. Located within expression: {}", self.text)),
            None => Err(format!("Unexpected end of expression: {}", self.text)),
        }
    }
}

fn property(value: &Value, name: &str) -> Value {
    let found = value.as_object().and_then(|map| {
        map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
    });
    found.cloned().unwrap_or_default()
}

/// Whether two values are equal: the right one is converted to the kind of the left one.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Bool(left), right) => *left == truthy_text(right),
        (Value::Number(left), right) => left.as_f64() == number(right),
        (Value::Null, right) => text(right).is_empty() && !right.is_array() && !right.is_object(),
        (Value::String(left), right) if !right.is_array() && !right.is_object() => {
            left.to_lowercase() == text(right).to_lowercase()
        }
        (left, right) => left == right,
    }
}

fn truthy_text(value: &Value) -> bool {
    match value {
        Value::String(text) if text.eq_ignore_ascii_case("false") => false,
        other => truthy(other),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Null => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn less(left: &Value, right: &Value) -> Option<bool> {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => Some(left < right),
        _ => Some(text(left).to_lowercase() < text(right).to_lowercase()),
    }
}

fn function(name: &str, arguments: &[Value], within: &str) -> Result<Value, String> {
    let needs = |count: usize| {
        if arguments.len() >= count {
            Ok(())
        } else {
            Err(format!("The function {name} needs {count} arguments. Located within expression: {within}"))
        }
    };
    let lower = |at: usize| arguments.get(at).map(text).unwrap_or_default().to_lowercase();
    let whole = |at: usize| arguments.get(at).map(text).unwrap_or_default();
    Ok(match name.to_lowercase().as_str() {
        "eq" => {
            needs(2)?;
            json!(equal(&arguments[0], &arguments[1]))
        }
        "ne" => {
            needs(2)?;
            json!(!equal(&arguments[0], &arguments[1]))
        }
        "lt" => {
            needs(2)?;
            json!(less(&arguments[0], &arguments[1]) == Some(true))
        }
        "ge" => {
            needs(2)?;
            json!(less(&arguments[0], &arguments[1]) == Some(false))
        }
        "gt" => {
            needs(2)?;
            json!(less(&arguments[1], &arguments[0]) == Some(true))
        }
        "le" => {
            needs(2)?;
            json!(less(&arguments[1], &arguments[0]) == Some(false))
        }
        "and" => json!(arguments.iter().all(truthy)),
        "or" => json!(arguments.iter().any(truthy)),
        "not" => {
            needs(1)?;
            json!(!truthy(&arguments[0]))
        }
        "xor" => {
            needs(2)?;
            json!(truthy(&arguments[0]) != truthy(&arguments[1]))
        }
        "iif" => {
            needs(3)?;
            arguments[if truthy(&arguments[0]) { 1 } else { 2 }].clone()
        }
        "in" => {
            needs(2)?;
            json!(arguments[1..].iter().any(|other| equal(&arguments[0], other)))
        }
        "notin" => {
            needs(2)?;
            json!(!arguments[1..].iter().any(|other| equal(&arguments[0], other)))
        }
        "contains" => json!(lower(0).contains(&lower(1))),
        "containsvalue" => {
            needs(2)?;
            json!(match &arguments[0] {
                Value::Array(items) => items.iter().any(|item| equal(item, &arguments[1])),
                Value::Object(map) => map.values().any(|item| equal(item, &arguments[1])),
                _ => false,
            })
        }
        "startswith" => json!(lower(0).starts_with(&lower(1))),
        "endswith" => json!(lower(0).ends_with(&lower(1))),
        "upper" => json!(whole(0).to_uppercase()),
        "lower" => json!(lower(0)),
        "trim" => json!(whole(0).trim()),
        "replace" => json!(whole(0).replace(&whole(1), &whole(2))),
        "split" => json!(whole(0).split(&whole(1)).collect::<Vec<_>>()),
        "join" => {
            needs(2)?;
            let items = arguments[1].as_array().cloned().unwrap_or_default();
            json!(items.iter().map(text).collect::<Vec<_>>().join(&whole(0)))
        }
        "length" => json!(match arguments.first() {
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(map)) => map.len(),
            Some(other) => text(other).chars().count(),
            None => 0,
        }),
        "coalesce" => arguments.iter().find(|value| !text(value).is_empty()).cloned().unwrap_or_default(),
        "format" => {
            let mut out = whole(0);
            for (at, argument) in arguments.iter().skip(1).enumerate() {
                out = out.replace(&format!("{{{at}}}"), &text(argument));
            }
            json!(out.replace("{{", "{").replace("}}", "}"))
        }
        "converttojson" => json!(arguments.first().map(Value::to_string).unwrap_or_default()),
        "counter" => arguments.get(1).cloned().unwrap_or(json!(0)),
        _ => return Err(format!("Unrecognized value: '{name}'. Located at position 1 within expression: {within}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(Value);

    impl Scope for Names {
        fn name(&self, name: &str) -> Option<Value> {
            self.0.get(name).cloned()
        }
    }

    fn check(text: &str, expected: &Value) {
        let scope = Names(
            json!({ "parameters": { "Env": "qa", "n": 3, "on": false, "list": ["a", "b"] }, "variables": { "a.b": "c" } }),
        );
        assert_eq!(evaluate(text, &scope).as_ref(), Ok(expected), "{text}");
    }

    #[test]
    fn expressions_compare_without_case_and_reach_into_values() {
        check("eq(parameters.env, 'QA')", &json!(true));
        check("and(ne(variables['a.b'], ''), not(parameters.on))", &json!(true));
        check("parameters.list[1]", &json!("b"));
        check("in('x', 'y', 'X')", &json!(true));
        check("format('{0}-{1}', parameters.env, parameters.n)", &json!("qa-3"));
        check("coalesce(parameters.missing, 'd')", &json!("d"));
        check("length(parameters.list)", &json!(2));
        check("'it''s'", &json!("it's"));
        check("gt(parameters.n, 2)", &json!(true));
        check("eq(parameters.missing, '')", &json!(true));
        check("eq(parameters.on, 'false')", &json!(true));
    }

    #[test]
    fn what_is_no_expression_is_an_error_that_says_so() {
        let scope = Names(json!({}));
        for bad in ["eq(1", "nope", "nope()", "'open", "1 2", "eq(1)", "#"] {
            assert!(evaluate(bad, &scope).is_err(), "{bad}");
        }
    }
}
