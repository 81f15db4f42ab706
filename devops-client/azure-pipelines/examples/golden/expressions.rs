//! Expressions: the kind of what they are worth, and its text.

use std::path::Path;

use azure_pipelines::expression::{Context, Scope, evaluate, parse as parse_expression};
use azure_pipelines::yaml::parse;
use azure_pipelines::{Node, Place, Value};

use crate::{Compared, read, rows};

struct Contexts(Node);

impl Scope for Contexts {
    fn value(&self, name: &str) -> Option<Node> {
        self.0.get(&name.to_lowercase()).cloned()
    }
}

/// Compares every row.
pub fn compare(folder: &Path) -> Result<Compared, String> {
    let contexts =
        parse("contexts.yml", &read(&folder.join("contexts.yml"))?).map_err(|problem| problem.to_string())?;
    let scope = Contexts(contexts);
    let rows = rows(&folder.join("expressions.tsv"))?;
    let mut differences = Vec::new();
    for row in &rows {
        let [expression, kind, text] = row.as_slice() else { return Err(format!("no three cells: {row:?}")) };
        let (found, shown) = worth(expression, &scope);
        if (found, shown.as_str()) != (kind.as_str(), text.as_str()) {
            differences.push((expression.clone(), format!("{kind} {text:?} there, {found} {shown:?} here")));
        }
    }
    Ok(Compared { name: "expressions", total: rows.len(), differences })
}

fn worth(expression: &str, scope: &Contexts) -> (&'static str, String) {
    let place = Place::nowhere();
    let node =
        parse_expression::<&str>(expression, Context::Template, &[]).and_then(|tree| evaluate(&tree, scope, &place));
    match node {
        Err(_) => ("error", String::new()),
        Ok(node) => match &node.value {
            Value::List(_) => ("array", node.to_json().to_string()),
            Value::Map(_) => ("object", node.to_json().to_string()),
            value => (value.kind(), escaped(&value.to_text().unwrap_or_default())),
        },
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}
