//! `data/data-contract.json`: the columns, as the programs of either runtime read them.

use serde_json::{Map, Value, json};

use super::super::Artifact;
use crate::project::Project;
use crate::project::data::{Column, ColumnType};

/// The data contract.
pub(super) fn artifact(project: &Project) -> Artifact {
    let mut text = serde_json::to_string_pretty(&document(project)).expect("a tree of numbers and strings serialises");
    text.push('\n');
    Artifact::verbatim("data/data-contract.json", "the data part of mlops.yaml", text.into_bytes()).because(&["data"])
}

/// The document: version 1 of the model room's data contract.
pub(crate) fn document(project: &Project) -> Value {
    let data = &project.data;
    let mut distribution = Map::new();
    let limits = [
        ("psi", data.distribution.psi),
        ("ks_p_value", data.distribution.ks_p_value),
        ("mean_sigmas", data.distribution.mean_sigmas),
        ("standard_deviation_ratio", data.distribution.standard_deviation_ratio),
    ];
    for (name, limit) in limits {
        insert(&mut distribution, name, limit);
    }
    json!({
        "version": 1,
        "target": data.target.as_str(),
        "columns": data.columns.iter().map(column).collect::<Vec<_>>(),
        "holdout": {"fraction": data.holdout.fraction, "seed": data.holdout.seed},
        "distribution": distribution,
    })
}

fn column(column: &Column) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(column.name.as_str()));
    entry.insert("type".to_owned(), json!(kind(column.kind)));
    entry.insert("required".to_owned(), json!(column.required));
    insert(&mut entry, "min", column.min);
    insert(&mut entry, "max", column.max);
    if !column.allowed.is_empty() {
        entry.insert("allowed".to_owned(), json!(column.allowed));
    }
    if let Some(expected) = column.expected {
        let moments = json!({"mean": expected.mean, "standard_deviation": expected.standard_deviation});
        entry.insert("expected".to_owned(), moments);
    }
    Value::Object(entry)
}

fn insert(map: &mut Map<String, Value>, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), json!(value));
    }
}

fn kind(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "number",
        ColumnType::Integer => "integer",
    }
}
