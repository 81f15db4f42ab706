//! What expressions are worth, and what is wrong with them.

use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::asked;
use super::types::Type;
use super::{Checker, Scope, Symbol};
use crate::Place;

impl<'a> Checker<'a> {
    /// The type of `expr`; what is wrong in it is reported, once for each place.
    pub(super) fn infer(&self, expr: &Expr, scope: &Scope) -> Type {
        match &expr.kind {
            ExprKind::Null => Type::Null,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Int(number) => Type::Int(Some(*number)),
            ExprKind::Str(text) => {
                for code in &text.codes {
                    let found = self.infer(code, scope);
                    self.refuse_list(&found, code);
                }
                Type::Text(text.literal().map(str::to_owned))
            }
            ExprKind::Array(items) => self.array(items, scope),
            ExprKind::Object(entries) => self.object(entries, scope, false),
            ExprKind::Name(name) => self.name(name, expr.at, scope),
            ExprKind::Paren(inner) => self.infer(inner, scope),
            ExprKind::NonNull(inner) => self.infer(inner, scope).not_null(),
            ExprKind::Nested { base, name, name_at } => {
                self.infer(base, scope);
                self.say(*name_at, "BCP159", format!("there is no nested resource `{name}`"));
                Type::Any
            }
            ExprKind::Member { base, name, name_at, safe } => {
                let kind = self.infer(base, scope);
                let of_module = matches!(&base.bare().kind, ExprKind::Member { name, .. } if name == "outputs");
                let what = if of_module { "the module has no output" } else { "the object has no property" };
                if kind == Type::Null && !safe && matches!(base.bare().kind, ExprKind::Null | ExprKind::Name(_)) {
                    self.say(*name_at, "BCP055", format!("null has no properties, so no `{name}`"));
                }
                if matches!((&kind, &base.bare().kind), (Type::Scope(_), ExprKind::Call { arguments, .. }) if !arguments.is_empty())
                {
                    let message =
                        format!("another {kind} can only be a scope here: what its `{name}` is, is not known");
                    self.say(*name_at, "BCP053", message);
                }
                self.member(&kind, name, *name_at, *safe, what)
            }
            ExprKind::Index { base, index, safe, .. } => self.index(base, index, *safe, scope),
            ExprKind::Call { name, arguments } => self.call(name, arguments, expr.at, scope),
            ExprKind::Method { base, name, name_at, arguments } => {
                self.method(base, name, *name_at, arguments, expr.at, scope)
            }
            ExprKind::Unary { operator, operand } => self.unary(operator, operand, expr.at, scope),
            ExprKind::Binary { operator, left, right } => self.binary(operator, left, right, expr.at, scope),
            ExprKind::Ternary { condition, yes, no } => {
                let found = self.infer(condition, scope);
                if !found.fits(&Type::Bool) {
                    self.say(condition.at, "BCP046", format!("a condition is a bool, not {found}"));
                }
                Type::union([self.infer(yes, scope), self.infer(no, scope)])
            }
            ExprKind::For { head, body } => {
                self.say(
                    expr.at,
                    "BCP138",
                    "a loop stands for a whole variable, output, resource or module, or for a property of these two",
                );
                self.repeated(head, body, scope, false)
            }
            ExprKind::Lambda { names, body } => {
                self.say(expr.at, "BCP242", "a lambda stands right in the arguments of a function, and nowhere else");
                self.lambda(names, body, Type::Any, scope);
                Type::Lambda(names.len())
            }
        }
    }

    /// The type of a value that may be a loop: of variables, outputs, and properties of resources and modules.
    pub(super) fn infer_or_loop(&self, expr: &Expr, scope: &Scope) -> Type {
        match &expr.kind {
            ExprKind::For { head, body } => self.repeated(head, body, scope, false),
            _ => self.infer(expr, scope),
        }
    }

