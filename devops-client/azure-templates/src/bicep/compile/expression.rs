//! Expressions: from Bicep's operators and accesses to the template language's functions.

use super::super::ast::*;
use super::super::functions::{FUNCTIONS, did_you_mean, is_function, is_runtime};
use super::super::load::load;
use super::found::Found;
use super::parameters;
use super::{Locals, Symbol, Unit, module_path, problem};
use crate::arm::expression::Arm;
use crate::{Place, Problem};
use serde_json::Value;

/// Properties of a resource that are known before it is deployed.
pub(super) const STATIC: [&str; 4] = ["id", "name", "type", "apiVersion"];

impl<'a> Unit<'a> {
    /// The expression `expr` where `locals` are the names of loops and lambdas around it.
    pub(super) fn convert(&self, expr: &Expr, locals: &Locals) -> Result<Arm, Problem> {
        let at = expr.at;
        Ok(match &expr.kind {
            ExprKind::Null => Arm::call("null", Vec::new()),
            ExprKind::Bool(value) => Arm::call(if *value { "true" } else { "false" }, Vec::new()),
            ExprKind::Int(value) => Arm::Int(*value),
            ExprKind::Str(text) => self.text(text, locals)?,
            ExprKind::Array(items) => self.array(items, locals)?,
            ExprKind::Object(entries) => self.object(entries, locals)?,
            ExprKind::Name(name) => self.name(name, at, locals)?,
            ExprKind::Member { base, name, safe, .. } => self.member(base, name, *safe, at, locals)?,
            ExprKind::Paren(inner) | ExprKind::NonNull(inner) => self.convert(inner, locals)?,
            ExprKind::Nested { name, .. } => {
                return problem(at, format!("`{name}` is no resource that is nested there"));
            }
            ExprKind::Index { base, index, safe, from_end } => {
                if let Some(found) = self.block_at(expr, locals)? {
                    return found.whole(self, at);
                }
                let arm = self.convert(base, locals)?;
                let index = self.convert(index, locals)?;
                match (safe, from_end) {
                    (_, false) => access(arm, index, *safe, is_access(base)),
                    (true, true) => Arm::call("tryIndexFromEnd", vec![arm, index]),
                    (false, true) => match arm {
                        Arm::Call { name, mut arguments, properties }
                            if is_safe(&name) && properties.is_empty() && is_access(base) =>
                        {
                            let end =
                                vec![Arm::text("value"), index, Arm::text("fromEnd"), Arm::call("true", Vec::new())];
                            arguments.push(Arm::call("createObject", end));
                            Arm::call(name, arguments)
                        }
                        arm => Arm::call("indexFromEnd", vec![arm, index]),
                    },
                }
            }
            ExprKind::Call { name, arguments } => self.call(name, arguments, at, locals)?,
            ExprKind::Method { base, name, arguments, .. } => self.method(base, name, arguments, at, locals)?,
            ExprKind::Unary { operator: "!", operand } => Arm::call("not", vec![self.convert(operand, locals)?]),
            ExprKind::Unary { operand, .. } => Arm::call("sub", vec![Arm::Int(0), self.convert(operand, locals)?]),
            ExprKind::Binary { operator, left, right } => {
                binary(operator, self.convert(left, locals)?, self.convert(right, locals)?)
            }
            ExprKind::Ternary { condition, yes, no } => Arm::call(
                "if",
                vec![self.convert(condition, locals)?, self.convert(yes, locals)?, self.convert(no, locals)?],
            ),
            ExprKind::For { .. } => {
                return problem(at, "a loop stands for a whole property, variable, output, resource or module");
            }
            ExprKind::Lambda { names, body } => {
                let mut inner = locals.clone();
                for name in names {
                    inner = inner.with(name, Arm::call("lambdaVariables", vec![Arm::text(name)]));
                }
                let mut arguments: Vec<Arm> = names.iter().map(Arm::text).collect();
                arguments.push(self.convert(body, &inner)?);
                Arm::call("lambda", arguments)
            }
        })
    }

