//! `mlops-gen explain --resources [ENVIRONMENT]`: what is made where, before anything is.

use mlops_gen::bicep::made::{Stack, stacks};
use serde_json::{Value, json};

use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;

/// Of every environment and the platform, or of the one called `only`.
pub(super) fn run(loaded: &Loaded, only: Option<&str>, output: Output) -> Result<Outcome, Failure> {
    let lookup = |name: &str| std::env::var(name).ok();
    let stacks = stacks(&loaded.tree, &loaded.project, only, &lookup).map_err(Failure::Usage)?;
    if output.is_json() {
        output.data(&json!({ "deployments": stacks.iter().map(value).collect::<Vec<_>>() }));
    } else {
        let texts: Vec<String> = stacks.iter().map(text).collect();
        output.text(&texts.join("\n"));
    }
    Ok(Outcome::Clean)
}

fn value(stack: &Stack) -> Value {
    json!({
        "name": stack.name,
        "template": format!("{}/main.bicep", stack.folder),
        "subscription": stack.setting.subscription,
        "resourceGroup": stack.setting.resource_group,
        "location": stack.setting.location,
        "resources": stack.made.resources,
        "outputs": stack.made.outputs,
    })
}

/// A heading, and a line for each resource: type, name, and where it is not in the group or not sure to be made.
fn text(stack: &Stack) -> String {
    let group = stack.setting.resource_group.as_deref().unwrap_or_default();
    let place = stack.setting.location.as_deref().unwrap_or_default();
    let mut out = format!("{}: {}/main.bicep into {group} ({place})\n", stack.name, stack.folder);
    let own = format!("/subscriptions/{}/resourceGroups/{group}/", stack.setting.subscription);
    let word = |resource: &Value, key: &str| resource[key].as_str().unwrap_or_default().to_owned();
    let width = stack.made.resources.iter().map(|resource| word(resource, "type").len()).max().unwrap_or(0);
    for resource in &stack.made.resources {
        let id = word(resource, "id");
        let elsewhere = if id.starts_with(&own) || id.starts_with('[') { String::new() } else { format!("  in {id}") };
        let condition = resource.get("condition").map_or_else(String::new, |_| "  if Azure says so".to_owned());
        let line = format!("  {:width$}  {}{elsewhere}{condition}", word(resource, "type"), word(resource, "name"));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
