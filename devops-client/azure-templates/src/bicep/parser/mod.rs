//! From tokens to declarations. Where lines may break is what the Bicep compiler's own reader takes.

mod block;
mod expression;
mod nested;

use super::ast::*;
use super::lexer;
use super::token::{Token, TokenKind};
use crate::{Place, Problem};

/// Reads a `.bicep` or `.bicepparam` file.
///
/// # Errors
/// The first place that is not Bicep, or not of the subset that this reader knows.
pub fn parse(text: &str) -> Result<File, Problem> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0, height: 0, literals: true };
    parser.file()
}

/// How deep expressions may nest: a bound on recursion, far above what a person writes.
const MAX_DEPTH: usize = 100;

/// How high the tree of an expression may be, where each operator and each `.` of a row of them is a level too.
const MAX_HEIGHT: usize = 250;

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    /// Of what is read of the expression here so far.
    height: usize,
    /// Whether lists and objects may stand here: they may not within a string.
    literals: bool,
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> &Token {
        // The last token is `End`, and nothing steps past it.
        &self.tokens[(self.next + by).min(self.tokens.len() - 1)]
    }

    fn here(&self) -> Place {
        self.token().at
    }

    fn fail<T>(&self, code: &'static str, expected: &str) -> Result<T, Problem> {
        let token = self.token();
        Err(Problem::new(token.at, code, format!("expected {expected}, found {}", token.kind.shown())))
    }

    fn is(&self, mark: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Mark(m) if *m == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, mark: &str) -> Result<(), Problem> {
        if self.take(mark) { Ok(()) } else { self.fail("BCP018", &format!("`{mark}`")) }
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Name(n) if n == name)
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.next += usize::from(found);
        found
    }

    fn name(&mut self, code: &'static str, what: &str) -> Result<String, Problem> {
        match &self.token().kind {
            TokenKind::Name(name) if self.token().kind.is_name() => {
                let name = name.clone();
                if name.len() > 255 {
                    return self.fail("BCP024", "a name of at most 255 characters");
                }
                self.next += 1;
                Ok(name)
            }
            _ => self.fail(code, what),
        }
    }

    /// A string without interpolations: types and paths. `codes` are for what is no string and for interpolations.
    fn plain_string(&mut self, codes: (&'static str, &'static str), what: &str) -> Result<(String, Place), Problem> {
        let at = self.here();
        if !matches!(self.token().kind, TokenKind::Str(_)) {
            return self.fail(codes.0, what);
        }
        let expression = self.expression()?;
        match expression.literal() {
            Some(text) => Ok((text.to_owned(), at)),
            None => Err(Problem::new(at, codes.1, format!("{what} holds no `${{…}}`"))),
        }
    }

    fn at_new_line(&self) -> bool {
        matches!(self.token().kind, TokenKind::NewLine)
    }

    fn newlines(&mut self) {
        while self.at_new_line() {
            self.next += 1;
        }
    }

    /// Whether `mark` stands here or at the start of the next line, where it is moved to.
    fn on_next_line(&mut self, mark: &str) -> bool {
        let ahead = usize::from(self.at_new_line());
        let found = matches!(&self.ahead(ahead).kind, TokenKind::Mark(m) if *m == mark);
        self.next += if found { ahead } else { 0 };
        found
    }

    fn end_of_line(&mut self) -> Result<(), Problem> {
        match self.token().kind {
            TokenKind::NewLine => {
                self.newlines();
                Ok(())
            }
            TokenKind::End => Ok(()),
            _ => self.fail("BCP019", "the end of the line"),
        }
    }

    fn file(&mut self) -> Result<File, Problem> {
        let mut file = File::default();
        loop {
            self.newlines();
            let at = self.here();
            if matches!(self.token().kind, TokenKind::End) {
                nested::join(&mut file);
                return Ok(file);
            }
            if self.take_name("targetScope") {
                self.need("=")?;
                file.target_scopes.push((self.expression()?, at));
            } else if self.take_name("using") {
                if self.take_name("none") {
                    return Err(Problem::unsupported(at, "`using none` is not of the subset that this tool reads"));
                }
                file.using.push(self.plain_string(("BCP256", "BCP092"), "the path of a Bicep file")?);
            } else {
                nested::flatten(self.declaration()?, &mut file.declarations)?;
            }
            self.end_of_line()?;
        }
    }

    /// Decorators in front of a declaration, each on lines of its own.
    fn decorators(&mut self) -> Result<Vec<Decorator>, Problem> {
        let mut decorators = Vec::new();
        while self.is("@") {
            decorators.push(self.decorator()?);
            self.end_of_line()?;
        }
        Ok(decorators)
    }

    fn declaration(&mut self) -> Result<Declaration, Problem> {
        self.deeper()?;
        let declaration = self.declared();
        self.depth -= 1;
        declaration
    }

    fn declared(&mut self) -> Result<Declaration, Problem> {
        let decorators = self.decorators()?;
        let at = self.here();
        let keyword = match &self.token().kind {
            TokenKind::Name(name) => name.clone(),
            _ => match decorators.last() {
                Some(last) => return Err(Problem::new(last.at, "BCP132", "a decorator stands in front of nothing")),
                None => {
                    return self.fail("BCP007", "a declaration (param, var, resource, module, output, metadata)");
                }
            },
        };
        self.next += 1;
        match keyword.as_str() {
            "param" | "var" | "resource" | "module" | "output" | "metadata" => {}
            "type" | "func" | "import" | "extension" | "assert" | "provider" | "extends" | "test" => {
                let message = format!("`{keyword}` is Bicep, but not of the subset that this tool compiles");
                return Err(Problem::unsupported(at, message));
            }
            _ => {
                let message = format!(
                    "`{keyword}` starts no declaration; write param, var, resource, module, output or metadata"
                );
                return Err(Problem::new(at, "BCP007", message));
            }
        }
        let code = match keyword.as_str() {
            "param" => "BCP013",
            "var" => "BCP015",
            "output" => "BCP016",
            "resource" => "BCP017",
            "module" => "BCP096",
            _ => "BCP391",
        };
        let name_at = self.here();
        let name = self.name(code, &format!("the name of the {keyword}"))?;
        let kind = match keyword.as_str() {
            "metadata" => Kind::Metadata(self.value()?),
            "var" => self.variable()?,
            "param" if self.is("=") => Kind::Assignment(self.value()?),
            "param" => {
                let kind = self.type_name()?;
                let default = match self.token().kind {
                    TokenKind::NewLine | TokenKind::End => None,
                    _ if self.is("=") => Some(self.value()?),
                    _ => return self.fail("BCP008", "`=` or the end of the line"),
                };
                Kind::Parameter { kind, default }
            }
            "output" => {
                let kind = self.type_name()?;
                Kind::Output { kind, value: self.value()? }
            }
            "resource" => Kind::Resource(self.block(true)?),
            _ => Kind::Module(self.block(false)?),
        };
        Ok(Declaration { decorators, at, name, name_at, kind })
    }

    fn variable(&mut self) -> Result<Kind, Problem> {
        if self.is("=") {
            return Ok(Kind::Variable(self.value()?));
        }
        if self.at_new_line() || matches!(self.token().kind, TokenKind::End) {
            return self.fail("BCP018", "`=`");
        }
        self.take("-");
        let at = self.here();
        self.type_name()?;
        Err(Problem::unsupported(at, "typed variables are not of the subset that this tool compiles"))
    }

    fn decorator(&mut self) -> Result<Decorator, Problem> {
        let at = self.here();
        self.need("@")?;
        let mut name = self.name("BCP123", "the name of a decorator")?;
        if name == "sys" && self.take(".") {
            name = self.name("BCP123", "the name of a decorator")?;
        }
        if !self.take("(") {
            return self.fail("BCP141", &format!("`(`: `@{name}()`"));
        }
        let arguments = self.arguments()?;
        Ok(Decorator { name, arguments, at })
    }

    /// `= value`
    fn value(&mut self) -> Result<Expr, Problem> {
        self.need("=")?;
        self.expression()
    }

    fn type_name(&mut self) -> Result<String, Problem> {
        const TYPES: [&str; 5] = ["string", "int", "bool", "object", "array"];
        let at = self.here();
        let beyond = |at| {
            Err(Problem::unsupported(
                at,
                "nullable, array, union and literal types, and types of resources, are not of the subset that this \
                 tool compiles",
            ))
        };
        match &self.token().kind {
            TokenKind::Str(_) | TokenKind::Int(_) | TokenKind::Mark("{" | "[" | "(" | "|" | "-") => return beyond(at),
            TokenKind::Name(name)
                if matches!(name.as_str(), "true" | "false" | "null" | "resource" | "any" | "sys") =>
            {
                return beyond(at);
            }
            _ => {}
        }
        let name = self.name("BCP279", &format!("a type ({})", TYPES.join(", ")))?;
        if self.is("?") || self.is("[") || self.is("|") || self.is(".") || self.is("<") {
            return beyond(self.here());
        }
        if !TYPES.contains(&name.as_str()) {
            let near = super::functions::did_you_mean(&name, TYPES.into_iter());
            let message = format!("`{name}` is no type: {}{near}", TYPES.join(", "));
            return Err(Problem::new(at, "BCP302", message));
        }
        Ok(name)
    }
}
