//! What was seen, for a person and for a program.

use serde_json::{Value, json};

use super::doubt::Doubt;
use super::facts::Format;
use super::guess::{Guess, Kind};
use super::infer::Inferred;
use super::sample::{Rows, grouped};
use super::shape::Delimiter;
use super::target::Task;

/// Columns that a line names; of more, the number is enough.
const NAMED: usize = 8;

/// What was seen and what to look at, a line each; the doubts are indented below their own line.
pub fn lines(inferred: &Inferred, file: &str) -> Vec<String> {
    let facts = &inferred.facts;
    let rows = facts.table.all.unwrap_or(Rows::Exactly(0));
    let files = if facts.files > 1 { format!("{} files, ", facts.files) } else { String::new() };
    let sampled = if facts.table.is_whole() { "" } else { ", of which a sample was read" };
    let mut lines = vec![format!(
        "{file}: {files}{}{sampled}, {} columns; {}",
        rows.words(),
        facts.table.names.len(),
        facts.dialect_words().join(", ")
    )];
    let target = inferred.target();
    lines.push(match &inferred.task {
        Task::Regression => format!("  to predict: `{}`, a number (regression, by {})", target.name, inferred.metric),
        Task::Classification(classes) => {
            let shown: Vec<String> = classes
                .iter()
                .take(NAMED)
                .map(|(class, count)| format!("{class} {}", grouped(*count as u64)))
                .collect();
            let more = if classes.len() > NAMED { ", …" } else { "" };
            format!("  to predict: `{}`, classes (by {}): {}{more}", target.name, inferred.metric, shown.join(", "))
        }
    });
    let features: Vec<&Guess> = features(inferred).collect();
    lines.push(format!("  to learn from: {}", by_kind(&features)));
    let gaps: Vec<String> = features
        .iter()
        .filter(|guess| guess.missing > 0)
        .map(|guess| format!("`{}` {:.1}%", guess.name, guess.missing_share() * 100.0))
        .collect();
    if !gaps.is_empty() {
        lines.push(format!("  missing: {:.1}% of the cells; {}", missing_share(inferred) * 100.0, shortened(&gaps)));
    }
    for guess in left_out(inferred) {
        let name =
            if guess.name.is_empty() { "a column without a name".to_owned() } else { format!("`{}`", guess.name) };
        lines.push(format!("  left out: {name}, {}", guess.left_out.as_deref().unwrap_or_default()));
    }
    if !inferred.doubts.is_empty() {
        lines.push("look at:".to_owned());
    }
    for doubt in &inferred.doubts {
        let column = doubt.column.as_ref().map(|column| format!("`{column}`: ")).unwrap_or_default();
        lines.push(format!("  {column}{}", doubt.what));
        lines.extend(doubt.advice.iter().map(|advice| format!("      {advice}")));
    }
    lines
}

/// Why data are written anew, and where; a line each.
pub fn rewritten(inferred: &Inferred, path: &str) -> Vec<String> {
    let Some(rewrite) = &inferred.rewrite else { return Vec::new() };
    let mut lines = vec![format!("{path} is written anew, with commas, points and a header in UTF-8, because")];
    lines.extend(rewrite.reasons.iter().map(|reason| format!("  {reason}")));
    lines.push("  training reads no other form: write later files in the same way".to_owned());
    lines
}

/// The same for a program. `clean` makes a text harmless to whoever prints it.
pub fn json(inferred: &Inferred, path: &str, clean: impl Fn(&str) -> String) -> Value {
    let facts = &inferred.facts;
    let rows = facts.table.all.unwrap_or(Rows::Exactly(0));
    let dialect = match &facts.format {
        Format::Parquet => json!({ "format": "parquet" }),
        Format::Text { dialect, coding, sheet, .. } => json!({
            "format": if sheet.is_some() { "spreadsheet" } else { "text" },
            "delimiter": match dialect.delimiter { Delimiter::Char(c) => c, Delimiter::Spaces => ' ' },
            "decimal": dialect.decimal,
            "encoding": coding.name(),
            "header": dialect.header,
        }),
    };
    let columns = inferred.columns.iter().map(|guess| {
        json!({
            "name": clean(&guess.name),
            "type": kind(guess),
            "missing": guess.missing_share(),
            "leftOut": guess.left_out.as_deref().map(&clean),
        })
    });
    let doubt = |doubt: &Doubt| {
        json!({
            "kind": doubt.kind,
            "column": doubt.column.as_deref().map(&clean),
            "what": clean(&doubt.what),
            "advice": doubt.advice.as_deref().map(&clean),
        })
    };
    json!({
        "path": path,
        "files": facts.files,
        "rows": rows.count(),
        "exact": matches!(rows, Rows::Exactly(_)),
        "sampled": !facts.table.is_whole(),
        "dialect": dialect,
        "target": clean(&inferred.target().name),
        "task": match inferred.task { Task::Regression => "regression", Task::Classification(_) => "classification" },
        "metric": inferred.metric,
        "missing": missing_share(inferred),
        "columns": columns.collect::<Vec<_>>(),
        "rewritten": inferred.rewrite.as_ref().map(|rewrite| rewrite.reasons.iter().map(|r| clean(r)).collect::<Vec<_>>()),
        "doubts": inferred.doubts.iter().map(doubt).collect::<Vec<_>>(),
    })
}

/// The columns that the model sees.
fn features(inferred: &Inferred) -> impl Iterator<Item = &Guess> {
    inferred
        .columns
        .iter()
        .enumerate()
        .filter(|(at, guess)| *at != inferred.target && guess.left_out.is_none())
        .map(|(_, g)| g)
}

fn left_out(inferred: &Inferred) -> impl Iterator<Item = &Guess> {
    inferred.columns.iter().filter(|guess| guess.left_out.is_some())
}

fn missing_share(inferred: &Inferred) -> f64 {
    let (missing, all) = features(inferred).fold((0, 0), |(m, a), g| (m + g.missing, a + g.missing + g.present));
    missing as f64 / all.max(1) as f64
}

/// What a column holds, as the spec calls it.
pub fn kind(guess: &Guess) -> &'static str {
    match guess.kind {
        Kind::Number => "number",
        Kind::Integer => "integer",
        Kind::Boolean(_) => "boolean",
        Kind::Category(_) => "category",
        Kind::Datetime => "datetime",
        Kind::Text => "text",
    }
}

/// `3 numbers (a, b, c), 1 category (d)`.
fn by_kind(features: &[&Guess]) -> String {
    let kinds = [
        ("number", "number", "numbers"),
        ("integer", "integer", "integers"),
        ("boolean", "boolean", "booleans"),
        ("category", "category", "categories"),
        ("datetime", "datetime", "datetimes"),
        ("text", "text", "texts"),
    ];
    let part = |(key, one, many): (&str, &str, &str)| {
        let names: Vec<String> = features.iter().filter(|g| kind(g) == key).map(|g| format!("`{}`", g.name)).collect();
        let word = if names.len() == 1 { one } else { many };
        (!names.is_empty()).then(|| format!("{} {word} ({})", names.len(), shortened(&names)))
    };
    kinds.into_iter().filter_map(part).collect::<Vec<_>>().join(", ")
}

fn shortened(items: &[String]) -> String {
    let more = items.len().saturating_sub(NAMED);
    let shown = items[..items.len().min(NAMED)].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
