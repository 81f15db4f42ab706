//! Expressions of templates, worked out as far as the files alone say what they are worth.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::expression::Arm;
use super::known::{Known, Nothing};
use super::read::{Read, read};
use super::setting::Setting;
use super::value::Val;
use super::{functions, lists, networks, text, time};

/// Levels of variables in variables, and of values in values.
const MAX_DEPTH: usize = 120;

/// How many calls an evaluation makes at most: loops in loops stay within seconds.
const MAX_CALLS: usize = 2_000_000;

/// One template, or one that is nested in it.
pub(super) struct Frame<'a> {
    pub(super) setting: &'a Setting,
    pub(super) known: &'a dyn Known,
    /// By name in small letters.
    pub(super) parameters: HashMap<String, Val>,
    /// As the template has them.
    variables: &'a Map<String, Value>,
    worked_out: RefCell<HashMap<String, Val>>,
    depth: Cell<usize>,
    calls: Cell<usize>,
    /// Deployments within this one.
    pub(super) nodes: RefCell<Vec<Node<'a>>>,
    /// How deep this one is within others.
    pub(super) level: usize,
}

/// Names of lambdas, and positions of loops: `copyIndex()` is the one without a name.
#[derive(Clone, Default)]
pub(super) struct Locals {
    pub(super) lambda: HashMap<String, Val>,
    pub(super) copies: HashMap<String, i64>,
}

impl Locals {
    /// Within a loop at `position`: the innermost one has no name as well as its own.
    pub(super) fn copy(&self, name: &str, position: i64) -> Self {
        let mut inner = self.clone();
        inner.copies.insert(name.to_lowercase(), position);
        inner.copies.insert(String::new(), position);
        inner
    }

    /// Within the loop of a property, which is asked for by its name alone.
    fn property(&self, name: &str, position: i64) -> Self {
        let mut inner = self.clone();
        inner.copies.insert(name.to_lowercase(), position);
        inner
    }
}

/// Resources and outputs of a deployment that was carried out.
pub(super) type Ran = (Vec<Value>, Vec<(String, Val)>);

/// A nested deployment, carried out when someone asks for it.
pub(super) struct Node<'t> {
    pub(super) id: String,
    pub(super) setting: Setting,
    pub(super) template: &'t Value,
    pub(super) given: Option<&'t Map<String, Value>>,
    pub(super) locals: Locals,
    pub(super) state: State,
}

pub(super) enum State {
    Waiting,
    Running,
    Done(Rc<Result<Ran, String>>),
}

impl<'a> Frame<'a> {
    pub(super) fn new(
        setting: &'a Setting,
        variables: &'a Map<String, Value>,
        known: &'a dyn Known,
        level: usize,
    ) -> Self {
        Self {
            setting,
            known,
            parameters: HashMap::new(),
            variables,
            worked_out: RefCell::default(),
            depth: Cell::new(0),
            calls: Cell::new(0),
            nodes: RefCell::default(),
            level,
        }
    }

    /// A piece of the template, with its expressions worked out and its loops written out.
    pub(super) fn value(&self, value: &Value, locals: &Locals) -> Result<Val, String> {
        match value {
            Value::String(text) => match read(text)? {
                Read::Text(text) => Ok(Val::Text(text)),
                Read::Expression(arm) => self.arm(&arm, locals),
            },
            Value::Array(items) => {
                items.iter().map(|item| self.value(item, locals)).collect::<Result<Vec<_>, _>>().map(Val::List)
            }
            Value::Object(map) => self.object(map, locals),
            other => Ok(Val::from_json(other.clone())),
        }
    }

    fn object(&self, map: &Map<String, Value>, locals: &Locals) -> Result<Val, String> {
        let mut entries = Vec::new();
        for (key, value) in map {
            match value {
                Value::Array(copies) if key == "copy" => {
                    for copy in copies {
                        let name = copy["name"].as_str().unwrap_or_default();
                        entries.push((name.to_owned(), self.copied(copy, name, locals)?));
                    }
                }
                _ => {
                    let key = match self.value(&Value::String(key.clone()), locals)? {
                        Val::Text(key) => key,
                        open => text::shown(&open).unwrap_or_else(|_| open.into_json().to_string()),
                    };
                    entries.push((key, self.value(value, locals)?));
                }
            }
        }
        Ok(Val::Object(entries))
    }

    /// The items of a loop of a property or variable.
    pub(super) fn copied(&self, copy: &Value, name: &str, locals: &Locals) -> Result<Val, String> {
        let count = match self.value(&copy["count"], locals)? {
            Val::Number(number) => number.as_i64().unwrap_or(0),
            Val::Open(arm) => {
                let mut left = vec![Arm::text(name), arm];
                left.push(Arm::text(copy["input"].to_string()));
                return Ok(Val::Open(Arm::call("copy", left)));
            }
            other => return Err(format!("the count of a loop is a number, not {}", other.kind())),
        };
        let item = |position| {
            let inner = if name.is_empty() { locals.copy("", position) } else { locals.property(name, position) };
            self.value(&copy["input"], &inner)
        };
        (0..count).map(item).collect::<Result<Vec<_>, _>>().map(Val::List)
    }

