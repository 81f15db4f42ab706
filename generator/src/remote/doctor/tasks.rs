//! Tasks that the pipelines use, and whether the organization has them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Finding;
use crate::tree::RenderedTree;

const CHECK: &str = "tasks";

/// The tasks of the rendered pipelines: `AzureCLI@2`.
pub fn used(tree: &RenderedTree) -> BTreeSet<String> {
    let task = |line: &str| {
        let text = line.trim().trim_start_matches("- ").strip_prefix("task:")?;
        let name = text.split('#').next()?.trim().trim_matches(['\'', '"']);
        (name.contains('@') && !name.contains('$')).then(|| name.to_owned())
    };
    let pipelines =
        tree.iter().filter(|(path, _)| path.as_str().starts_with("pipelines/") && path.as_str().ends_with(".yml"));
    pipelines.filter_map(|(_, file)| file.text()).flat_map(|text| text.lines().filter_map(task)).collect()
}

/// The tasks that the schema of an organization names, in lower case: it has them as values or as patterns.
pub fn installed(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let bare = text.trim_start_matches('^').trim_end_matches('$');
            if let Some((name, version)) = bare.split_once('@')
                && !name.is_empty()
                && version.chars().all(|c| c.is_ascii_digit())
                && !version.is_empty()
            {
                found.insert(format!("{}@{version}", plain(name)).to_lowercase());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => map.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A name out of a pattern: the schema writes each letter in both cases (`[aA]`), or escapes full stops.
fn plain(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '[' => {
                out.extend(chars.next());
                chars.by_ref().find(|c| *c == ']');
            }
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// Each task that the organization does not have.
pub fn check(organization: &str, used: &BTreeSet<String>, installed: &BTreeSet<String>) -> Vec<Finding> {
    if installed.is_empty() {
        let says = format!("{organization} does not tell which tasks it has");
        return vec![Finding::note(CHECK, says, "see what the preview of the pipelines says during `apply`")];
    }
    let missing = used.iter().filter(|task| !installed.contains(&task.to_lowercase()));
    let missing: Vec<Finding> = missing
        .map(|task| {
            let name = task.split('@').next().unwrap_or(task);
            let remedy = format!("install the extension that has it: https://marketplace.visualstudio.com/search?term={name}&target=AzureDevOps");
            Finding::blocks(CHECK, format!("the pipelines use the task {task}, which {organization} does not have"), remedy)
        })
        .collect();
    if missing.is_empty() {
        return vec![Finding::good(
            CHECK,
            format!("{organization} has all {} tasks that the pipelines use", used.len()),
        )];
    }
    missing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::remote::doctor::is_blocked;

    #[test]
    fn tasks_are_found_in_both_forms_of_the_schema() {
        let schema = json!({ "task": { "anyOf": [{ "pattern": "^AzureCLI@2$" }, { "enum": ["Cache@2"] }, { "pattern": "^[bB][aA][sS][hH]@3$" }] }, "other": "a@b" });
        assert_eq!(installed(&schema), ["azurecli@2", "bash@3", "cache@2"].map(str::to_owned).into());
    }

    #[test]
    fn a_task_that_is_not_installed_blocks() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert!(!is_blocked(&check("o", &set(&["AzureCLI@2"]), &set(&["azurecli@2", "x@1"]))));
        let found = check("o", &set(&["AzureCLI@3"]), &set(&["azurecli@2"]));
        assert!(found[0].says.contains("AzureCLI@3") && is_blocked(&found), "{found:?}");
        assert!(!is_blocked(&check("o", &set(&["AzureCLI@3"]), &set(&[]))));
    }
}
