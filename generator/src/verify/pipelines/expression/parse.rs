//! From words to a tree.

use super::Expression;
use super::functions::{arity, is_context};
use super::token::{Token, tokens};
use super::value::Value;

/// Expressions inside each other: Azure Pipelines allows 50.
const DEPTH: usize = 50;

/// Reads one expression. `loops` are the variables of the `each` directives around it.
///
/// # Errors
/// The first thing that is wrong with it, as a phrase: words, brackets, functions, arguments, names.
pub fn parse(text: &str, loops: &[String]) -> Result<Expression, String> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err("the expression is empty".to_owned());
    }
    let mut parser = Parser { tokens, at: 0, text: text.trim(), loops };
    let expression = parser.expression(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(parser.unexpected(&token.clone(), "the end")),
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    text: &'a str,
    loops: &'a [String],
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next_if(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.next_if(mark) {
            return Ok(());
        }
        let what = format!("`{mark}`");
        match self.peek().cloned() {
            Some(token) => Err(self.unexpected(&token, &what)),
            None => Err(format!("expression `{}` ends where {what} is expected", self.text)),
        }
    }

    fn unexpected(&self, token: &Token, wanted: &str) -> String {
        let found = match token {
            Token::String(text) => format!("'{text}'"),
            Token::Number(number) => number.to_string(),
            Token::Version(text) | Token::Word(text) => format!("`{text}`"),
            Token::Mark(mark) => format!("`{mark}`"),
        };
        format!("found {found} where {wanted} is expected, in expression `{}`", self.text)
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH {
            return Err(format!("the expression is nested deeper than {DEPTH}"));
        }
        let Some(token) = self.peek().cloned() else {
            return Err(format!("expression `{}` ends where a value is expected", self.text));
        };
        self.at += 1;
        let value = match token {
            Token::String(text) | Token::Version(text) => Expression::Literal(Value::String(text)),
            Token::Number(number) => Expression::Literal(Value::Number(number)),
            Token::Word(word) if self.next_if('(') => self.call(word, depth)?,
            Token::Word(word) => self.name(word)?,
            Token::Mark('(') => {
                let inner = self.expression(depth + 1)?;
                self.expect(')')?;
                inner
            }
            Token::Mark(_) => return Err(self.unexpected(&token, "a value")),
        };
        self.suffixes(value, depth)
    }

    fn name(&self, word: String) -> Result<Expression, String> {
        let literal = match word.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            "null" => Some(Value::Null),
            _ => None,
        };
        if let Some(literal) = literal {
            return Ok(Expression::Literal(literal));
        }
        if is_context(&word) || self.loops.iter().any(|name| name.eq_ignore_ascii_case(&word)) {
            return Ok(Expression::Name(word));
        }
        let hint = if arity(&word).is_some() { "; a function is followed by its arguments" } else { "" };
        Err(format!("`{word}` is neither a context nor a loop variable, in expression `{}`{hint}", self.text))
    }

    fn call(&mut self, function: String, depth: usize) -> Result<Expression, String> {
        let Some((fewest, most)) = arity(&function) else {
            return Err(format!("there is no function `{function}`, in expression `{}`", self.text));
        };
        let mut arguments = Vec::new();
        if !self.next_if(')') {
            arguments.push(self.expression(depth + 1)?);
            while self.next_if(',') {
                arguments.push(self.expression(depth + 1)?);
            }
            self.expect(')')?;
        }
        if arguments.len() < fewest || most.is_some_and(|most| arguments.len() > most) {
            let wanted = match most {
                Some(most) if most == fewest => fewest.to_string(),
                Some(most) => format!("{fewest} to {most}"),
                None => format!("{fewest} or more"),
            };
            let given = arguments.len();
            return Err(format!("`{function}` takes {wanted} arguments, not {given}, in expression `{}`", self.text));
        }
        Ok(Expression::Call { function, arguments })
    }

    fn suffixes(&mut self, mut value: Expression, depth: usize) -> Result<Expression, String> {
        loop {
            if self.next_if('.') {
                if self.next_if('*') {
                    value = Expression::Filter(Box::new(value));
                    continue;
                }
                let Some(Token::Word(word)) = self.peek().cloned() else {
                    return Err(format!("a name is expected after the full stop, in expression `{}`", self.text));
                };
                self.at += 1;
                value = index(value, Expression::Literal(Value::String(word)));
            } else if self.next_if('[') {
                if self.next_if('*') {
                    value = Expression::Filter(Box::new(value));
                } else {
                    let key = self.expression(depth + 1)?;
                    value = index(value, key);
                }
                self.expect(']')?;
            } else {
                return Ok(value);
            }
        }
    }
}

fn index(target: Expression, key: Expression) -> Expression {
    Expression::Index { target: Box::new(target), key: Box::new(key) }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_microsoft_documents_is_read() {
        let loops = ["env".to_owned()];
        for text in [
            "eq(variables['Build.SourceBranch'], 'refs/heads/main')",
            "and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))",
            "dependencies.A.outputs['B.step.name']",
            "parameters.list[0].name",
            "succeeded('A', 'B')",
            "in(parameters.target, 'everything', 'it''s')",
            "join(';', parameters.items.*.name)",
            "gt(parameters.percent, -1.5)",
            "env.name",
            "format('{0}-{1}', 'a', 1.2.3)",
            "not(eq(parameters.flag, true))",
            "(variables.a)",
            "iif(eq(1, 0x1), 'x', null)",
        ] {
            assert!(parse(text, &loops).is_ok(), "{text}: {:?}", parse(text, &loops));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("eq(variables.a, 'b'", "ends where `)`"),
            ("equals(1, 2)", "there is no function `equals`"),
            ("eq(1)", "takes 2 arguments, not 1"),
            ("always(1)", "takes 0 arguments, not 1"),
            ("env.name", "neither a context nor a loop variable"),
            ("succeeded", "followed by its arguments"),
            ("eq('a, 'b')", "unexpected"),
            ("eq('a, b)", "is not closed"),
            ("eq(a == b, 1)", "unexpected '='"),
            ("variables.", "a name is expected"),
            ("1 2", "where the end is expected"),
            ("", "empty"),
            ("parameters[", "ends where a value"),
        ] {
            let error = parse(text, &[]).unwrap_err();
            assert!(error.contains(message) || message == "unexpected", "{text}: {error}");
        }
    }

    #[test]
    fn endless_brackets_are_refused_quickly() {
        let text = "(".repeat(100_000);
        assert!(parse(&text, &[]).unwrap_err().contains("deeper"));
    }
}