    /// A string: a literal, or `format('…{0}…', …)`.
    pub(super) fn text(&self, text: &Text, locals: &Locals) -> Result<Arm, Problem> {
        if let Some(literal) = text.literal() {
            return Ok(Arm::text(literal));
        }
        let mut pattern = String::new();
        for (index, piece) in text.texts.iter().enumerate() {
            pattern.push_str(&piece.replace('{', "{{").replace('}', "}}"));
            if index < text.codes.len() {
                pattern.push_str(&format!("{{{index}}}"));
            }
        }
        let mut arguments = vec![Arm::text(pattern)];
        for code in &text.codes {
            arguments.push(self.convert(code, locals)?);
        }
        Ok(Arm::call("format", arguments))
    }

    fn array(&self, items: &[Item], locals: &Locals) -> Result<Arm, Problem> {
        let mut chunks = Vec::new();
        let mut plain = Vec::new();
        let mut spread = false;
        for item in items {
            match item {
                Item::Value(e) => plain.push(self.convert(e, locals)?),
                Item::Spread(e) => {
                    spread = true;
                    if !plain.is_empty() {
                        chunks.push(Arm::call("createArray", std::mem::take(&mut plain)));
                    }
                    chunks.push(self.convert(e, locals)?);
                }
            }
        }
        if !spread {
            return Ok(Arm::call("createArray", plain));
        }
        if !plain.is_empty() {
            chunks.push(Arm::call("createArray", plain));
        }
        Ok(Arm::call("flatten", vec![Arm::call("createArray", chunks)]))
    }

    fn object(&self, entries: &[Entry], locals: &Locals) -> Result<Arm, Problem> {
        let mut chunks = Vec::new();
        let mut plain = Vec::new();
        let mut spread = false;
        for entry in entries {
            match entry {
                Entry::Property { key, value, .. } => {
                    plain.push(self.text(key, locals)?);
                    plain.push(self.convert(value, locals)?);
                }
                Entry::Spread(e) => {
                    spread = true;
                    if !plain.is_empty() {
                        chunks.push(Arm::call("createObject", std::mem::take(&mut plain)));
                    }
                    chunks.push(self.convert(e, locals)?);
                }
            }
        }
        if !spread {
            return Ok(Arm::call("createObject", plain));
        }
        if !plain.is_empty() {
            chunks.push(Arm::call("createObject", plain));
        }
        Ok(Arm::call("shallowMerge", vec![Arm::call("createArray", chunks)]))
    }

    fn name(&self, name: &str, at: Place, locals: &Locals) -> Result<Arm, Problem> {
        if let Some(local) = locals.0.get(name) {
            return Ok(local.clone());
        }
        match self.symbol(name, at)? {
            Symbol::Parameter => Ok(Arm::call("parameters", vec![Arm::text(name)])),
            // What is only known while the deployment runs cannot be a variable of the template.
            Symbol::Variable(value) if self.is_inlined(name) => self.convert(value, &Locals::default()),
            Symbol::Variable(_) => Ok(Arm::call("variables", vec![Arm::text(name)])),
            Symbol::Resource(block) | Symbol::Module(block) if block.repeat.is_some() => {
                problem(at, format!("`{name}` is a list: take one item, `{name}[0]`"))
            }
            Symbol::Resource(block) => self.reference(block, &Locals::default(), true, at),
            Symbol::Module(block) => self.module_reference(block, &Locals::default(), at),
        }
    }

    fn member(&self, base: &Expr, name: &str, safe: bool, at: Place, locals: &Locals) -> Result<Arm, Problem> {
        if let Some(found) = self.block_at(base, locals)? {
            return found.member(self, name, safe, at);
        }
        if let ExprKind::Member { base: inner, name: outputs, safe: guarded, .. } = &base.bare().kind
            && outputs == "outputs"
            && let Some(found @ Found::Module(..)) = self.block_at(inner, locals)?
        {
            if let Found::Module(block, _) = &found {
                self.check_output(block, name, at)?;
            }
            let outputs = found.member(self, "outputs", *guarded, at)?;
            let value = [Arm::text(name), Arm::text("value")];
            return Ok(match outputs {
                outputs if safe => value.into_iter().fold(outputs, |base, part| Arm::call("tryGet", vec![base, part])),
                Arm::Call { name, mut arguments, properties } if is_safe(&name) && properties.is_empty() => {
                    arguments.extend(value);
                    Arm::call(name, arguments)
                }
                outputs => value.into_iter().fold(outputs, Arm::then),
            });
        }
        Ok(access(self.convert(base, locals)?, Arm::text(name), safe, is_access(base)))
    }

