//! `{.a.b[0].c}`: the part of JSONPath that scripts use.

use serde_json::Value;

/// What a template like `{.spec.replicas}` finds; nothing where nothing is.
///
/// # Errors
/// If the path is beyond full stops and indexes.
pub(super) fn find(object: &Value, template: &str) -> Result<String, String> {
    let wrong = || format!("the sandbox's kubectl does not know the JSONPath {template}");
    let body = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(template);
    let mut value = object;
    let mut rest = body;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 || after[..end].contains(['*', '?', '(', '\'']) {
                return Err(wrong());
            }
            value = &value[&after[..end]];
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']').ok_or_else(wrong)?;
            value = &value[index.parse::<usize>().map_err(|_| wrong())?];
            rest = after;
        } else {
            return Err(wrong());
        }
    }
    Ok(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find;

    #[test]
    fn paths_lead_to_values() {
        let object = json!({ "a": { "b-c": [{ "d": "x" }], "n": 3 } });
        for (path, expected) in [("{.a.b-c[0].d}", "x"), ("{.a.n}", "3"), ("{.a.gone.more}", ""), ("{.a.b-c[7].d}", "")]
        {
            assert_eq!(find(&object, path).as_deref(), Ok(expected), "{path}");
        }
        for wrong in ["{.a[*]}", "{range .items[*]}", "{.a['b']}"] {
            assert!(find(&object, wrong).is_err(), "{wrong}");
        }
    }
}
