//! What expressions of workflows are worth. Functions that templates of Azure Resource Manager have too are theirs.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::expression::{Expr, Piece};
use crate::arm::value::Val;
use crate::arm::{lists, text, time};

/// Functions that workflows share with templates, in small letters.
const SHARED: [&str; 45] = [
    "add",
    "array",
    "base64",
    "base64tostring",
    "bool",
    "concat",
    "contains",
    "createarray",
    "datauri",
    "datauritostring",
    "div",
    "empty",
    "endswith",
    "equals",
    "first",
    "greater",
    "greaterorequals",
    "indexof",
    "int",
    "intersection",
    "join",
    "json",
    "last",
    "lastindexof",
    "length",
    "less",
    "lessorequals",
    "max",
    "min",
    "mod",
    "mul",
    "not",
    "range",
    "replace",
    "skip",
    "split",
    "startswith",
    "string",
    "sub",
    "substring",
    "take",
    "tolower",
    "toupper",
    "trim",
    "union",
];

/// Functions of workflows alone, in small letters.
const OWN: [&str; 24] = [
    "triggerbody",
    "triggeroutputs",
    "body",
    "outputs",
    "actions",
    "item",
    "items",
    "parameters",
    "variables",
    "workflow",
    "utcnow",
    "addseconds",
    "addminutes",
    "addhours",
    "adddays",
    "formatdatetime",
    "coalesce",
    "if",
    "and",
    "or",
    "encodeuricomponent",
    "uricomponent",
    "decodeuricomponent",
    "ticks",
];

/// Whether a function is known.
pub(super) fn is_known(name: &str) -> bool {
    SHARED.contains(&name) || OWN.contains(&name)
}

/// What a run has come to so far.
#[derive(Debug)]
pub(super) struct Scope {
    /// Name of the workflow, and of the run.
    pub workflow: (String, String),
    /// By name.
    pub parameters: BTreeMap<String, Val>,
    pub variables: BTreeMap<String, Val>,
    /// `{headers, body}`.
    pub trigger: Val,
    /// What each action that is over gave: `{name, status, outputs}`.
    pub actions: BTreeMap<String, Val>,
    /// Loops that are under way, the innermost last: their names, and the items that they are at.
    pub items: Vec<(String, Val)>,
}

impl Scope {
    /// The value of a piece at a point in time.
    ///
    /// # Errors
    /// Why it has none: what the service calls a failure of the template language.
    pub fn value(&self, piece: &Piece, now: Timestamp) -> Result<Val, String> {
        match piece {
            Piece::Plain(value) => Ok(value.clone()),
            Piece::Expr(expr) => self.expr(expr, now),
            Piece::Text(parts) => {
                let shown = parts.iter().map(|part| text::shown(&self.value(part, now)?));
                shown.collect::<Result<String, _>>().map(Val::Text)
            }
            Piece::List(items) => {
                items.iter().map(|item| self.value(item, now)).collect::<Result<_, _>>().map(Val::List)
            }
            Piece::Object(entries) => {
                let entries = entries.iter().map(|(key, piece)| Ok((key.clone(), self.value(piece, now)?)));
                entries.collect::<Result<_, String>>().map(Val::Object)
            }
        }
    }

    fn expr(&self, expr: &Expr, now: Timestamp) -> Result<Val, String> {
        match expr {
            Expr::Value(value) => Ok(value.clone()),
            Expr::At { base, by, safe } => accessed(&self.expr(base, now)?, &self.expr(by, now)?, *safe),
            Expr::Call(name, arguments) => self.call(name, arguments, now),
        }
    }

    fn call(&self, name: &str, arguments: &[Expr], now: Timestamp) -> Result<Val, String> {
        // only what is needed is worked out
        match (name, arguments) {
            ("if", [condition, yes, no]) => {
                return match self.expr(condition, now)? {
                    Val::Bool(true) => self.expr(yes, now),
                    Val::Bool(false) => self.expr(no, now),
                    other => Err(format!("if() takes a condition, not {}", other.kind())),
                };
            }
            ("and" | "or", arguments) => {
                for argument in arguments {
                    match self.expr(argument, now)? {
                        Val::Bool(value) if value == (name == "or") => return Ok(Val::Bool(value)),
                        Val::Bool(_) => {}
                        other => return Err(format!("{name}() takes conditions, not {}", other.kind())),
                    }
                }
                return Ok(Val::Bool(name == "and"));
            }
            _ => {}
        }
        let values = arguments.iter().map(|argument| self.expr(argument, now)).collect::<Result<Vec<_>, _>>()?;
        if let Some(made) = self.own(name, &values, now) {
            return made;
        }
        let shared = SHARED.contains(&name);
        let made = shared.then(|| text::call(name, &values).or_else(|| lists::call(name, &values))).flatten();
        made.unwrap_or_else(|| {
            let kinds: Vec<&str> = values.iter().map(Val::kind).collect();
            Err(format!("the template language function '{name}' does not take ({})", kinds.join(", ")))
        })
    }

