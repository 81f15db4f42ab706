//! Mappings and lists: directives decided, templates put in.

use std::sync::Arc;

use super::branch::{Chain, Verdict, guard};
use super::expand::{Expander, Slot};
use super::scope::Scope;
use super::text::{Directive, directive};
use crate::place::{Place, What};
use crate::value::{Node, Unknown, Value};

impl Expander<'_> {
    /// The entries of a mapping. Its variables come first, because what follows may refer to them.
    pub fn map(&mut self, entries: &[(Node, Node)], scope: &Scope, slot: Slot) -> Vec<(Node, Node)> {
        let early = entries
            .iter()
            .position(|(key, _)| slot.below("variables") == Slot::Variables && key.text() == Some("variables"));
        let layer = early.map(|_| scope.layer());
        let scope = layer.as_ref().unwrap_or(scope);
        let variables = early.map(|at| self.node(&entries[at].1, scope, Slot::Variables));
        let mut out: Vec<(Node, Node)> = Vec::new();
        let mut chain = Chain::default();
        for (index, (key, value)) in entries.iter().enumerate() {
            if self.is_full() {
                break;
            }
            match self.directive(key) {
                Some(Some(found)) => {
                    for (key, value) in self.branch_of_map(&found, key, value, scope, slot, &mut chain) {
                        self.put(&mut out, key, value, slot, scope);
                    }
                }
                Some(None) => {}
                None => {
                    chain.end();
                    let key = self.scalar(key, scope);
                    let value = match (&variables, early == Some(index)) {
                        (Some(variables), true) => variables.clone(),
                        _ => self.node(value, scope, slot.below(key.text().unwrap_or_default())),
                    };
                    self.put(&mut out, key, value, slot, scope);
                }
            }
        }
        out
    }

    /// The directive that a key is; inner `None` if it is a wrong one.
    fn directive<'a>(&mut self, key: &'a Node) -> Option<Option<Directive<'a>>> {
        match directive(key.text()?)? {
            Ok(found) => Some(Some(found)),
            Err(message) => {
                self.say(&key.place, What::Expression, message);
                Some(None)
            }
        }
    }

    /// Takes the next branch of a chain; outer `None` if it is not there.
    fn branch(
        &mut self,
        found: &Directive<'_>,
        key: &Node,
        scope: &Scope,
        chain: &mut Chain,
    ) -> Option<Option<Arc<str>>> {
        let condition = match found {
            Directive::If(condition) => {
                chain.begin();
                Some(condition)
            }
            Directive::ElseIf(condition) => Some(condition),
            _ => None,
        };
        if !chain.goes_on() {
            self.say(&key.place, What::Structure, "`else` and `elseif` follow an `if`");
            return None;
        }
        let verdict = match condition {
            Some(condition) if chain.asks() => self.verdict(condition, &key.place, scope),
            _ => Verdict::Holds,
        };
        let taken = chain.next(verdict);
        if matches!(found, Directive::Else) {
            chain.end();
        }
        taken
    }

    fn branch_of_map(
        &mut self,
        found: &Directive<'_>,
        key: &Node,
        value: &Node,
        scope: &Scope,
        slot: Slot,
        chain: &mut Chain,
    ) -> Vec<(Node, Node)> {
        match found {
            Directive::If(_) | Directive::ElseIf(_) | Directive::Else => {
                let Some(when) = self.branch(found, key, scope, chain) else { return Vec::new() };
                let inner = self.node(value, scope, slot);
                let entries = self.entries_of(&inner, key);
                entries.into_iter().map(|(key, value)| (key, guard(value, when.as_ref()))).collect()
            }
            Directive::Insert => {
                chain.end();
                let inner = self.node(value, scope, slot);
                self.entries_of(&inner, key)
            }
            Directive::Each { variable, list } => {
                chain.end();
                let Some(items) = self.each(list, key, scope) else {
                    return vec![self.left_loop(variable, list, key, value, scope, slot)];
                };
                let mut out = Vec::new();
                for item in items.into_iter().take_while(|_| !self.is_full()).collect::<Vec<_>>() {
                    let when = item.when.clone();
                    let inner = self.node(value, &scope.with(variable, item), slot);
                    let entries = self.entries_of(&inner, key);
                    out.extend(entries.into_iter().map(|(key, value)| (key, guard(value, when.as_ref()))));
                }
                out
            }
        }
    }

    /// What is put into a mapping: the entries of another one, or nothing.
    fn entries_of(&mut self, node: &Node, key: &Node) -> Vec<(Node, Node)> {
        match &node.value {
            Value::Map(entries) => entries.to_vec(),
            Value::Null => Vec::new(),
            Value::Unknown(_) => {
                self.open = true;
                vec![(Node::new(Value::text("${{ insert }}"), &key.place), node.clone())]
            }
            _ => {
                let message = format!("a mapping is put in here, not {}", node.what());
                self.say(&node.place, What::Structure, message);
                Vec::new()
            }
        }
    }

    /// Adds an entry. A key that is there already is an error, unless only one of both will be there.
    fn put(&mut self, out: &mut Vec<(Node, Node)>, key: Node, value: Node, slot: Slot, scope: &Scope) {
        if slot == Slot::Variables
            && let Some(name) = key.text()
        {
            scope.set(name, value.clone());
        }
        let same = |(other, there): &(Node, Node)| other == &key && (there.sure() || there.when == value.when);
        if matches!(key.value, Value::Unknown(_)) {
            self.open = true;
        } else if value.sure()
            && let Some(at) = out.iter().position(same)
        {
            let name = key.text().unwrap_or_default();
            if out[at].1.sure() && !name.starts_with("${{") {
                self.say(&key.place, What::Yaml, format!("key `{name}` is there twice"));
                return;
            }
        }
        out.push((key, value));
    }

    /// What a loop goes through; `None` if that is not known.
    fn each(&mut self, list: &str, key: &Node, scope: &Scope) -> Option<Vec<Node>> {
        let found = self.value(list, &key.place, scope);
        match &found.value {
            Value::List(items) => Some(items.to_vec()),
            Value::Map(entries) => {
                let pair = |(name, value): &(Node, Node)| {
                    let field = |field: &str, node: &Node| (Node::new(Value::text(field), &node.place), node.clone());
                    let bare = Node { when: None, ..value.clone() };
                    let fields = vec![field("key", name), field("value", &bare)];
                    Node { when: value.when.clone(), ..Node::new(Value::Map(Arc::new(fields)), &value.place) }
                };
                Some(entries.iter().map(pair).collect())
            }
            Value::Null => Some(Vec::new()),
            Value::Unknown(_) => {
                self.open = true;
                None
            }
            other => {
                let message = format!("`each` goes through a list or a mapping, and `{list}` is a {}", other.kind());
                self.say(&key.place, What::Expression, message);
                Some(Vec::new())
            }
        }
    }

    /// A loop over what is not known: it stays, with what is known in its body put in.
    fn left_loop(
        &mut self,
        variable: &str,
        list: &str,
        key: &Node,
        body: &Node,
        scope: &Scope,
        slot: Slot,
    ) -> (Node, Node) {
        let list = match self.value(list, &key.place, scope).value {
            Value::Unknown(unknown) => unknown.expression.to_string(),
            _ => list.to_owned(),
        };
        let unknown = Node::new(Value::Unknown(Unknown::named(variable)), &key.place);
        let body = self.node(body, &scope.with(variable, unknown).layer(), slot);
        (Node::new(Value::text(format!("${{{{ each {variable} in {list} }}}}")), &key.place), body)
    }

    pub fn list(&mut self, items: &[Node], scope: &Scope, slot: Slot) -> Vec<Node> {
        let mut out = Vec::new();
        let mut chain = Chain::default();
        for item in items {
            if self.is_full() {
                break;
            }
            let directives = item.entries().iter().map(|(key, _)| key.text().and_then(directive));
            let all = !item.entries().is_empty() && directives.into_iter().all(|found| found.is_some());
            let lists = item.entries().iter().all(|(_, body)| !matches!(body.value, Value::Map(_)));
            if all && (item.entries().len() == 1 || lists) {
                for (key, body) in item.entries() {
                    self.branch_of_list(key, body, scope, slot, &mut chain, &mut out);
                }
                continue;
            }
            chain.end();
            if slot.key().is_some() && item.get("template").is_some() {
                out.extend(self.template(item, scope, slot).into_iter().map(|node| guard(node, item.when.as_ref())));
                continue;
            }
            let inner = self.node(item, scope, slot.of_item(item));
            let from_expression = !matches!(item.value, Value::List(_) | Value::Map(_));
            self.splice(&mut out, inner, from_expression, scope, slot);
        }
        out
    }

    fn branch_of_list(
        &mut self,
        key: &Node,
        body: &Node,
        scope: &Scope,
        slot: Slot,
        chain: &mut Chain,
        out: &mut Vec<Node>,
    ) {
        let Some(Some(found)) = self.directive(key) else { return };
        let mut made = Vec::new();
        match &found {
            Directive::If(_) | Directive::ElseIf(_) | Directive::Else => {
                let Some(when) = self.branch(&found, key, scope, chain) else { return };
                let inner = self.node(body, scope, slot.of_item(body));
                self.splice(&mut made, inner, true, scope, slot);
                made = made.into_iter().map(|node| guard(node, when.as_ref())).collect();
            }
            Directive::Insert => {
                chain.end();
                let inner = self.node(body, scope, slot.of_item(body));
                self.splice(&mut made, inner, true, scope, slot);
            }
            Directive::Each { variable, list } => {
                chain.end();
                match self.each(list, key, scope) {
                    Some(items) => {
                        for item in items {
                            if self.is_full() {
                                break;
                            }
                            let when = item.when.clone();
                            let inner = self.node(body, &scope.with(variable, item), slot.of_item(body));
                            let mut some = Vec::new();
                            self.splice(&mut some, inner, true, scope, slot);
                            made.extend(some.into_iter().map(|node| guard(node, when.as_ref())));
                        }
                    }
                    None => {
                        let entry = self.left_loop(variable, list, key, body, scope, slot);
                        made.push(Node::new(Value::Map(Arc::new(vec![entry])), &key.place));
                    }
                }
            }
        }
        // The comment above a directive is that of what it brings.
        if let (Some(comment), Some(first)) = (&key.comment, made.first_mut()) {
            first.comment.get_or_insert_with(|| Arc::clone(comment));
        }
        out.extend(made);
    }

    /// Adds to a list what an expression or a directive brings: the items of a list, or one value. Templates among what was
    /// given are put in here.
    fn splice(&mut self, out: &mut Vec<Node>, node: Node, spread: bool, scope: &Scope, slot: Slot) {
        match &node.value {
            Value::List(items) if spread => {
                let items: Vec<Node> = items.iter().map(|item| guard(item.clone(), node.when.as_ref())).collect();
                items.into_iter().for_each(|item| self.splice(out, item, false, scope, slot));
            }
            Value::Null if spread && node.text().is_none_or(str::is_empty) => {}
            Value::Map(_) if slot.key().is_some() && self.is_new_template(&node) => {
                let when = node.when.clone();
                out.extend(self.template(&node, scope, slot).into_iter().map(|made| guard(made, when.as_ref())));
            }
            Value::Unknown(_) => {
                self.open |= slot.key().is_some();
                out.push(node);
            }
            _ => {
                if slot == Slot::Variables
                    && let (Some(name), Some(value)) = (node.text_at("name"), node.get("value"))
                {
                    scope.set(name, Node { when: node.when.clone(), ..value.clone() });
                }
                out.push(node);
            }
        }
    }

    /// Whether a value is a template that can be put in: one that had to stay open once does so again.
    fn is_new_template(&self, node: &Node) -> bool {
        node.text_at("template").is_some_and(|text| !text.contains("${{") && !super::include::is_foreign(text))
    }

    /// A place for messages about what has none of its own.
    pub fn place_of<'a>(&self, node: &'a Node, otherwise: &'a Place) -> &'a Place {
        if node.place.line == 0 { otherwise } else { &node.place }
    }
}
