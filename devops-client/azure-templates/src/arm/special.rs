//! Functions that do not need all of their arguments: what is not known decides nothing.

use super::evaluate::{Frame, Locals, accessed};
use super::expression::Arm;
use super::time;
use super::value::Val;

impl Frame<'_> {
    /// What is known of a call and what is asked of its value; nothing if it is for the evaluation to work out.
    pub(super) fn asked(
        &self,
        name: &str,
        arguments: &[Arm],
        properties: &[Arm],
        locals: &Locals,
    ) -> Result<Option<Val>, String> {
        let lower = name.to_lowercase();
        if !matches!(lower.as_str(), "reference" | "environment" | "deployer") && !lower.starts_with("list") {
            return Ok(None);
        }
        let values = arguments.iter().map(|argument| self.arm(argument, locals)).collect::<Result<Vec<_>, _>>()?;
        let full = matches!(values.get(2), Some(Val::Text(text)) if text.eq_ignore_ascii_case("full"));
        let found = match (lower.as_str(), values.first()) {
            ("environment", None) => self.known.environment(),
            ("deployer", None) => self.known.deployer(),
            ("reference", Some(Val::Text(id))) => self.known.reference(id, full),
            (_, Some(Val::Text(id))) => self.known.list(name, id),
            _ => None,
        };
        let mut value = found.map(Val::from_json);
        for property in properties {
            let by = self.arm(property, locals)?;
            value = value.and_then(|value| match &by {
                Val::Text(name) => value.get(name).cloned(),
                _ => None,
            });
        }
        Ok(value)
    }

    /// What time it is, if somebody knows it.
    pub(super) fn now(&self, arguments: &[Arm], locals: &Locals) -> Result<Val, String> {
        let values = arguments.iter().map(|argument| self.arm(argument, locals)).collect::<Result<Vec<_>, _>>()?;
        match (self.known.now(), &values[..]) {
            (Some(now), []) => Ok(Val::Text(now)),
            (Some(now), [Val::Text(pattern)]) => time::format(time::point(&now)?, Some(pattern)).map(Val::Text),
            _ => Ok(Val::Open(Arm::call("utcNow", values.into_iter().map(Val::into_arm).collect()))),
        }
    }

    pub(super) fn copy_index(&self, arguments: &[Arm], locals: &Locals) -> Result<Val, String> {
        let (mut name, mut offset) = (String::new(), 0);
        for argument in arguments {
            match self.arm(argument, locals)? {
                Val::Text(text) => name = text.to_lowercase(),
                Val::Number(number) => offset = number.as_i64().unwrap_or(0),
                other => return Err(format!("copyIndex() does not take {}", other.kind())),
            }
        }
        match locals.copies.get(&name) {
            Some(position) => Ok(Val::int(position.saturating_add(offset))),
            None => Err(format!("copyIndex({name}) is in no such loop")),
        }
    }

    pub(super) fn logic(&self, name: &str, arguments: &[Arm], locals: &Locals) -> Result<Val, String> {
        let decides = name == "or";
        let mut left = Vec::new();
        for argument in arguments {
            match self.arm(argument, locals)? {
                Val::Bool(value) if value == decides => return Ok(Val::Bool(decides)),
                Val::Bool(_) => {}
                Val::Open(arm) => left.push(arm),
                other => return Err(format!("{name}() takes bools, not {}", other.kind())),
            }
        }
        Ok(match left.len() {
            0 => Val::Bool(!decides),
            1 => Val::Open(left.remove(0)),
            _ => Val::Open(Arm::call(name, left)),
        })
    }

    pub(super) fn coalesce(&self, arguments: &[Arm], locals: &Locals) -> Result<Val, String> {
        let mut left = Vec::new();
        for argument in arguments {
            match self.arm(argument, locals)? {
                Val::Null => {}
                Val::Open(arm) => left.push(arm),
                known if left.is_empty() => return Ok(known),
                known => {
                    left.push(known.into_arm());
                    break;
                }
            }
        }
        Ok(match left.len() {
            0 => Val::Null,
            _ => Val::Open(Arm::call("coalesce", left)),
        })
    }

    pub(super) fn try_get(&self, base: Val, path: &[Arm], locals: &Locals) -> Result<Val, String> {
        let mut value = base;
        for (done, step) in path.iter().enumerate() {
            let by = self.arm(step, locals)?;
            value = match (value, by) {
                (Val::Open(arm), by) => {
                    let mut left = vec![arm, by.into_arm()];
                    for step in &path[done + 1..] {
                        left.push(self.arm(step, locals)?.into_arm());
                    }
                    return Ok(Val::Open(Arm::call("tryGet", left)));
                }
                (value, by) => accessed(value, by).unwrap_or(Val::Null),
            };
        }
        Ok(value)
    }

    pub(super) fn item_from_end(&self, name: &str, base: &Arm, index: &Arm, locals: &Locals) -> Result<Val, String> {
        match (self.arm(base, locals)?, self.arm(index, locals)?) {
            (Val::List(items), Val::Number(number)) => {
                let at =
                    number.as_i64().and_then(|number| usize::try_from((items.len() as i64).checked_sub(number)?).ok());
                match at.and_then(|at| items.get(at)) {
                    Some(item) => Ok(item.clone()),
                    None if name == "tryindexfromend" => Ok(Val::Null),
                    None => Err(format!("there is no item {number} from the end of {}", items.len())),
                }
            }
            (Val::Null, _) if name == "tryindexfromend" => Ok(Val::Null),
            (base, index) => {
                let name = if name == "indexfromend" { "indexFromEnd" } else { "tryIndexFromEnd" };
                Ok(Val::Open(Arm::call(name, vec![base.into_arm(), index.into_arm()])))
            }
        }
    }
}
