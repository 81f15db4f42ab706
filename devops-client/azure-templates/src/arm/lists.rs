//! Functions of arrays and objects, and of numbers and bools.

use super::value::{Val, order, set};

type Made = Result<Val, String>;

/// Calls the function called `name` (in small letters) if it is one of these. Items may be open where they only move.
pub(crate) fn call(name: &str, arguments: &[Val]) -> Option<Made> {
    Some(match (name, arguments) {
        ("array", [list @ Val::List(_)]) => Ok(list.clone()),
        ("array", [value]) => Ok(Val::List(vec![value.clone()])),
        ("createarray", items) => Ok(Val::List(items.to_vec())),
        ("createobject", pairs) => object(pairs),
        ("concat", [Val::List(_), ..]) => lists(arguments).map(|lists| Val::List(lists.concat())),
        ("contains", [Val::List(items), item]) => Ok(Val::Bool(items.iter().any(|known| known.same(item)))),
        ("contains", [object @ Val::Object(_), Val::Text(key)]) => Ok(Val::Bool(object.get(key).is_some())),
        ("empty", [value]) => Ok(Val::Bool(match value {
            Val::Null => true,
            Val::Text(text) => text.is_empty(),
            Val::List(items) => items.is_empty(),
            Val::Object(entries) => entries.is_empty(),
            _ => return Some(Err(format!("empty() does not take {}", value.kind()))),
        })),
        ("first", [Val::List(items)]) => Ok(items.first().cloned().unwrap_or(Val::Null)),
        ("last", [Val::List(items)]) => Ok(items.last().cloned().unwrap_or(Val::Null)),
        ("flatten", [Val::List(items)]) => lists(items).map(|lists| Val::List(lists.concat())),
        ("indexof", [Val::List(items), item]) => Ok(index(items.iter().position(|known| known.same(item)))),
        ("lastindexof", [Val::List(items), item]) => Ok(index(items.iter().rposition(|known| known.same(item)))),
        ("intersection", [Val::List(_), ..]) => lists(arguments).map(|lists| common(&lists)),
        ("intersection", [Val::Object(first), rest @ ..]) => Ok(Val::Object(
            first
                .iter()
                .filter(|(key, value)| rest.iter().all(|other| other.get(key).is_some_and(|found| found.same(value))))
                .cloned()
                .collect(),
        )),
        ("union", [Val::List(_), ..]) => lists(arguments).map(|lists| {
            let mut out: Vec<Val> = Vec::new();
            for item in lists.concat() {
                if !out.iter().any(|known| known.same(&item)) {
                    out.push(item);
                }
            }
            Val::List(out)
        }),
        ("union", [Val::Object(_), ..]) => arguments.iter().try_fold(Val::Object(Vec::new()), merged),
        ("shallowmerge", [Val::List(items)]) => {
            items.iter().try_fold(Val::Object(Vec::new()), |all, item| match (all, item) {
                (Val::Object(mut all), Val::Object(more)) => {
                    more.iter().for_each(|(key, value)| set(&mut all, key.clone(), value.clone()));
                    Ok(Val::Object(all))
                }
                (_, other) => Err(format!("shallowMerge() takes objects, not {}", other.kind())),
            })
        }
        ("items", [Val::Object(entries)]) => {
            let pair = |(key, value): (String, Val)| {
                Val::Object(vec![("key".to_owned(), Val::Text(key)), ("value".to_owned(), value)])
            };
            Ok(Val::List(sorted(entries).into_iter().map(pair).collect()))
        }
        ("objectkeys", [Val::Object(entries)]) => {
            Ok(Val::List(sorted(entries).into_iter().map(|(key, _)| Val::Text(key)).collect()))
        }
        ("length", [Val::List(items)]) => Ok(Val::int(items.len() as i64)),
        ("length", [Val::Object(entries)]) => Ok(Val::int(entries.len() as i64)),
        ("skip", [Val::List(items), Val::Number(count)]) => {
            Ok(Val::List(items.iter().skip(bounded(count.as_i64())).cloned().collect()))
        }
        ("take", [Val::List(items), Val::Number(count)]) => {
            Ok(Val::List(items.iter().take(bounded(count.as_i64())).cloned().collect()))
        }
        ("range", [Val::Number(start), Val::Number(count)]) => match (start.as_i64(), count.as_i64()) {
            (Some(start), Some(count @ 0..=10_000)) if start.checked_add(count).is_some() => {
                Ok(Val::List((start..start + count).map(Val::int).collect()))
            }
            _ => Err(format!("range() takes a start and a count of at most 10,000, not {start} and {count}")),
        },
        _ => return number(name, arguments),
    })
}

