//! `template:` and `extends:`.

use std::sync::Arc;

use super::branch::guard;
use super::expand::{Expander, Slot};
use super::scope::Scope;
use super::{DEEPEST, Knowledge, MOST_FILES, parameters, resolve};
use crate::place::{Place, Problem, What};
use crate::value::{Node, Value};

/// Whether a template is one of another repository.
pub(super) fn is_foreign(reference: &str) -> bool {
    reference.rsplit_once('@').is_some_and(|(_, repository)| !repository.eq_ignore_ascii_case("self"))
}

impl Expander<'_> {
    /// A whole file: a pipeline, or what a template or `extends` names.
    pub fn file(&mut self, root: &Node, scope: &Scope) -> Node {
        let own: Vec<(Node, Node)> =
            root.entries().iter().filter(|(key, _)| key.text() != Some("parameters")).cloned().collect();
        // Variables of the file are seen by what it extends.
        let scope = scope.layer();
        let variables = own.iter().find(|(key, _)| key.text() == Some("variables"));
        if own.iter().any(|(key, _)| key.text() == Some("extends"))
            && let Some((_, value)) = variables
        {
            let problems = self.problems.len();
            self.node(value, &scope, Slot::Variables);
            self.problems.truncate(problems);
        }
        let mut entries = self.map(&own, &scope, Slot::Root);
        if let Some(at) = entries.iter().position(|(key, _)| key.text() == Some("extends")) {
            let (key, extends) = entries.remove(at);
            match self.extend(&extends, &scope) {
                Some(base) => self.merge(&mut entries, &base),
                None => entries.insert(at, (key, extends)),
            }
        }
        Node { comment: root.comment.clone(), ..Node::new(Value::Map(Arc::new(entries)), &root.place) }
    }

    fn extend(&mut self, extends: &Node, scope: &Scope) -> Option<Node> {
        let Some(reference) = extends.get("template") else {
            self.say(&extends.place, What::Structure, "`extends` names a `template`");
            return None;
        };
        let (path, file, inner) = self.open_template(reference, extends.get("parameters"), scope)?;
        self.included += 1;
        let expanded = self.file(&file, &inner);
        self.included -= 1;
        if !["stages", "jobs", "steps", "extends"].iter().any(|key| expanded.get(key).is_some()) && !self.open {
            let message = format!("template `{path}` has no stages, jobs or steps, and so nothing can extend it");
            self.say(&reference.place, What::Structure, message);
        }
        Some(expanded)
    }

    /// Adds the keys of what is extended. Variables of both are there, those of the pipeline first.
    fn merge(&mut self, entries: &mut Vec<(Node, Node)>, base: &Node) {
        for (key, value) in base.entries() {
            let own = entries.iter_mut().find(|(other, _)| other == key);
            match own {
                None => entries.push((key.clone(), value.clone())),
                Some((_, own)) if key.text() == Some("variables") => {
                    let both = [variable_list(own), variable_list(value)].concat();
                    *own = Node::new(Value::List(Arc::new(both)), &own.place);
                }
                Some(_) if matches!(key.text(), Some("stages" | "jobs" | "steps")) => {
                    let name = key.text().unwrap_or_default();
                    let message = format!("a pipeline that extends a template has no `{name}` of its own");
                    let place = entries.iter().find(|(other, _)| other == key).map(|(key, _)| key.place.clone());
                    self.say(&place.unwrap_or_else(|| key.place.clone()), What::UnknownKey(name.to_owned()), message);
                }
                Some(_) => {}
            }
        }
    }

    /// What a template brings to a list.
    pub fn template(&mut self, item: &Node, scope: &Scope, slot: Slot) -> Vec<Node> {
        let (Some(key), Some(written)) = (slot.key(), item.get("template")) else { return Vec::new() };
        for (other, _) in item.entries().iter().filter(|(key, _)| {
            key.text().is_some_and(|key| !["template", "parameters"].contains(&key) && !key.starts_with("${{"))
        }) {
            let name = other.text().unwrap_or_default();
            let message = format!("a template has no key `{name}`; template, parameters are");
            self.say(&other.place, What::UnknownKey(name.to_owned()), message);
        }
        // An item that was given or made by a loop may have been evaluated before; then nothing is left to evaluate.
        let reference = self.scalar(written, scope);
        let given = item.get("parameters").map(|given| self.node(given, scope, Slot::Other));
        let Some((path, file, inner)) = self.open_template(&reference, given.as_ref(), scope) else {
            let mut entries = vec![(Node::new(Value::text("template"), &item.place), reference)];
            if let Some((key, _)) = item.entry("parameters") {
                entries.extend(given.map(|given| (key.clone(), given)));
            }
            // What cannot be read stays as it stands, if that is no error.
            let stays = self.open;
            let item = Node { comment: item.comment.clone(), ..Node::new(Value::Map(Arc::new(entries)), &item.place) };
            return if stays { vec![item] } else { Vec::new() };
        };
        self.included += 1;
        let body: Vec<(Node, Node)> =
            file.entries().iter().filter(|(key, _)| key.text() != Some("parameters")).cloned().collect();
        // Variables that a template sets belong to where it stands; those of a whole file to that file.
        let entries = if slot == Slot::Variables {
            let list = file.get(key).map(|list| self.node(list, &inner, Slot::Variables));
            list.map(|list| (Node::new(Value::text(key), &list.place), list)).into_iter().collect()
        } else {
            self.map(&body, &inner, Slot::Root)
        };
        self.included -= 1;
        let found = entries.iter().find(|(other, _)| other.text() == Some(key)).map(|(_, value)| value);
        let Some(found) = found else {
            let kinds: Vec<&str> =
                ["stages", "jobs", "steps", "variables"].into_iter().filter(|key| file.get(key).is_some()).collect();
            let has = if kinds.is_empty() { String::new() } else { format!("; it has `{}`", kinds.join("` and `")) };
            let message = format!("template `{path}` has no `{key}`, which this place needs{has}");
            self.say(&reference.place, What::Structure, message);
            return Vec::new();
        };
        let mut items = match &found.value {
            Value::Map(_) if slot == Slot::Variables => variable_list(found),
            Value::List(items) => items.iter().map(|item| guard(item.clone(), found.when.as_ref())).collect(),
            Value::Null => Vec::new(),
            Value::Unknown(_) => vec![found.clone()],
            _ => {
                let message = format!("`{key}` of template `{path}` is {}, not a list", found.what());
                self.say(&found.place, What::Structure, message);
                Vec::new()
            }
        };
        if let (Some(comment), Some(first)) = (&item.comment, items.first_mut()) {
            first.comment.get_or_insert_with(|| Arc::clone(comment));
        }
        items
    }

    /// The file that a reference names, and the names in it; `None` if that is not known or was refused.
    fn open_template(
        &mut self,
        reference: &Node,
        given: Option<&Node>,
        scope: &Scope,
    ) -> Option<(String, Node, Scope)> {
        let place = reference.place.clone();
        let text = match (&reference.value, reference.text()) {
            (Value::Unknown(_), _) => {
                self.open = true;
                return None;
            }
            (_, Some(text)) => text,
            _ => {
                self.say(&place, What::Structure, "the name of a template is text");
                return None;
            }
        };
        if is_foreign(text) {
            match self.knowledge {
                Knowledge::Files => self.open = true,
                Knowledge::All => {
                    let message = format!("template `{text}` is of another repository, which is not known here");
                    self.say(&place, What::Structure, message);
                }
            }
            return None;
        }
        let path = resolve(text, &place.file);
        let file = match path.as_deref().map(|path| self.files.load(path)) {
            Some(Ok(Some(file))) => file,
            Some(Err(problem)) => {
                self.problems.push(problem);
                return None;
            }
            Some(Ok(None)) | None => {
                let path = path.unwrap_or_else(|| text.to_owned());
                let message = format!("template `{text}` does not exist; its path starts at the folder of this file");
                self.say(&place, What::NoSuchFile(path), message);
                return None;
            }
        };
        let path = path.unwrap_or_default();
        if self.included >= DEEPEST {
            let message = format!("template `{path}` includes itself, or templates are nested deeper than {DEEPEST}");
            self.say(&place, What::Limit, message);
            return None;
        }
        self.loaded.insert(path.clone());
        if self.loaded.len() > MOST_FILES {
            self.say(&place, What::Limit, format!("a pipeline takes in at most {MOST_FILES} separate files"));
            return None;
        }
        let before = self.problems.len();
        parameters::check(&file, &mut self.problems);
        let given = match given.map(|given| &given.value) {
            None | Some(Value::Null) => &[],
            Some(Value::Map(entries)) => entries.as_slice(),
            Some(_) => {
                let at = given.map_or(&place, |given| self.place_of(given, &place)).clone();
                self.say(&at, What::Structure, "the parameters of a template are a mapping");
                &[]
            }
        };
        let bound = parameters::bind(&file, given, &place, &format!("template `{path}`"), &mut self.problems);
        self.forget_repeats(before);
        let scope = Scope { parameters: bound, loops: Vec::new(), ..scope.clone() };
        Some((path, file, scope))
    }

    /// A template that stands in many places says what is wrong with its declarations once.
    fn forget_repeats(&mut self, from: usize) {
        let fresh: Vec<Problem> = self.problems.drain(from..).collect();
        for problem in fresh {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }
}

/// Variables of a mapping as a list of names and values; a list as it is.
pub(super) fn variable_list(node: &Node) -> Vec<Node> {
    let field = |name: &str, place: &Place, value: Node| (Node::new(Value::text(name), place), value);
    let one = |(key, value): &(Node, Node)| {
        let bare = Node { when: None, comment: None, ..value.clone() };
        let name = Node { comment: None, ..key.clone() };
        let fields = vec![field("name", &key.place, name), field("value", &value.place, bare)];
        Node {
            when: value.when.clone(),
            comment: key.comment.clone(),
            ..Node::new(Value::Map(Arc::new(fields)), &key.place)
        }
    };
    match &node.value {
        Value::Map(entries) => entries.iter().map(one).collect(),
        Value::List(items) => items.to_vec(),
        _ => Vec::new(),
    }
}