    pub(super) fn arm(&self, arm: &Arm, locals: &Locals) -> Result<Val, String> {
        if self.depth.get() > MAX_DEPTH {
            return Err(format!("values are nested more than {MAX_DEPTH} deep"));
        }
        self.depth.set(self.depth.get() + 1);
        let made = self.arm_here(arm, locals);
        self.depth.set(self.depth.get() - 1);
        made
    }

    fn arm_here(&self, arm: &Arm, locals: &Locals) -> Result<Val, String> {
        match arm {
            Arm::Str(text) => Ok(Val::text(text)),
            Arm::Int(number) => Ok(Val::int(*number)),
            Arm::Call { name, arguments, properties } => {
                if let Some(known) = self.asked(name, arguments, properties, locals)? {
                    return Ok(known);
                }
                let mut value = self.call(name, arguments, locals)?;
                for property in properties {
                    let by = self.arm(property, locals)?;
                    value = accessed(value, by)?;
                }
                Ok(value)
            }
        }
    }

    fn call(&self, name: &str, arguments: &[Arm], locals: &Locals) -> Result<Val, String> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() > MAX_CALLS {
            return Err("the template makes more calls than an evaluation takes".to_owned());
        }
        let lower = name.to_lowercase();
        if let Some(made) = self.special(&lower, arguments, locals) {
            return made;
        }
        let values = arguments.iter().map(|argument| self.arm(argument, locals)).collect::<Result<Vec<_>, _>>()?;
        if lower == "reference"
            && let Some(Val::Text(id)) = values.first()
            && let Some(outputs) = self.nested_outputs(id)
        {
            return outputs.map(|outputs| Val::Object(vec![("outputs".to_owned(), outputs)]));
        }
        let hashed = matches!(lower.as_str(), "guid" | "uniquestring");
        if hashed && values.iter().any(|value| self.setting.is_in(value)) {
            return Ok(Val::Open(Arm::call(name, values.into_iter().map(Val::into_arm).collect())));
        }
        if let Some(made) = self.setting.call(&lower, &values) {
            return made;
        }
        // Functions that only move their items around, whether these are known or not.
        let moves = match lower.as_str() {
            "createarray" | "createobject" => true,
            "length" | "empty" | "first" | "last" | "take" | "skip" | "flatten" | "shallowmerge" | "objectkeys"
            | "items" | "concat" | "array" => !values.iter().any(|value| matches!(value, Val::Open(_))),
            _ => false,
        };
        if moves || values.iter().all(Val::is_known) {
            let made = text::call(&lower, &values)
                .or_else(|| lists::call(&lower, &values))
                .or_else(|| networks::call(&lower, &values))
                .or_else(|| time::call(&lower, &values));
            match made {
                Some(made) => return made,
                None if is_pure(&lower) => {
                    let kinds: Vec<&str> = values.iter().map(Val::kind).collect();
                    return Err(format!("{name}() does not take {}", kinds.join(", ")));
                }
                None => {}
            }
        }
        if !functions::is_known(&lower) {
            return Err(format!("the template function '{name}' is not valid"));
        }
        Ok(Val::Open(Arm::call(name, values.into_iter().map(Val::into_arm).collect())))
    }

    /// Functions that do not need all of their arguments, or more than these.
    fn special(&self, name: &str, arguments: &[Arm], locals: &Locals) -> Option<Result<Val, String>> {
        Some(match (name, arguments) {
            ("parameters", [name]) => {
                self.named(name, locals, |name| match self.parameters.get(&name.to_lowercase()) {
                    Some(value) => Ok(value.clone()),
                    None => Err(format!("parameter `{name}` has no value")),
                })
            }
            ("variables", [name]) => self.named(name, locals, |name| self.variable(name)),
            ("lambdavariables", [name]) => self.named(name, locals, |name| match locals.lambda.get(name) {
                Some(value) => Ok(value.clone()),
                None => Err(format!("`{name}` is no name of a lambda here")),
            }),
            ("utcnow", arguments) => self.now(arguments, locals),
            ("copyindex", arguments) => self.copy_index(arguments, locals),
            ("if", [condition, yes, no]) => match self.arm(condition, locals) {
                Ok(Val::Bool(true)) => self.arm(yes, locals),
                Ok(Val::Bool(false)) => self.arm(no, locals),
                Ok(Val::Open(condition)) => self.arm(yes, locals).and_then(|yes| {
                    let no = self.arm(no, locals)?;
                    Ok(Val::Open(Arm::call("if", vec![condition, yes.into_arm(), no.into_arm()])))
                }),
                Ok(other) => Err(format!("a condition is a bool, not {}", other.kind())),
                Err(error) => Err(error),
            },
            ("and" | "or", arguments) => self.logic(name, arguments, locals),
            ("coalesce", arguments) => self.coalesce(arguments, locals),
            ("tryget", [base, path @ ..]) => self.arm(base, locals).and_then(|base| self.try_get(base, path, locals)),
            ("indexfromend" | "tryindexfromend", [base, index]) => self.item_from_end(name, base, index, locals),
            ("filter" | "map" | "sort" | "reduce" | "toobject" | "groupby" | "mapvalues", [list, rest @ ..]) => {
                self.arm(list, locals).and_then(|list| self.higher(name, list, rest, locals))
            }
            ("fail", [message]) => match self.arm(message, locals) {
                Ok(Val::Text(message)) => Err(message),
                Ok(other) => Ok(Val::Open(Arm::call("fail", vec![other.into_arm()]))),
                Err(error) => Err(error),
            },
            _ => return None,
        })
    }

    fn named(&self, name: &Arm, locals: &Locals, get: impl Fn(&str) -> Result<Val, String>) -> Result<Val, String> {
        match self.arm(name, locals)? {
            Val::Text(name) => get(&name),
            other => Err(format!("a name is a text, not {}", other.kind())),
        }
    }

    fn variable(&self, name: &str) -> Result<Val, String> {
        let key = name.to_lowercase();
        if let Some(value) = self.worked_out.borrow().get(&key) {
            return Ok(value.clone());
        }
        let copies = self.variables.get("copy").and_then(Value::as_array).into_iter().flatten();
        let mut looped = copies.filter(|copy| copy["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)));
        let value = if let Some(copy) = looped.next() {
            self.copied(copy, copy["name"].as_str().unwrap_or_default(), &Locals::default())?
        } else {
            let found = self.variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, value) = found.ok_or_else(|| format!("there is no variable `{name}`"))?;
            self.value(value, &Locals::default())?
        };
        self.worked_out.borrow_mut().insert(key, value.clone());
        Ok(value)
    }
}

