//! `--query` and `--output`.

use serde_json::Value;

use super::failure::Failure;

/// An answer as it is printed.
pub(super) fn shown(answer: &Value, query: Option<&str>, output: &str) -> Result<String, Failure> {
    let found = match query {
        None => answer.clone(),
        Some(query) => search(answer, query)?,
    };
    Ok(match output {
        "none" => String::new(),
        // the real one prints nothing at all for nothing
        "json" | "jsonc" if found.is_null() && query.is_none() => String::new(),
        "json" | "jsonc" => format!("{found:#}\n"),
        "tsv" => tsv(&found),
        "table" => table(&found),
        other => return Err(Failure::usage(format!("argument --output: invalid choice: '{other}'"))),
    })
}

fn search(answer: &Value, query: &str) -> Result<Value, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("argument --query: invalid jmespath_type value: '{query}': {error}"))
    };
    let compiled = jmespath::compile(query).map_err(|error| wrong(&error))?;
    let data = jmespath::Variable::from_json(&answer.to_string()).map_err(|error| wrong(&error))?;
    let found = compiled.search(data).map_err(|error| wrong(&error))?;
    serde_json::from_str(&found.to_string()).map_err(|error| wrong(&error))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Rows and columns as the real one prints them: a list is rows, a list or mapping in it is columns.
fn tsv(value: &Value) -> String {
    let row = |value: &Value| match value {
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\t"),
        Value::Object(map) => map.values().map(text).collect::<Vec<_>>().join("\t"),
        other => text(other),
    };
    match value {
        // a plain null prints as nothing
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(|item| row(item) + "\n").collect(),
        other => row(other) + "\n",
    }
}

fn table(value: &Value) -> String {
    let rows: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let line = |map: &serde_json::Map<String, Value>| {
        map.iter().map(|(key, value)| format!("{key}: {}", text(value))).collect::<Vec<_>>().join("  ")
    };
    rows.iter().filter_map(|row| row.as_object()).map(|map| line(map) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shown;

    #[test]
    fn queries_of_rendered_scripts_print_what_the_real_one_prints() {
        let container = json!({ "ipAddress": { "fqdn": null, "ip": "10.0.0.1", "ports": [{ "port": 8080 }] } });
        let group = json!({ "tags": { "managed-by": "mlops-gen", "project": "p" } });
        let list = json!([{ "name": "ml", "version": "2.1" }, { "name": "x", "version": null }]);
        for (answer, query, expected) in [
            (
                &container,
                "join(':', [ipAddress.fqdn || ipAddress.ip, to_string(ipAddress.ports[0].port)])",
                "10.0.0.1:8080\n",
            ),
            (&group, "join('/', [tags.\"managed-by\" || '', tags.project || ''])", "mlops-gen/p\n"),
            (&list, "[?name=='ml'].version | [0]", "2.1\n"),
            (&list, "[?name=='none'].version | [0]", ""),
            (&list, "[].name", "ml\nx\n"),
            (&list, "[].[name, version]", "ml\t2.1\nx\tNone\n"),
        ] {
            assert_eq!(shown(answer, Some(query), "tsv").as_deref(), Ok(expected), "{query}");
        }
        assert_eq!(shown(&json!(true), None, "tsv").as_deref(), Ok("True\n"));
        assert_eq!(shown(&json!({}), Some("a["), "json").unwrap_err().code, 2);
        assert_eq!(shown(&json!(true), None, "json").as_deref(), Ok("true\n"));
        assert_eq!(shown(&list, None, "xml").unwrap_err().code, 2);
    }
}