    /// The type of a value within a resource or module, where properties may be loops at any depth.
    pub(super) fn infer_property(&self, expr: &Expr, scope: &Scope) -> Type {
        match &expr.kind {
            ExprKind::For { head, body } => {
                if scope.in_property_loop {
                    self.say(expr.at, "BCP142", "a loop of a property holds no other loop of a property");
                }
                self.repeated(head, body, scope, true)
            }
            ExprKind::Object(entries) => self.object(entries, scope, true),
            ExprKind::Array(items) if items.iter().all(|item| matches!(item, Item::Value(_))) => {
                let kinds = items.iter().map(|item| match item {
                    Item::Value(value) | Item::Spread(value) => match &value.kind {
                        ExprKind::For { .. } => self.infer(value, scope),
                        _ => self.infer_property(value, scope),
                    },
                });
                Type::Tuple(kinds.collect())
            }
            ExprKind::Paren(inner) => self.infer_property(inner, scope),
            _ => self.infer(expr, scope),
        }
    }

    /// The type of a loop.
    fn repeated(&self, head: &Loop, body: &Expr, scope: &Scope, property: bool) -> Type {
        let item = self.loop_item(head, scope);
        let mut inner = scope.with_loop(head, item);
        inner.in_property_loop |= property;
        let item = match &body.kind {
            _ if property => self.infer_property(body, &inner),
            _ => self.infer(body, &inner),
        };
        Type::Array(Box::new(item.widened()))
    }

    /// What one item of the list of a loop is.
    pub(super) fn loop_item(&self, head: &Loop, scope: &Scope) -> Type {
        let list = self.infer(&head.list, scope);
        if !list.fits(&Type::array()) {
            self.say(head.list.at, "BCP137", format!("a loop goes over an array, not over {list}"));
            return Type::Any;
        }
        list.item()
    }

    pub(super) fn lambda(&self, names: &[String], body: &Expr, first: Type, scope: &Scope) -> Type {
        let mut inner = scope.clone();
        for (index, name) in names.iter().enumerate() {
            let kind = match index {
                0 => first.clone(),
                _ => Type::Any,
            };
            inner.locals.insert(name.clone(), (kind, true));
        }
        self.infer(body, &inner)
    }

    fn array(&self, items: &[Item], scope: &Scope) -> Type {
        let mut known = Vec::new();
        let mut spread = false;
        for item in items {
            match item {
                Item::Value(value) => known.push(self.infer(value, scope)),
                Item::Spread(value) => {
                    spread = true;
                    let found = self.infer(value, scope);
                    if !found.fits(&Type::array()) {
                        self.say(value.at, "BCP402", format!("`...` takes an array here, not {found}"));
                    }
                }
            }
        }
        if spread { Type::array() } else { Type::Tuple(known) }
    }

    fn object(&self, entries: &[Entry], scope: &Scope, property: bool) -> Type {
        let mut known: Vec<(String, Type)> = Vec::new();
        let mut open = false;
        self.twice(entries);
        let loops = entries.iter().any(|e| matches!(e, Entry::Property { value, .. } if is_loop(value)));
        for entry in entries {
            match entry {
                Entry::Property { key, value, at } => {
                    for code in &key.codes {
                        self.infer(code, scope);
                    }
                    if key.literal().is_none() && is_loop(value) {
                        self.say(*at, "BCP143", "the name of a property that is a loop holds no `${…}`");
                    }
                    let kind = if property { self.infer_property(value, scope) } else { self.infer(value, scope) };
                    match key.literal() {
                        Some(name) => known.push((name.to_owned(), kind)),
                        None => open = true,
                    }
                }
                Entry::Spread(value) => {
                    open = true;
                    if loops {
                        self.say(value.at, "BCP417", "an object with a property that is a loop holds no `...`");
                    }
                    let found = self.infer(value, scope);
                    if !found.fits(&Type::object()) {
                        self.say(value.at, "BCP402", format!("`...` takes an object here, not {found}"));
                    }
                }
            }
        }
        Type::Object { known, open }
    }

