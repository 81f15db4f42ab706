//! `${{…}}` in Azure ML files: what it names is declared.

use super::super::Finding;
use super::super::document::{Document, at, entries, entries_at, text};

/// What stands between `${{` and `}}`, without spaces around it.
pub(super) fn bindings(text: &str) -> Vec<&str> {
    text.split("${{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(inside, _)| inside.trim())).collect()
}

/// The command of a component or job reads inputs and outputs that the component declares, and every output is written.
pub(super) fn component(document: &Document<'_>, findings: &mut Vec<Finding>) {
    let root = &document.root;
    let (Some(node), Some(command)) = (at(root, &["command"]), text(root, &["command"])) else {
        findings.push(document.finding(root, "a command component has a command"));
        return;
    };
    let used = bindings(command);
    for binding in &used {
        let declared = binding.split_once('.').is_some_and(|(ports, name)| {
            ["inputs", "outputs"].contains(&ports) && entries_at(root, &[ports]).iter().any(|port| port.key == name)
        });
        if !declared {
            findings.push(document.finding(node, format!("the command reads `{binding}`, which is not declared")));
        }
    }
    for output in entries_at(root, &["outputs"]) {
        if !used.contains(&format!("outputs.{}", output.key).as_str()) {
            let message = format!("the command never writes the output `{}`", output.key);
            findings.push(document.finding(&output.node, message));
        }
    }
    for ports in ["inputs", "outputs"] {
        for port in entries_at(root, &[ports]) {
            // A job's input may be a plain value.
            let plain = text(root, &["name"]).is_none() && entries(&port.node).is_empty();
            if !plain && text(&port.node, &["type"]).is_none() {
                findings.push(document.finding(&port.node, format!("`{}` has no type", port.key)));
            }
        }
    }
}
