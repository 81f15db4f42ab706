//! Functions that take lambdas.

use super::evaluate::{Frame, Locals};
use super::expression::Arm;
use super::value::{Val, order, set};

impl Frame<'_> {
    /// The value of `lambda('a', 'b', body)` for `values`.
    fn apply(&self, lambda: &Arm, values: &[Val], locals: &Locals) -> Result<Val, String> {
        let Arm::Call { name, arguments, .. } = lambda else {
            return Err("expected a lambda".to_owned());
        };
        let Some((body, names)) = arguments.split_last().filter(|_| name == "lambda") else {
            return Err("expected a lambda".to_owned());
        };
        let mut inner = locals.clone();
        for (name, value) in names.iter().zip(values) {
            if let Arm::Str(name) = name {
                inner.lambda.insert(name.clone(), value.clone());
            }
        }
        self.arm(body, &inner)
    }

    pub(super) fn higher(&self, name: &str, list: Val, rest: &[Arm], locals: &Locals) -> Result<Val, String> {
        let whole = match name {
            "toobject" => "toObject",
            "groupby" => "groupBy",
            "mapvalues" => "mapValues",
            other => other,
        };
        let open = |list: Val| {
            let left = std::iter::once(list.into_arm()).chain(rest.iter().cloned());
            Ok(Val::Open(Arm::call(whole, left.collect())))
        };
        if let (Val::Object(entries), "mapvalues", [lambda]) = (&list, name, rest) {
            let entries = entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.apply(lambda, std::slice::from_ref(value), locals)?)));
            return entries.collect::<Result<Vec<_>, String>>().map(Val::Object);
        }
        let items = match list {
            Val::List(items) => items,
            Val::Open(_) => return open(list),
            other => return Err(format!("{whole}() takes an array, not {}", other.kind())),
        };
        let with_index = |lambda: &Arm, index: usize, item: &Val| {
            self.apply(lambda, &[item.clone(), Val::int(index as i64)], locals)
        };
        match (name, rest) {
            ("map", [lambda]) => {
                let made = items.iter().enumerate().map(|(index, item)| with_index(lambda, index, item));
                made.collect::<Result<Vec<_>, _>>().map(Val::List)
            }
            ("filter", [lambda]) => {
                let mut out = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    match with_index(lambda, index, item)? {
                        Val::Bool(true) => out.push(item.clone()),
                        Val::Bool(false) => {}
                        Val::Open(_) => return open(Val::List(items)),
                        other => return Err(format!("filter() asks for a bool, not {}", other.kind())),
                    }
                }
                Ok(Val::List(out))
            }
            ("sort", [lambda]) => self.sorted(items, lambda, locals),
            ("reduce", [first, lambda]) => {
                let mut all = self.arm(first, locals)?;
                for (index, item) in items.iter().enumerate() {
                    all = self.apply(lambda, &[all, item.clone(), Val::int(index as i64)], locals)?;
                }
                Ok(all)
            }
            ("toobject", [key, value @ ..]) => {
                let mut entries = Vec::new();
                for item in &items {
                    let Val::Text(key) = self.apply(key, std::slice::from_ref(item), locals)? else {
                        return open(Val::List(items));
                    };
                    let value = match value {
                        [value] => self.apply(value, std::slice::from_ref(item), locals)?,
                        _ => item.clone(),
                    };
                    set(&mut entries, key, value);
                }
                Ok(Val::Object(entries))
            }
            ("groupby", [key]) => {
                let mut groups: Vec<(String, Vec<Val>)> = Vec::new();
                for item in &items {
                    let Val::Text(key) = self.apply(key, std::slice::from_ref(item), locals)? else {
                        return open(Val::List(items));
                    };
                    match groups.iter_mut().find(|(known, _)| order(known, &key).is_eq()) {
                        Some((_, members)) => members.push(item.clone()),
                        None => groups.push((key, vec![item.clone()])),
                    }
                }
                Ok(Val::Object(groups.into_iter().map(|(key, members)| (key, Val::List(members))).collect()))
            }
            _ => Err(format!("{whole}() does not take that")),
        }
    }

    /// A stable sort by insertion: the lambda says whether one item comes before another.
    fn sorted(&self, items: Vec<Val>, lambda: &Arm, locals: &Locals) -> Result<Val, String> {
        let mut out: Vec<Val> = Vec::new();
        for item in &items {
            let mut at = out.len();
            while at > 0 {
                match self.apply(lambda, &[item.clone(), out[at - 1].clone()], locals)? {
                    Val::Bool(true) => at -= 1,
                    Val::Bool(false) => break,
                    _ => return Ok(Val::Open(Arm::call("sort", vec![Val::List(items).into_arm(), lambda.clone()]))),
                }
            }
            out.insert(at, item.clone());
        }
        Ok(Val::List(out))
    }
}