    /// The resource or module that `expr` names, with the names of its loop replaced by the item that is meant.
    pub(super) fn block_at(&self, expr: &Expr, locals: &Locals) -> Result<Option<Found<'a>>, Problem> {
        let (name, index) = match &expr.bare().kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index { base, index, .. } => match &base.bare().kind {
                ExprKind::Name(name) => (name, Some(index)),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if locals.0.contains_key(name) {
            return Ok(None);
        }
        let (block, is_module) = match self.symbols.get(name.as_str()) {
            Some(Symbol::Resource(block)) => (*block, false),
            Some(Symbol::Module(block)) => (*block, true),
            _ => return Ok(None),
        };
        let replaced = match (&block.repeat, index) {
            (None, None) => Locals::default(),
            (Some(head), Some(index)) => {
                let index = self.convert(index, locals)?;
                self.loop_locals(head, &index, &Locals::default())?
            }
            (Some(_), None) => return problem(expr.at, format!("`{name}` is a list: take one item, `{name}[0]`")),
            (None, Some(_)) => return Ok(None),
        };
        Ok(Some(if is_module { Found::Module(block, replaced) } else { Found::Resource(block, replaced) }))
    }

    /// Locals with the item and index of a loop at position `index`.
    pub(super) fn loop_locals(&self, head: &Loop, index: &Arm, outer: &Locals) -> Result<Locals, Problem> {
        let list = self.convert(&head.list, outer)?;
        let mut locals = outer.with(&head.item, list.then(index.clone()));
        if let Some(name) = &head.index {
            locals = locals.with(name, index.clone());
        }
        Ok(locals)
    }

    fn call(&self, name: &str, arguments: &[Expr], at: Place, locals: &Locals) -> Result<Arm, Problem> {
        if let (Some(environment), "readEnvironmentVariable") = (self.environment, name) {
            return parameters::environment(environment, arguments, at).map(Arm::Str);
        }
        if !is_function(name) {
            let near = did_you_mean(name, FUNCTIONS.into_iter());
            return problem(at, format!("`{name}` is no function that this tool compiles{near}"));
        }
        if name == "nameof" {
            return match arguments {
                [one] => match name_of(one) {
                    Some(name) => Ok(Arm::text(name)),
                    None => Err(Problem::new(at, "BCP408", "nameof() takes something that has a name")),
                },
                _ => Err(Problem::new(at, "BCP071", "nameof() takes one argument")),
            };
        }
        if name.starts_with("load") {
            return self.load(name, arguments, at);
        }
        if name == "any" {
            return match arguments {
                [one] => self.convert(one, locals),
                _ => problem(at, "any() takes one argument"),
            };
        }
        let arguments = arguments.iter().map(|e| self.convert(e, locals)).collect::<Result<_, _>>()?;
        Ok(Arm::call(name, arguments))
    }

    /// A text in place; other values are variables of the template.
    fn load(&self, name: &str, arguments: &[Expr], at: Place) -> Result<Arm, Problem> {
        let literal = |index: usize| arguments.get(index).and_then(Expr::literal);
        let path = literal(0).and_then(|reference| module_path(self.path, reference));
        let Some(bytes) = path.as_deref().and_then(|path| self.files.data(path)) else {
            return Err(Problem::new(at, "BCP091", format!("{name}() takes the path of a file that is there")));
        };
        let value = load(name, bytes, literal(1)).map_err(|(code, message)| Problem::new(at, code, message))?;
        if let (Value::String(text), "loadTextContent" | "loadFileAsBase64") = (&value, name) {
            return Ok(Arm::text(text));
        }
        let mut loaded = self.loaded.borrow_mut();
        let next = loaded.len();
        let number = loaded.entry(at).or_insert((next, value)).0;
        Ok(Arm::call("variables", vec![Arm::text(format!("$fxv#{number}"))]))
    }