    fn own(&self, name: &str, values: &[Val], now: Timestamp) -> Option<Result<Val, String>> {
        let action = |name: &str| {
            let found = self.actions.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, action)| action).ok_or_else(|| format!("the action '{name}' has not run"))
        };
        let part = |value: &Val, key: &str| value.get(key).cloned().unwrap_or(Val::Null);
        let named = |map: &BTreeMap<String, Val>, what: &str, name: &str| {
            let found = map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone()).ok_or_else(|| format!("there is no {what} '{name}'"))
        };
        let own = |name: &str, value: &str| (name.to_owned(), Val::text(value));
        Some(match (name, values) {
            ("triggerbody", []) => Ok(part(&self.trigger, "body")),
            ("triggeroutputs", []) => Ok(self.trigger.clone()),
            ("outputs", [Val::Text(name)]) => action(name).map(|action| part(action, "outputs")),
            ("body", [Val::Text(name)]) => action(name).map(|action| part(&part(action, "outputs"), "body")),
            ("actions", [Val::Text(name)]) => action(name).cloned(),
            ("item", []) => match self.items.last() {
                Some((_, item)) => Ok(item.clone()),
                None => Err("item() stands in no loop".to_owned()),
            },
            ("items", [Val::Text(name)]) => {
                let found = self.items.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
                found
                    .map(|(_, item)| item.clone())
                    .ok_or_else(|| format!("items('{name}') stands in no loop of that name"))
            }
            ("parameters", [Val::Text(name)]) => named(&self.parameters, "parameter", name),
            ("variables", [Val::Text(name)]) => named(&self.variables, "variable", name),
            ("workflow", []) => Ok(Val::Object(vec![
                own("name", &self.workflow.0),
                ("run".to_owned(), Val::Object(vec![own("name", &self.workflow.1)])),
            ])),
            ("utcnow", []) => moment(now, None),
            ("utcnow", [Val::Text(pattern)]) => moment(now, Some(pattern)),
            ("formatdatetime", [Val::Text(at)]) => time::point(at).and_then(|at| moment(at, None)),
            ("formatdatetime", [Val::Text(at), Val::Text(pattern)]) => {
                time::point(at).and_then(|at| moment(at, Some(pattern)))
            }
            ("ticks", [Val::Text(at)]) => {
                // since the year 1, in 100 nanoseconds
                time::point(at).map(|at| Val::int((at.as_microsecond() + 62_135_596_800_000_000) * 10))
            }
            ("addseconds" | "addminutes" | "addhours" | "adddays", [Val::Text(at), Val::Number(count), rest @ ..]) => {
                let pattern = match rest {
                    [Val::Text(pattern)] => Some(pattern.as_str()),
                    [] => None,
                    _ => return None,
                };
                let unit = match name {
                    "addseconds" => 1,
                    "addminutes" => 60,
                    "addhours" => 3_600,
                    _ => 86_400,
                };
                later(at, count.as_i64().and_then(|count| count.checked_mul(unit))).and_then(|at| moment(at, pattern))
            }
            ("coalesce", values) => {
                Ok(values.iter().find(|value| !matches!(value, Val::Null)).cloned().unwrap_or(Val::Null))
            }
            ("encodeuricomponent" | "uricomponent", [Val::Text(_)]) => text::call("uricomponent", values)?,
            ("decodeuricomponent", [Val::Text(_)]) => text::call("uricomponenttostring", values)?,
            _ => return None,
        })
    }
}

fn later(at: &str, seconds: Option<i64>) -> Result<Timestamp, String> {
    let seconds = SignedDuration::from_secs(seconds.ok_or("a whole number is added to a time")?);
    time::point(at)?.checked_add(seconds).map_err(|error| error.to_string())
}

/// A point in time in a pattern of .NET; without one, as `2018-04-15T13:00:00.0000000Z`.
fn moment(at: Timestamp, pattern: Option<&str>) -> Result<Val, String> {
    match pattern.unwrap_or("o") {
        "r" | "R" => Ok(Val::text(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())),
        "o" | "O" => time::format(at, Some("yyyy-MM-ddTHH:mm:ss.fffffffZ")).map(Val::Text),
        pattern => time::format(at, Some(pattern)).map(Val::Text),
    }
}

fn accessed(base: &Val, by: &Val, safe: bool) -> Result<Val, String> {
    let found = match (base, by) {
        (Val::Object(_), Val::Text(name)) => base.get(name).cloned(),
        (Val::List(items), Val::Number(number)) => {
            number.as_u64().and_then(|at| items.get(usize::try_from(at).ok()?)).cloned()
        }
        (Val::Null, _) => None,
        _ => return Err(format!("{} has no {} in it", base.kind(), by.kind())),
    };
    match found {
        Some(value) => Ok(value),
        None if safe => Ok(Val::Null),
        None => Err(format!("property '{}' doesn't exist in {}", text::shown(by)?, base.kind())),
    }
}
