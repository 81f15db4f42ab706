//! Templates with parameters: the values of outputs and the resources that a deployment makes.

use std::path::Path;

use azure_templates::arm::{Setting, evaluate};
use serde_json::{Map, Value};

use crate::Subject;
use crate::files::{below, compile, text};

pub(crate) fn subject(folder: &Path) -> Result<Subject, String> {
    let folder = folder.join("evaluated");
    let mut subject = Subject { name: "evaluated", right: 0, total: 0, open: Vec::new(), wrong: Vec::new() };
    for json in below(&folder)?.iter().filter(|path| path.ends_with(".json")) {
        subject.total += 1;
        let name = json.trim_end_matches(".json");
        let theirs: Value =
            serde_json::from_str(&text(&folder.join(json))?).map_err(|error| format!("{json}: {error}"))?;
        let setting = Setting {
            subscription: "00000000-0000-0000-0000-000000000001".to_owned(),
            tenant: "00000000-0000-0000-0000-000000000002".to_owned(),
            resource_group: (name != "of-subscription").then(|| "rg1".to_owned()),
            location: Some("westeurope".to_owned()),
            deployment: "main".to_owned(),
        };
        match evaluated(&folder, name, &setting).map(|ours| different(&theirs, &ours, "")) {
            Ok(None) => subject.right += 1,
            Ok(Some(difference)) => subject.open.push(format!("{name}{difference}")),
            Err(error) => subject.open.push(format!("{name}: {error}")),
        }
    }
    Ok(subject)
}

fn evaluated(folder: &Path, name: &str, setting: &Setting) -> Result<Value, String> {
    let said = |problems: Vec<azure_templates::Located>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    };
    let template = compile(folder, &format!("{name}.bicep")).map_err(said)?;
    let given = match folder.join(format!("{name}.bicepparam")).exists() {
        true => compile(folder, &format!("{name}.bicepparam")).map_err(said)?,
        false => Value::Null,
    };
    let given = given.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let made = evaluate(&template, &given, setting)?;
    let mut whole = Map::new();
    whole.insert("outputs".into(), made.outputs.into());
    whole.insert("resources".into(), made.resources.into());
    Ok(whole.into())
}

/// The first difference; what only a deployment can know may be unknown in its own way.
fn different(theirs: &Value, ours: &Value, at: &str) -> Option<String> {
    match (theirs, ours) {
        (Value::String(text), _) if text.starts_with('[') && text.ends_with(']') => None,
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => different(a, b, &format!("{at}/{key}")),
                (a, _) => Some(format!("{at}/{key}: only {} it", if a.is_some() { "theirs has" } else { "ours has" })),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| different(a, b, &format!("{at}/{index}")))
        }
        _ if theirs == ours => None,
        _ => Some(format!("{at}: theirs {theirs}, ours {ours}")),
    }
}