/// `value.name` or `value[index]`.
pub(super) fn accessed(value: Val, by: Val) -> Result<Val, String> {
    match (&value, &by) {
        (Val::Open(arm), _) => Ok(Val::Open(arm.clone().then(by.into_arm()))),
        (_, Val::Open(arm)) => Ok(Val::Open(value.into_arm().then(arm.clone()))),
        (Val::Object(_), Val::Text(name)) => {
            value.get(name).cloned().ok_or_else(|| format!("there is no property `{name}`"))
        }
        (Val::List(items), Val::Number(number)) => {
            let item = number.as_u64().and_then(|number| items.get(usize::try_from(number).ok()?));
            item.cloned().ok_or_else(|| format!("there is no item {number} of {}", items.len()))
        }
        _ => Err(format!("{} has no {}", value.kind(), by.kind())),
    }
}

/// Whether a function is worth the same everywhere: what it does not take is an error, not open.
fn is_pure(name: &str) -> bool {
    PURE.contains(&name)
}

/// Functions that ask nobody, in small letters.
const PURE: [&str; 44] = [
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "min",
    "max",
    "int",
    "bool",
    "string",
    "concat",
    "contains",
    "empty",
    "endswith",
    "startswith",
    "first",
    "last",
    "format",
    "guid",
    "uniquestring",
    "indexof",
    "lastindexof",
    "join",
    "length",
    "padleft",
    "replace",
    "skip",
    "take",
    "split",
    "substring",
    "tolower",
    "toupper",
    "trim",
    "union",
    "intersection",
    "range",
    "flatten",
    "items",
    "objectkeys",
    "json",
    "base64",
    "cidrsubnet",
    "cidrhost",
    "datetimeadd",
];

/// What a piece of a template is worth where only `variables` are known.
///
/// # Errors
/// Why it has no value, or what it needs that is not known.
pub(crate) fn worth(variables: &Map<String, Value>, value: &Value) -> Result<Value, String> {
    closed(variables, |frame| frame.value(value, &Locals::default()))
}

/// As [`worth`], of the loop of an output: `{count, input}`.
///
/// # Errors
/// As [`worth`].
pub(crate) fn worth_of_loop(variables: &Map<String, Value>, copy: &Value) -> Result<Value, String> {
    closed(variables, |frame| frame.copied(copy, "", &Locals::default()))
}

fn closed(variables: &Map<String, Value>, value: impl Fn(&Frame<'_>) -> Result<Val, String>) -> Result<Value, String> {
    let setting = Setting::default();
    let value = value(&Frame::new(&setting, variables, &Nothing, 0))?;
    if value.is_known() {
        return Ok(value.into_json());
    }
    Err(format!("{} is not known without Azure", value.into_json()))
}
