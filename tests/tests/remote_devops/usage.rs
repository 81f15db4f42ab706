//! Permissions are exactly what the rendered YAML names, read in a way of its own: line by line, templates followed.

use std::collections::{BTreeMap, BTreeSet};

use mlops_gen::remote::resource::Kind;
use mlops_gen::tree::RenderedTree;
use system_tests::{render_text, specs};

use crate::remote_devops::world::World;

/// Values of keys that name something which needs a permission, by what they name.
type Named = BTreeMap<&'static str, BTreeSet<String>>;

/// Everything that the lines of a pipeline name, and the templates that it is made of.
fn read(tree: &RenderedTree, path: &str, named: &mut Named) {
    let text = tree.get(path).and_then(|file| file.text()).unwrap_or_else(|| panic!("{path} is there"));
    let mut list = None;
    for line in text.lines() {
        let entry = line.trim_start().trim_start_matches("- ");
        let depth = line.len() - line.trim_start().len();
        let (key, value) = entry.split_once(':').map_or(("", entry), |(key, value)| (key, value));
        let value = value.trim().trim_matches(['"', '\'']);
        let plain = !value.is_empty() && !value.contains("${{") && !value.contains("$(");
        let known = match key {
            "serviceConnection" | "identityConnection" | "azureSubscription" | "azureSubscriptionConnection" => {
                Some("service-connection")
            }
            "group" => Some("variable-group"),
            "environment" => Some("environment"),
            _ => None,
        };
        // The `variableGroups` of a stage are a list of names.
        match (list, line.trim_start().strip_prefix("- ")) {
            (Some(above), Some(item)) if depth > above && !item.contains(':') => {
                named.entry("variable-group").or_default().insert(item.to_owned());
            }
            _ => list = (key == "variableGroups" && value.is_empty()).then_some(depth),
        }
        if key == "template" && plain {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            read(tree, &normal(&format!("{folder}/{value}")), named);
        } else if let (Some(kind), true) = (known, plain) {
            named.entry(kind).or_default().insert(value.to_owned());
        }
    }
}

/// A path without `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[tokio::test]
async fn pipelines_may_use_exactly_what_their_yaml_names() {
    let mut permissions = 0;
    for (name, path) in specs() {
        let spec = std::fs::read_to_string(path).unwrap();
        let tree = render_text(&name, &spec);
        let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (file, _) in tree.iter() {
            let Some(pipeline) = file.as_str().strip_prefix("pipelines/").and_then(|file| file.strip_suffix(".yml"))
            else {
                continue;
            };
            if pipeline.contains('/') {
                continue;
            }
            let mut named = Named::new();
            read(&tree, file.as_str(), &mut named);
            for (kind, names) in named {
                for thing in names {
                    users.entry(format!("{kind}/{thing}")).or_default().insert(pipeline.to_owned());
                }
            }
        }
        let world = World::of(&spec).await;
        let wanted = world.wanted().into_iter().filter(|thing| thing.key.kind == Kind::Permission);
        // Of agents' queues, and of what may start a pipeline, no YAML says anything.
        let of_yaml = |name: &str| !["queue/", "pipeline/"].iter().any(|other| name.starts_with(other));
        for thing in wanted.filter(|thing| of_yaml(&thing.key.name)) {
            let named: Vec<String> = users.remove(&thing.key.name).unwrap_or_default().into_iter().collect();
            assert_eq!(thing.fields["pipelines"], serde_json::json!(named), "{name}: {}", thing.key);
            assert_eq!(thing.fields["allPipelines"], false);
            permissions += 1;
        }
        assert!(users.is_empty(), "{name}: the YAML names what has no permission: {users:?}");
    }
    println!("permissions compared with the YAML of {} specs: {permissions}", specs().len());
    assert!(permissions > 100);
}