    /// Properties that an object has twice.
    pub(super) fn twice(&self, entries: &[Entry]) {
        let keys: Vec<(&str, Place)> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Property { key, at, .. } => Some((key.literal()?, *at)),
                Entry::Spread(_) => None,
            })
            .collect();
        for (name, at) in &keys {
            if keys.iter().filter(|(other, _)| other == name).count() > 1 {
                self.say(*at, "BCP025", format!("property `{name}` is given twice"));
            }
        }
    }

    fn name(&self, name: &str, at: Place, scope: &Scope) -> Type {
        if let Some((kind, _)) = scope.locals.get(name) {
            return kind.clone();
        }
        if name == "base" && self.parameter_file {
            self.say(at, "BCP437", "`base` is a name of parameter files that extend another one");
            return Type::Any;
        }
        match self.symbols.get(name) {
            Some(Symbol::Parameter(declaration)) => self.parameter_type(declaration),
            Some(Symbol::Variable(declaration, value)) => self.variable_type(declaration, value),
            Some(Symbol::Resource(block)) => Type::Resource { name: name.to_owned(), list: block.repeat.is_some() },
            Some(Symbol::Module(block)) => Type::Module { name: name.to_owned(), list: block.repeat.is_some() },
            None => {
                self.unknown(name, at);
                Type::Any
            }
        }
    }

    fn unknown(&self, name: &str, at: Place) {
        if let Some((outer, inner)) = name.rsplit_once("::") {
            return self.say(at, "BCP159", format!("`{outer}` has no nested resource `{inner}`"));
        }
        if !super::signatures::signatures(name, self.parameter_file).is_empty() {
            return self.say(at, "BCP063", format!("`{name}` is a function: call it, `{name}(…)`"));
        }
        let near = did_you_mean(name, self.symbols.keys().copied());
        let code = if near.is_empty() { "BCP057" } else { "BCP082" };
        self.say(at, code, format!("`{name}` is not declared{near}"));
    }

    fn member(&self, base: &Type, name: &str, at: Place, safe: bool, what: &str) -> Type {
        match base {
            Type::Object { known, open } => match known.iter().find(|(known, _)| known == name) {
                Some((_, kind)) => kind.clone(),
                None if *open => Type::Any,
                None if safe => Type::Null,
                None => {
                    let near = did_you_mean(name, known.iter().map(|(known, _)| known.as_str()));
                    let code = if near.is_empty() { "BCP053" } else { "BCP083" };
                    self.say(at, code, format!("{what} `{name}`{near}"));
                    Type::Any
                }
            },
            Type::Resource { list: false, .. } => match name {
                "id" | "name" | "type" | "apiVersion" => Type::TEXT,
                _ => Type::Any,
            },
            Type::Module { name: module, list: false } => self.module_member(module, name, at),
            Type::Scope(scope) => self.member(&asked::scope(scope), name, at, safe, what),
            Type::Any | Type::Null => Type::Any,
            Type::Union(members) => {
                // Null is a warning of the compiler.
                let others: Vec<Type> = members.iter().filter(|member| **member != Type::Null).cloned().collect();
                match others.as_slice() {
                    [one] => self.member(one, name, at, safe, what),
                    many if many.iter().all(|member| !may_have_members(member)) => {
                        self.say(at, "BCP055", format!("{base} has no properties"));
                        Type::Any
                    }
                    _ => Type::Any,
                }
            }
            _ => {
                self.say(at, "BCP055", format!("{base} has no properties, so no `{name}`"));
                Type::Any
            }
        }
    }

    fn index(&self, base: &Expr, index: &Expr, safe: bool, scope: &Scope) -> Type {
        let kind = self.infer(base, scope);
        let by = self.infer(index, scope);
        if matches!(kind, Type::Resource { list: true, .. } | Type::Module { list: true, .. }) {
            self.refuse_lambda_names(index, scope);
        }
        let wants = |wanted: &Type, code: &'static str| {
            if !by.fits(wanted) {
                self.say(index.at, code, format!("the index of {kind} is of type {wanted}, not {by}"));
            }
        };
        match &kind {
            Type::Array(_) | Type::Tuple(_) => {
                wants(&Type::INT, "BCP074");
                match (&kind, &by) {
                    (Type::Tuple(items), Type::Int(Some(number))) => {
                        let item = usize::try_from(*number).ok().and_then(|number| items.get(number));
                        if item.is_none() && !safe {
                            let message =
                                format!("the array has {} items, counted from 0, so no [{number}]", items.len());
                            self.say(index.at, "BCP311", message);
                        }
                        item.cloned().unwrap_or(Type::Any)
                    }
                    _ => kind.item(),
                }
            }
            Type::Resource { name, list: true } => {
                wants(&Type::INT, "BCP074");
                Type::Resource { name: name.clone(), list: false }
            }
            Type::Module { name, list: true } => {
                wants(&Type::INT, "BCP074");
                Type::Module { name: name.clone(), list: false }
            }
            Type::Object { .. } | Type::Resource { .. } | Type::Module { .. } | Type::Scope(_) => {
                wants(&Type::TEXT, "BCP075");
                match by {
                    Type::Text(Some(name)) => self.member(&kind, &name, index.at, safe, "the object has no property"),
                    _ => Type::Any,
                }
            }
            Type::Any | Type::Union(_) | Type::Null => {
                if !by.fits(&Type::Union(vec![Type::INT, Type::TEXT])) {
                    self.say(index.at, "BCP049", format!("an index is a string or an int, not {by}"));
                }
                Type::Any
            }
            _ => {
                self.say(base.at, "BCP076", format!("{kind} has no items: an index takes those of arrays and objects"));
                Type::Any
            }
        }
    }

    /// Names of lambdas in the index of a list of resources: the template cannot say which one is meant.
    fn refuse_lambda_names(&self, index: &Expr, scope: &Scope) {
        index.walk(&mut |expr| {
            if let ExprKind::Name(name) = &expr.kind
                && scope.locals.get(name).is_some_and(|(_, lambda)| *lambda)
            {
                let message =
                    format!("`{name}` of a lambda cannot choose from a list of resources or modules: use a loop");
                self.say(expr.at, "BCP247", message);
            }
        });
    }

    /// That no list of resources or modules stands here as a whole.
    pub(super) fn refuse_list(&self, kind: &Type, expr: &Expr) {
        if let Type::Resource { name, list: true } | Type::Module { name, list: true } = kind {
            self.say(expr.at, "BCP144", format!("`{name}` is a list: take one item, `{name}[0]`"));
        }
    }

    fn unary(&self, operator: &str, operand: &Expr, at: Place, scope: &Scope) -> Type {
        let found = self.infer(operand, scope);
        let wanted = if operator == "!" { Type::Bool } else { Type::INT };
        if !found.fits(&wanted) {
            self.say(at, "BCP044", format!("`{operator}` is for {wanted}, not for {found}"));
        }
        wanted
    }

    fn binary(&self, operator: &str, left: &Expr, right: &Expr, at: Place, scope: &Scope) -> Type {
        let (a, b) = (self.infer(left, scope), self.infer(right, scope));
        let both = |kind: &Type| a.fits(kind) && b.fits(kind);
        let (right_kinds, gives) = match operator {
            "&&" | "||" => (both(&Type::Bool), Type::Bool),
            "==" | "!=" => (true, Type::Bool),
            "=~" | "!~" => (both(&Type::TEXT), Type::Bool),
            "<" | "<=" | ">" | ">=" => (both(&Type::INT) || both(&Type::TEXT), Type::Bool),
            "??" => return Type::union([a.not_null(), b]),
            _ => (both(&Type::INT), Type::INT),
        };
        if !right_kinds {
            let more = if operator == "+" { "; texts are joined by '${a}${b}'" } else { "" };
            self.say(at, "BCP045", format!("`{operator}` is not for {a} and {b}{more}"));
        } else if matches!(operator, "/" | "%") && b == Type::Int(Some(0)) {
            self.say(at, "BCP410", "a division by zero");
        }
        gives
    }
}

fn is_loop(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::For { .. })
}

fn may_have_members(kind: &Type) -> bool {
    matches!(kind, Type::Any | Type::Object { .. } | Type::Resource { .. } | Type::Module { .. } | Type::Scope(_))
}
