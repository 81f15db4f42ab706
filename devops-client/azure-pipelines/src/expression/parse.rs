//! From words to a tree.

use super::functions::{Where, function};
use super::token::{Token, tokens};
use super::{DEEPEST, Expression, ExpressionError, LONGEST, Step};
use crate::value::Value;

/// Where an expression stands, which decides about its names and functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// `${{ }}`: when a run is made.
    Template,
    /// `condition:` of a stage, a job or a step.
    Condition,
    /// `$[ ]`: the value of a variable and what else is known only while a run goes.
    Runtime,
}

impl Context {
    /// The names that can be looked into.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Template => &["parameters", "variables", "resources", "pipeline", "environment", "templateContext"],
            Self::Condition | Self::Runtime => &[
                "variables",
                "dependencies",
                "stageDependencies",
                "pipeline",
                "resources",
                "environment",
                "strategy",
                "checks",
            ],
        }
    }

    fn allows(self, place: Where) -> bool {
        match place {
            Where::Everywhere => true,
            Where::Conditions => self == Self::Condition,
            Where::Variables => self == Self::Runtime,
        }
    }
}

/// Reads one expression. `loops` are the variables of the `each` directives around it.
///
/// # Errors
/// The first thing that is wrong with it: words, brackets, functions, arguments, names, length, depth.
pub fn parse<S: AsRef<str>>(text: &str, context: Context, loops: &[S]) -> Result<Expression, ExpressionError> {
    if text.chars().count() > LONGEST {
        return Err(ExpressionError::new(format!("the expression is longer than {LONGEST} characters")));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(ExpressionError::new("the expression is empty"));
    }
    let loops = loops.iter().map(AsRef::as_ref).collect();
    let mut parser = Parser { tokens, at: 0, text: text.trim(), context, loops };
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
    context: Context,
    loops: Vec<&'a str>,
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

    fn error(&self, what: impl std::fmt::Display) -> ExpressionError {
        ExpressionError::new(format!("{what}, in expression `{}`", self.text))
    }

    fn expect(&mut self, mark: char) -> Result<(), ExpressionError> {
        if self.next_if(mark) {
            return Ok(());
        }
        let what = format!("`{mark}`");
        Err(match self.peek().cloned() {
            Some(token) => self.unexpected(&token, &what),
            None => ExpressionError::new(format!("expression `{}` ends where {what} is expected", self.text)),
        })
    }

    fn unexpected(&self, token: &Token, wanted: &str) -> ExpressionError {
        let found = match token {
            Token::String(text) => format!("'{text}'"),
            Token::Number(number) => number.to_string(),
            Token::Version(version) => version.to_string(),
            Token::Word(text) => format!("`{text}`"),
            Token::Mark(mark) => format!("`{mark}`"),
        };
        self.error(format!("found {found} where {wanted} is expected"))
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, ExpressionError> {
        if depth >= DEEPEST {
            return Err(ExpressionError::new(format!("the expression is nested deeper than {DEEPEST}")));
        }
        let Some(token) = self.peek().cloned() else {
            return Err(ExpressionError::new(format!("expression `{}` ends where a value is expected", self.text)));
        };
        self.at += 1;
        let base = match token {
            Token::String(text) => Expression::Literal(Value::text(text)),
            Token::Version(version) => Expression::Literal(Value::Version(version)),
            Token::Number(number) => Expression::Literal(Value::Number(number)),
            Token::Word(word) if self.next_if('(') => self.call(word, depth)?,
            Token::Word(word) => self.name(word)?,
            Token::Mark('(') => return Err(self.error("brackets stand behind the name of a function only")),
            Token::Mark(_) => return Err(self.unexpected(&token, "a value")),
        };
        let steps = self.steps(depth)?;
        if steps.is_empty() { Ok(base) } else { Ok(Expression::Access { base: Box::new(base), steps }) }
    }

    fn name(&self, word: String) -> Result<Expression, ExpressionError> {
        match word.to_ascii_lowercase().as_str() {
            "true" => return Ok(Expression::Literal(Value::Boolean(true))),
            "false" => return Ok(Expression::Literal(Value::Boolean(false))),
            "null" => return Err(self.error("null has no literal; a name that is not there has that value")),
            _ => {}
        }
        let known = self.context.names().iter().chain(&self.loops);
        if known.into_iter().any(|name| name.eq_ignore_ascii_case(&word)) {
            return Ok(Expression::Name(word));
        }
        let hint = if function(&word).is_some() { "; a function is followed by its arguments" } else { "" };
        let what = match self.context {
            Context::Template => format!("`{word}` is neither a context nor a loop variable"),
            _ => format!("`{word}` is no context here"),
        };
        let message = format!("{what}, in expression `{}`{hint}", self.text);
        Err(ExpressionError { message, unknown_name: Some(word) })
    }

    fn call(&mut self, name: String, depth: usize) -> Result<Expression, ExpressionError> {
        let Some(found) = function(&name) else {
            let message = self.error(format!("there is no function `{name}`")).message;
            return Err(ExpressionError { message, unknown_name: Some(name) });
        };
        if !self.context.allows(found.place) {
            let message = match found.place {
                Where::Conditions => "asks how the run goes: it belongs in a condition",
                _ => "counts runs: it belongs in the value of a variable, `$[ ]`",
            };
            let message = self.error(format!("`{name}` {message}")).message;
            return Err(ExpressionError { message, unknown_name: Some(name) });
        }
        let mut arguments = Vec::new();
        if !self.next_if(')') {
            arguments.push(self.expression(depth + 1)?);
            while self.next_if(',') {
                arguments.push(self.expression(depth + 1)?);
            }
            self.expect(')')?;
        }
        if arguments.len() < found.fewest || found.most.is_some_and(|most| arguments.len() > most) {
            let wanted = match found.most {
                Some(most) if most == found.fewest => most.to_string(),
                Some(most) => format!("{} to {most}", found.fewest),
                None => format!("{} or more", found.fewest),
            };
            return Err(self.error(format!("`{name}` takes {wanted} arguments, not {}", arguments.len())));
        }
        Ok(Expression::Call { function: name, arguments })
    }

    fn steps(&mut self, depth: usize) -> Result<Vec<Step>, ExpressionError> {
        let mut steps = Vec::new();
        loop {
            if self.next_if('.') {
                match self.peek().cloned() {
                    Some(Token::Mark('*')) => steps.push(Step::All),
                    Some(Token::Word(word)) => steps.push(Step::Name(word)),
                    _ => return Err(self.error("a name is expected after the full stop")),
                }
                self.at += 1;
            } else if self.next_if('[') {
                let all = self.next_if('*');
                steps.push(if all { Step::All } else { Step::Index(self.expression(depth + 1)?) });
                self.expect(']')?;
            } else {
                return Ok(steps);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, LONGEST, parse};

    #[test]
    fn what_is_read_is_printed_the_same() {
        for text in [
            "eq(variables['Build.SourceBranch'], 'refs/heads/main')",
            "dependencies.A.outputs['B.step.name']",
            "in('everything', 'it''s', 1.5, 1.2.3, true)",
            "join(';', resources.items.*.name)",
            "and(succeeded('A', 'B'), canceled())",
            // without the space it would be one word
            "1 .x",
            "true .*",
        ] {
            assert_eq!(parse(text, Context::Condition, &[""]).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("eq(variables.a, 'b'", "ends where `)`"),
            ("equals(1, 2)", "there is no function `equals`"),
            ("eq(1)", "takes 2 arguments, not 1"),
            ("counter(1, 2, 3)", "belongs in the value of a variable"),
            ("succeeded()", "belongs in a condition"),
            ("env.name", "neither a context nor a loop variable"),
            ("length", "followed by its arguments"),
            ("eq('a, b)", "is not closed"),
            ("eq(a == b, 1)", "unexpected '='"),
            ("variables.", "a name is expected"),
            ("1 2", "where the end is expected"),
            (" ", "empty"),
            ("parameters[", "ends where a value"),
            ("null", "null has no literal"),
        ] {
            let error = parse::<&str>(text, Context::Template, &[]).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn depth_and_length_have_an_end() {
        let nested = |depth: usize| format!("{}true{}", "not(".repeat(depth), ")".repeat(depth));
        assert!(parse::<&str>(&nested(49), Context::Template, &[]).is_ok());
        assert!(parse::<&str>(&nested(50), Context::Template, &[]).unwrap_err().message.contains("deeper"));
        assert!(parse::<&str>(&"a".repeat(21_001), Context::Template, &[]).unwrap_err().message.contains("longer"));
        let chain = format!("variables{}", ".a".repeat(10_000));
        assert!(parse::<&str>(&chain, Context::Template, &[]).is_ok());
    }

    #[test]
    fn what_is_as_long_as_may_be_is_printed_so_that_it_reads_back() {
        // Characters count, not bytes.
        let wide = format!("coalesce(1,'{}')", "é".repeat(LONGEST - 14));
        let many = format!("coalesce({}1)", "1,".repeat((LONGEST - 11) / 2));
        for text in [wide, many] {
            assert!(text.chars().count() > LONGEST - 2);
            let read = parse::<&str>(&text, Context::Template, &[]).unwrap();
            assert_eq!(parse::<&str>(&read.to_string(), Context::Template, &[]).unwrap(), read);
        }
    }
}
