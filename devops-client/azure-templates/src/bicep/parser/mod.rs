//! From tokens to declarations.

mod expression;

use super::ast::*;
use super::lexer;
use super::token::{Token, TokenKind};
use super::{Place, Problem};

/// Reads a `.bicep` or `.bicepparam` file.
///
/// # Errors
/// The first place that is not Bicep, or not of the subset that this reader knows.
pub fn parse(text: &str) -> Result<File, Problem> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0 };
    parser.file()
}

/// How deep expressions may nest: a bound on recursion, far above what a person writes.
const MAX_DEPTH: usize = 100;

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        // The last token is `End`, and nothing steps past it.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn here(&self) -> Place {
        self.token().at
    }

    fn fail<T>(&self, expected: &str) -> Result<T, Problem> {
        let token = self.token();
        let message = format!("expected {expected}, found {}", token.kind.shown());
        Err(Problem::unsupported(token.at, message))
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
        if self.take(mark) { Ok(()) } else { self.fail(&format!("`{mark}`")) }
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(&self.token().kind, TokenKind::Name(n) if n == name)
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.next += usize::from(found);
        found
    }

    fn name(&mut self, what: &str) -> Result<String, Problem> {
        match &self.token().kind {
            TokenKind::Name(name) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => self.fail(what),
        }
    }

    /// A string without interpolations: types, paths, scopes.
    fn plain_string(&mut self, what: &str) -> Result<String, Problem> {
        let at = self.here();
        if !matches!(self.token().kind, TokenKind::Str(_)) {
            return self.fail(what);
        }
        let expression = self.expression()?;
        match expression.literal() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Problem::unsupported(at, format!("{what} holds no `${{…}}`"))),
        }
    }

    fn newlines(&mut self) {
        while matches!(self.token().kind, TokenKind::NewLine) {
            self.next += 1;
        }
    }

    fn end_of_line(&mut self) -> Result<(), Problem> {
        match self.token().kind {
            TokenKind::NewLine => {
                self.newlines();
                Ok(())
            }
            TokenKind::End => Ok(()),
            _ => self.fail("the end of the line"),
        }
    }

    fn file(&mut self) -> Result<File, Problem> {
        let mut file = File::default();
        loop {
            self.newlines();
            let at = self.here();
            if matches!(self.token().kind, TokenKind::End) {
                return Ok(file);
            }
            if self.take_name("targetScope") {
                self.need("=")?;
                file.target_scope = Some((self.plain_string("a scope")?, at));
            } else if self.take_name("using") {
                file.using = Some((self.plain_string("the path of a Bicep file")?, at));
            } else {
                let declaration = self.declaration()?;
                file.declarations.push(declaration);
            }
            self.end_of_line()?;
        }
    }

    fn declaration(&mut self) -> Result<Declaration, Problem> {
        let mut decorators = Vec::new();
        while self.is("@") {
            decorators.push(self.decorator()?);
            self.newlines();
        }
        let at = self.here();
        let keyword = self.name("a declaration (param, var, resource, module, output, metadata)")?;
        let unknown = |what: &str| {
            Err(Problem::unsupported(
                at,
                format!("`{keyword}` {what}; write param, var, resource, module, output or metadata"),
            ))
        };
        match keyword.as_str() {
            "param" | "var" | "resource" | "module" | "output" | "metadata" => {}
            "type" | "func" | "import" | "extension" | "assert" | "provider" => {
                return unknown("is Bicep, but not of the subset that this tool compiles");
            }
            _ => return unknown("starts no declaration"),
        }
        let name = self.name(&format!("the name of the {keyword}"))?;
        let kind = match keyword.as_str() {
            "metadata" => Kind::Metadata(self.value()?),
            "var" if !self.is("=") => {
                return self.fail("`=`: typed variables are not of the subset that this tool compiles");
            }
            "var" => Kind::Variable(self.value()?),
            "param" if self.is("=") => Kind::Assignment(self.value()?),
            "param" => {
                let kind = self.type_name()?;
                let default = if self.is("=") { Some(self.value()?) } else { None };
                Kind::Parameter { kind, default }
            }
            "output" => {
                let kind = self.type_name()?;
                Kind::Output { kind, value: self.value()? }
            }
            "resource" => Kind::Resource(self.block("a resource type with its version")?),
            _ => Kind::Module(self.block("the path of a module")?),
        };
        Ok(Declaration { decorators, at, name, kind })
    }

    fn decorator(&mut self) -> Result<Decorator, Problem> {
        let at = self.here();
        self.need("@")?;
        let mut name = self.name("the name of a decorator")?;
        if name == "sys" && self.take(".") {
            name = self.name("the name of a decorator")?;
        }
        self.need("(")?;
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
        let name = self.name("a type (string, int, bool, object, array)")?;
        if !TYPES.contains(&name.as_str()) {
            let message = format!("`{name}` is no type of the subset that this tool compiles: {}", TYPES.join(", "));
            return Err(Problem::unsupported(at, message));
        }
        if self.is("?") || self.is("[") || self.is("|") || self.is("[?") {
            return self
                .fail("a plain type: nullable, array and union types are not of the subset that this tool compiles");
        }
        Ok(name)
    }

    fn block(&mut self, what: &str) -> Result<Block, Problem> {
        let reference = self.plain_string(what)?;
        let existing = self.take_name("existing");
        self.need("=")?;
        self.newlines();
        let mut block = Block { reference, existing, repeat: None, condition: None, body: Vec::new() };
        let looped = self.take("[");
        if looped {
            self.newlines();
            block.repeat = Some(self.loop_head()?);
            self.newlines();
        }
        if self.take_name("if") {
            self.need("(")?;
            self.newlines();
            block.condition = Some(self.expression()?);
            self.newlines();
            self.need(")")?;
            self.newlines();
        }
        if !self.is("{") {
            return self.fail("`{`");
        }
        let body = self.expression()?;
        let ExprKind::Object(entries) = body.kind else {
            return Err(Problem::unsupported(body.at, "the body of a resource or module is an object".to_owned()));
        };
        block.body = entries;
        if looped {
            self.newlines();
            self.need("]")?;
        }
        Ok(block)
    }

    /// `for item in list:` or `for (item, index) in list:`
    fn loop_head(&mut self) -> Result<Loop, Problem> {
        if !self.take_name("for") {
            return self.fail("`for`");
        }
        let (item, index) = if self.take("(") {
            let item = self.name("the name of the item")?;
            self.need(",")?;
            let index = self.name("the name of the index")?;
            self.need(")")?;
            (item, Some(index))
        } else {
            (self.name("the name of the item")?, None)
        };
        if !self.take_name("in") {
            return self.fail("`in`");
        }
        let list = Box::new(self.expression()?);
        self.need(":")?;
        Ok(Loop { item, index, list })
    }
}
