//! What two versions of a spec differ in: keys, with their values.

use serde_json::{Map, Value};

/// Longest value that is shown, in characters.
const LONGEST: usize = 50;

/// A spec as plain values; none if it is not YAML.
pub fn read(bytes: &[u8]) -> Option<Value> {
    serde_saphyr::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// The keys that differ, each with the value before and after: `scoring.replicas.max: 3 -> 5`. Items of lists go by their
/// names.
pub fn between(old: &Value, new: &Value) -> Vec<String> {
    let mut told = Vec::new();
    compare("", old, new, &mut told);
    told
}

fn compare(at: &str, old: &Value, new: &Value, told: &mut Vec<String>) {
    match (members(old), members(new)) {
        _ if old == new => {}
        (Some(old), Some(new)) => {
            for (key, before) in &old {
                match new.get(key) {
                    Some(after) => compare(&below(at, key), before, after, told),
                    None => told.push(format!("{}: {} -> (gone)", below(at, key), short(before))),
                }
            }
            for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                told.push(format!("{}: new, {}", below(at, key), short(after)));
            }
        }
        _ => told.push(format!("{at}: {} -> {}", short(old), short(new))),
    }
}

/// The members of a mapping, or of a list whose items have names.
fn members(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::Array(items) if !items.is_empty() => {
            let named = |item: &Value| Some((format!("[{}]", item.get("name")?.as_str()?), item.clone()));
            items.iter().map(named).collect()
        }
        _ => None,
    }
}

fn below(at: &str, key: &str) -> String {
    if at.is_empty() || key.starts_with('[') { format!("{at}{key}") } else { format!("{at}.{key}") }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::{between, read};

    #[test]
    fn keys_are_told_with_both_values_and_items_by_name() {
        let old = read(b"a: {b: 1, c: x}\nlist:\n- {name: qa, n: 1}\nplain: [1, 2]\n").unwrap();
        let new = read(b"a: {b: 2}\nlist:\n- {name: qa, n: 1}\n- {name: live, n: 2}\nplain: [1, 3]\n").unwrap();
        let expected = [
            "a.b: 1 -> 2",
            "a.c: \"x\" -> (gone)",
            "list[live]: new, {\"name\":\"live\",\"n\":2}",
            "plain: [1,2] -> [1,3]",
        ];
        let mut found = between(&old, &new);
        found.sort();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.split(", {").next(), expected.split(", {").next());
        }
        assert!(between(&old, &old).is_empty());
    }
}
