//! Values that only a running deployment knows, where they are needed before it starts.

use super::super::ast::*;
use super::super::functions::is_runtime;
use super::{Checker, Place, Symbol};

/// Properties of a resource that are known from its body alone.
const KNOWN: [&str; 4] = ["id", "name", "type", "apiVersion"];

/// Properties at the top of a resource that the service needs to know before it deploys anything.
const NEEDED: [&str; 15] = [
    "name",
    "scope",
    "location",
    "kind",
    "subscriptionId",
    "resourceGroup",
    "managedBy",
    "extendedLocation",
    "zones",
    "placement",
    "plan",
    "sku",
    "identity",
    "managedByExtended",
    "tags",
];

impl Checker<'_> {
    /// Names, tags and the like of a resource or module.
    pub(super) fn check_known(&self, block: &Block, resource: bool) {
        if let Some(condition) = &block.condition {
            for at in self.later(condition) {
                self.say(at, "BCP177", known("a condition"));
            }
        }
        if block.existing {
            return;
        }
        let needed: &[&str] = if resource { &NEEDED } else { &NEEDED[..2] };
        for entry in &block.body {
            let Entry::Property { key, value, .. } = entry else {
                continue;
            };
            if let Some(name) = key.literal().filter(|name| needed.contains(name)) {
                // A resource as scope stands for its name.
                if name == "scope"
                    && let Some((Symbol::Resource(owner), _)) = self.block_of(value)
                    && !self.named_later(owner)
                {
                    continue;
                }
                for at in self.later(value) {
                    self.say(at, "BCP120", known(&format!("`{name}`")));
                }
            }
        }
    }

    /// Lists of loops, bodies of looped variables, and arguments of functions that ask Azure.
    pub(super) fn check_loops_and_calls(&self, declaration: &Declaration) {
        let mut check = |expr: &Expr| match &expr.kind {
            ExprKind::For { head, .. } => self.check_list(head),
            ExprKind::Call { name, arguments } if is_runtime(name) => self.check_asked(name, arguments),
            ExprKind::Method { name, arguments, .. } if is_runtime(name) => self.check_asked(name, arguments),
            _ => {}
        };
        match &declaration.kind {
            Kind::Metadata(value) | Kind::Assignment(value) | Kind::Variable(value) | Kind::Output { value, .. } => {
                value.walk(&mut check);
                self.check_existing_names(value);
            }
            Kind::Parameter { .. } => {}
            Kind::Resource(block) | Kind::Module(block) => {
                if let Some(head) = &block.repeat {
                    self.check_list(head);
                }
                for value in block.condition.iter().chain(block.body.iter().flat_map(Entry::children)) {
                    value.walk(&mut check);
                    self.check_existing_names(value);
                }
            }
        }
    }

    fn check_list(&self, head: &Loop) {
        for at in self.later(&head.list) {
            self.say(at, "BCP178", known("the list of a loop"));
        }
    }

    fn check_asked(&self, name: &str, arguments: &[Expr]) {
        for at in arguments.iter().flat_map(|argument| self.later(argument)) {
            self.say(at, "BCP181", known(&format!("an argument of {name}()")));
        }
    }

    pub(super) fn check_variable_loop(&self, name: &str, value: &Expr) {
        if let ExprKind::For { body, .. } = &value.kind {
            for at in self.later(body) {
                self.say(at, "BCP182", known(&format!("the looped variable `{name}`")));
            }
        }
    }

    /// Properties of an existing resource whose own name is known too late.
    fn check_existing_names(&self, value: &Expr) {
        value.walk(&mut |expr| {
            let (base, name, at) = match &expr.kind {
                ExprKind::Member { base, name, name_at, .. } => (base, name.as_str(), *name_at),
                ExprKind::Method { base, name, name_at, .. } => (base, name.as_str(), *name_at),
                _ => return,
            };
            if let Some((Symbol::Resource(block), _)) = self.block_of(base)
                && block.existing
                && !KNOWN.contains(&name)
                && self.named_later(block)
            {
                let message = "the name of this existing resource is known too late to read its properties: hand its \
                               name to a module";
                self.say(at, "BCP307", message);
            }
        });
    }

    /// Whether the name, the scope or the parent of a resource is known too late.
    fn named_later(&self, block: &Block) -> bool {
        ["name", "scope", "parent"].iter().any(|key| {
            block.property(key).is_some_and(|value| match self.block_of(value) {
                // A parent or a resource as scope stands for its own name.
                Some((Symbol::Resource(parent), _)) if *key != "name" => self.named_later(parent),
                _ => !self.later(value).is_empty(),
            })
        })
    }

    /// The resource or module that an expression names, and whether by an index.
    pub(super) fn block_of(&self, expr: &Expr) -> Option<(Symbol<'_>, bool)> {
        let (name, indexed) = match &expr.bare().kind {
            ExprKind::Name(name) => (name, false),
            ExprKind::Index { base, .. } => match &base.bare().kind {
                ExprKind::Name(name) => (name, true),
                _ => return None,
            },
            _ => return None,
        };
        match self.symbols.get(name.as_str()) {
            Some(symbol @ (Symbol::Resource(..) | Symbol::Module(..))) => Some((*symbol, indexed)),
            _ => None,
        }
    }

    /// Where `expr` needs a value that only a running deployment knows.
    pub(super) fn later(&self, expr: &Expr) -> Vec<Place> {
        let mut found = Vec::new();
        self.gather_later(expr, &mut Vec::new(), &mut Vec::new(), &mut found);
        found
    }

    fn gather_later<'e>(
        &'e self,
        expr: &'e Expr,
        bound: &mut Vec<&'e str>,
        open: &mut Vec<&'e str>,
        found: &mut Vec<Place>,
    ) {
        let before = bound.len();
        match &expr.kind {
            ExprKind::Member { base, name, .. } if self.is_block(base, bound) => {
                let known = match self.block_of(base) {
                    Some((Symbol::Resource(block), _)) => {
                        KNOWN.contains(&name.as_str()) && !(block.existing && name != "type" && self.named_later(block))
                    }
                    Some((Symbol::Module(..), _)) => name == "name",
                    _ => true,
                };
                if !known {
                    found.push(expr.at);
                }
                if let ExprKind::Index { index, .. } = &base.bare().kind {
                    self.gather_later(index, bound, open, found);
                }
            }
            ExprKind::Name(name) if !bound.contains(&name.as_str()) => match self.symbols.get(name.as_str()) {
                Some(Symbol::Resource(..) | Symbol::Module(..)) => found.push(expr.at),
                // A circle is reported elsewhere.
                Some(Symbol::Variable(_, value)) if !open.contains(&name.as_str()) => {
                    open.push(name);
                    let mut inner = Vec::new();
                    self.gather_later(value, &mut Vec::new(), open, &mut inner);
                    open.pop();
                    if !inner.is_empty() {
                        found.push(expr.at);
                    }
                }
                _ => {}
            },
            ExprKind::Call { name, .. } if name == "nameof" => {}
            ExprKind::Call { name, .. } if is_runtime(name) => found.push(expr.at),
            ExprKind::Method { name, .. } if is_runtime(name) => found.push(expr.at),
            ExprKind::For { head, body } => {
                self.gather_later(&head.list, bound, open, found);
                bound.extend(head.names());
                self.gather_later(body, bound, open, found);
            }
            ExprKind::Lambda { names, body } => {
                bound.extend(names.iter().map(String::as_str));
                self.gather_later(body, bound, open, found);
            }
            _ => expr.children().into_iter().for_each(|child| self.gather_later(child, bound, open, found)),
        }
        bound.truncate(before);
    }

    fn is_block(&self, base: &Expr, bound: &[&str]) -> bool {
        let name = match &base.bare().kind {
            ExprKind::Name(name) => name,
            ExprKind::Index { base, .. } => match &base.bare().kind {
                ExprKind::Name(name) => name,
                _ => return false,
            },
            _ => return false,
        };
        !bound.contains(&name.as_str()) && self.block_of(base).is_some()
    }
}

fn known(what: &str) -> String {
    format!("{what} must be known when the deployment starts; this value is known only while it runs")
}