fn number(name: &str, arguments: &[Val]) -> Option<Made> {
    Some(match (name, arguments) {
        ("add" | "sub" | "mul" | "div" | "mod", [Val::Number(a), Val::Number(b)]) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => arithmetic(name, a, b),
            _ => Err(format!("{name}() takes whole numbers")),
        },
        ("min" | "max", [Val::List(items)]) => extreme(name, items),
        ("min" | "max", items) => extreme(name, items),
        ("int", [Val::Number(number)]) => match number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)) {
            Some(number) => Ok(Val::int(number)),
            None => Err(format!("int() does not take {number}")),
        },
        ("int", [Val::Text(text)]) => match text.trim().parse::<i64>() {
            Ok(number) => Ok(Val::int(number)),
            Err(_) => Err(format!("int('{text}') is no number")),
        },
        ("bool", [Val::Bool(value)]) => Ok(Val::Bool(*value)),
        ("bool", [Val::Number(number)]) => Ok(Val::Bool(number.as_f64() != Some(0.0))),
        ("bool", [Val::Text(text)]) => match text.to_lowercase().as_str() {
            "true" | "1" => Ok(Val::Bool(true)),
            "false" | "0" => Ok(Val::Bool(false)),
            _ => Err(format!("bool('{text}') is neither true nor false")),
        },
        ("not", [Val::Bool(value)]) => Ok(Val::Bool(!value)),
        ("true", []) => Ok(Val::Bool(true)),
        ("false", []) => Ok(Val::Bool(false)),
        ("null", []) => Ok(Val::Null),
        ("equals", [a, b]) => Ok(Val::Bool(a.same(b))),
        ("less" | "lessorequals" | "greater" | "greaterorequals", [a, b]) => {
            let found = match (a, b) {
                (Val::Number(a), Val::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
                (Val::Text(a), Val::Text(b)) => Some(order(a, b)),
                _ => None,
            };
            let Some(found) = found else {
                return Some(Err(format!("{name}() compares numbers or texts, not {} and {}", a.kind(), b.kind())));
            };
            Ok(Val::Bool(match name {
                "less" => found.is_lt(),
                "lessorequals" => found.is_le(),
                "greater" => found.is_gt(),
                _ => found.is_ge(),
            }))
        }
        _ => return None,
    })
}

fn arithmetic(name: &str, a: i64, b: i64) -> Made {
    let made = match name {
        "add" => a.checked_add(b),
        "sub" => a.checked_sub(b),
        "mul" => a.checked_mul(b),
        "div" => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    made.map(Val::int).ok_or_else(|| format!("{name}({a}, {b}) has no value in 64 bits"))
}

fn extreme(name: &str, items: &[Val]) -> Made {
    let numbers: Option<Vec<i64>> = items
        .iter()
        .map(|item| match item {
            Val::Number(number) => number.as_i64(),
            _ => None,
        })
        .collect();
    let found = numbers.and_then(|all| if name == "min" { all.into_iter().min() } else { all.into_iter().max() });
    found.map(Val::int).ok_or_else(|| format!("{name}() takes whole numbers, at least one"))
}

fn bounded(number: Option<i64>) -> usize {
    usize::try_from(number.unwrap_or(0).max(0)).unwrap_or(usize::MAX)
}

fn index(found: Option<usize>) -> Val {
    Val::int(found.map_or(-1, |at| at as i64))
}

fn object(pairs: &[Val]) -> Made {
    let mut entries = Vec::new();
    for pair in pairs.chunks(2) {
        match pair {
            [Val::Text(key), value] => set(&mut entries, key.clone(), value.clone()),
            _ => return Err("createObject() takes names and values in turns".to_owned()),
        }
    }
    Ok(Val::Object(entries))
}

fn lists(values: &[Val]) -> Result<Vec<Vec<Val>>, String> {
    values
        .iter()
        .map(|value| match value {
            Val::List(items) => Ok(items.clone()),
            other => Err(format!("expected an array, found {}", other.kind())),
        })
        .collect()
}

fn common(lists: &[Vec<Val>]) -> Val {
    let Some((first, rest)) = lists.split_first() else {
        return Val::List(Vec::new());
    };
    let everywhere = |item: &&Val| rest.iter().all(|list| list.iter().any(|known| known.same(item)));
    Val::List(first.iter().filter(everywhere).cloned().collect())
}

/// Objects within objects are merged too; other values are replaced.
fn merged(all: Val, more: &Val) -> Made {
    let (Val::Object(mut all), Val::Object(more)) = (all, more) else {
        return Err("union() takes objects, or arrays".to_owned());
    };
    for (key, value) in more {
        let known = all.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone());
        let value = match (known, value) {
            (Some(known @ Val::Object(_)), Val::Object(_)) => merged(known, value)?,
            _ => value.clone(),
        };
        set(&mut all, key.clone(), value);
    }
    Ok(Val::Object(all))
}

fn sorted(entries: &[(String, Val)]) -> Vec<(String, Val)> {
    let mut entries = entries.to_vec();
    entries.sort_by(|(a, _), (b, _)| order(a, b));
    entries
}
