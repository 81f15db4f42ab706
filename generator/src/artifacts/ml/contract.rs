//! `data/data-contract.json`: the columns, as the programs of either runtime read them.

use serde_json::{Map, Value, json};

use super::super::Artifact;
use crate::project::Project;
use crate::project::data::{Cell, Column, Csv, Unknown, WhenMissing};
use crate::project::model::Task;

/// The data contract.
pub(super) fn artifact(project: &Project) -> Artifact {
    let mut text = serde_json::to_string_pretty(&document(project)).expect("a tree of numbers and strings serialises");
    text.push('\n');
    Artifact::verbatim("data/data-contract.json", "data and model of mlops.yaml", text.into_bytes()).because(&[
        "data",
        "model.task",
        "model.classes",
        "model.threshold",
    ])
}

/// The document: version 2 of the model room's data contract. What has its default there is left out.
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
    let mut document = Map::new();
    document.insert("version".to_owned(), json!(2));
    if let Task::Classification { classes, threshold } = &project.model.task {
        let mut task = Map::from_iter([("kind".to_owned(), json!("classification"))]);
        if let Some(classes) = classes {
            task.insert("classes".to_owned(), json!(classes));
        }
        insert(&mut task, "threshold", *threshold);
        document.insert("task".to_owned(), Value::Object(task));
    }
    document.insert("target".to_owned(), json!(data.target.as_str()));
    if data.csv != Csv::default() {
        let Csv { delimiter, decimal, encoding } = data.csv;
        let csv = json!({"delimiter": delimiter, "decimal": decimal, "encoding": encoding.as_str()});
        document.insert("csv".to_owned(), csv);
    }
    if !data.missing.is_empty() {
        document.insert("missing".to_owned(), json!(data.missing));
    }
    document.insert("columns".to_owned(), data.columns.iter().map(column).collect());
    if data.ignore_unknown_columns {
        document.insert("unknown_columns".to_owned(), json!("ignore"));
    }
    let holdout = json!({"fraction": data.holdout.fraction, "seed": data.holdout.seed});
    document.insert("holdout".to_owned(), holdout);
    document.insert("distribution".to_owned(), Value::Object(distribution));
    Value::Object(document)
}

/// A cell as JSON.
pub(crate) fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Number(number) => json!(number),
        Cell::Boolean(truth) => json!(truth),
        Cell::Text(text) => json!(text),
    }
}

/// Rows of cells as JSON.
pub(crate) fn rows(rows: &[Vec<Cell>]) -> Value {
    rows.iter().map(|row| row.iter().map(cell).collect::<Value>()).collect()
}

fn column(column: &Column) -> Value {
    let mut entry = Map::new();
    let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    set("name", json!(column.name.as_str()));
    if column.alias.as_str() != column.name.as_str() {
        set("alias", json!(column.alias.as_str()));
    }
    set("type", json!(column.kind.as_str()));
    set("required", json!(column.required));
    if let Some(rule) = &column.when_missing {
        set("when_missing", when_missing(rule));
    }
    if let Some(levels) = &column.levels {
        set("levels", json!(levels));
    }
    if column.unknown != Unknown::Refuse {
        set("unknown", json!(column.unknown.as_str()));
    }
    if let Some((yes, no)) = &column.truths {
        set("true", json!(yes));
        set("false", json!(no));
    }
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

fn when_missing(rule: &WhenMissing) -> Value {
    match rule {
        WhenMissing::DropRow => json!("drop-row"),
        WhenMissing::Mean => json!("mean"),
        WhenMissing::Median => json!("median"),
        WhenMissing::MostFrequent => json!("most-frequent"),
        WhenMissing::Indicator => json!("indicator"),
        WhenMissing::Constant(constant) => json!({"constant": cell(constant)}),
    }
}

fn insert(map: &mut Map<String, Value>, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), json!(value));
    }
}