    fn method(&self, base: &Expr, name: &str, arguments: &[Expr], at: Place, locals: &Locals) -> Result<Arm, Problem> {
        if matches!(&base.kind, ExprKind::Name(n) if (n == "sys" || n == "az") && !self.symbols.contains_key(n.as_str()))
        {
            return self.call(name, arguments, at, locals);
        }
        let Some(Found::Resource(block, inner)) = self.block_at(base, locals)? else {
            return problem(at, format!("`.{name}()` can only be called on a resource"));
        };
        if name == "getSecret" {
            return problem(at, "getSecret() can only be the whole value of a secure parameter of a module");
        }
        if !is_runtime(name) {
            return problem(at, format!("`{name}` is no function of a resource: list…() and getSecret() are"));
        }
        let mut given = vec![self.resource_id(block, &inner, at)?];
        if arguments.is_empty() {
            given.push(Arm::text(self.type_of(block, at)?.1));
        }
        for argument in arguments {
            given.push(self.convert(argument, locals)?);
        }
        Ok(Arm::call(name, given))
    }

    /// Whether the value of `expr` is only known while a deployment runs.
    pub(super) fn is_runtime(&self, expr: &Expr) -> bool {
        let mut found = false;
        // Bases of accesses that are known beforehand, which the walk meets afterwards.
        let mut known: Vec<*const Expr> = Vec::new();
        expr.walk(&mut |e| match &e.kind {
            ExprKind::Member { base, name, .. } if STATIC.contains(&name.as_str()) => {
                known.push(std::ptr::from_ref(base.as_ref()));
                known.push(std::ptr::from_ref(base.bare()));
                if let ExprKind::Index { base, .. } = &base.bare().kind {
                    known.push(std::ptr::from_ref(base.bare()));
                }
            }
            ExprKind::Name(name) => match self.symbols.get(name.as_str()) {
                Some(Symbol::Resource(_) | Symbol::Module(_)) => found |= !known.contains(&std::ptr::from_ref(e)),
                Some(Symbol::Variable(_)) => found |= self.is_inlined(name),
                _ => {}
            },
            ExprKind::Call { name, .. } => found |= is_runtime(name),
            ExprKind::Method { name, .. } => found |= is_runtime(name),
            _ => {}
        });
        found
    }
}

/// The name that nameof() gives.
fn name_of(expr: &Expr) -> Option<&str> {
    match &expr.bare().kind {
        ExprKind::Name(name) => Some(name.rsplit("::").next().unwrap_or(name)),
        ExprKind::Member { name, .. } => Some(name),
        ExprKind::Index { base, .. } => name_of(base),
        _ => None,
    }
}

/// Functions whose value may be nothing, which what follows them takes.
fn is_safe(function: &str) -> bool {
    function == "tryGet" || function == "tryIndexFromEnd"
}

/// Whether an access follows another one, with nothing between them: a parenthesis ends a chain.
fn is_access(base: &Expr) -> bool {
    matches!(base.kind, ExprKind::Member { .. } | ExprKind::Index { .. })
}

/// `base.property`; `chained` if the base is an access itself.
fn access(base: Arm, property: Arm, safe: bool, chained: bool) -> Arm {
    match base {
        // `a.?b.c`: what follows a safe access is safe too.
        Arm::Call { name, mut arguments, properties }
            if is_safe(&name) && properties.is_empty() && !safe && chained =>
        {
            arguments.push(property);
            Arm::call(name, arguments)
        }
        base if safe => Arm::call("tryGet", vec![base, property]),
        base => base.then(property),
    }
}

fn binary(operator: &str, left: Arm, right: Arm) -> Arm {
    let lower = |arm| Arm::call("toLower", vec![arm]);
    let name = match operator {
        "||" => "or",
        "&&" => "and",
        "==" => "equals",
        "!=" => return Arm::call("not", vec![binary("==", left, right)]),
        "=~" => return binary("==", lower(left), lower(right)),
        "!~" => return Arm::call("not", vec![binary("=~", left, right)]),
        "<" => "less",
        "<=" => "lessOrEquals",
        ">" => "greater",
        ">=" => "greaterOrEquals",
        "+" => "add",
        "-" => "sub",
        "*" => "mul",
        "/" => "div",
        "%" => "mod",
        _ => "coalesce",
    };
    Arm::call(name, vec![left, right])
}
