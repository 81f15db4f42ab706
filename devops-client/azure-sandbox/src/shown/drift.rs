//! Drift: what scoring logs have of the training rows' distribution, by column.

use std::path::Path;

use report_pages::chart::bars::{columns, short};
use report_pages::{Html, Mood, state as shown_state};
use serde_json::Value;

use super::{jobs_with, text};
use crate::store::Store;

/// How many columns are drawn.
const DRAWN: usize = 40;

/// What the drift jobs of a sandbox's folder have found.
///
/// # Errors
/// If the folder cannot be read.
pub fn drift(folder: &Path) -> Result<Html, String> {
    Store::open(folder)?.read(|state| {
        let mut body = Html::default();
        body.heading(1, "Drift");
        let all = jobs_with(state, "findings", "drift.json");
        let Some((_, job, newest, of)) = all.last() else {
            body.paragraph(
                "Nothing was measured yet: where the spec has `monitoring: {drift: {}}`, the drift pipeline holds scoring \
                 logs against the training rows of the released model.",
            );
            return body;
        };
        body.tag("p", |line| {
            line.put(&verdict(newest));
            line.text(&format!(" {} scored rows, job {job}", text(&newest["rows"])));
        });
        columns_of(newest, limit(of, "--psi"), &mut body);
        let rows = all.iter().rev().map(|(workspace, job, found, _)| {
            vec![Html::of(job), Html::of(workspace), verdict(found), Html::of(&text(&found["rows"]))]
        });
        body.heading(2, "All measurements");
        body.table("Drift jobs, the newest first", &["Job", "Workspace", "Verdict", "Rows"], rows);
        body
    })
}

fn verdict(found: &Value) -> Html {
    match (found["judged"].as_bool(), found["drift"].as_bool()) {
        (Some(false), _) => shown_state(Mood::Waiting, "too few rows"),
        (_, Some(true)) => shown_state(Mood::Bad, "drift"),
        _ => shown_state(Mood::Good, "no drift"),
    }
}

/// The number behind an option of a job's command.
fn limit(job: &Value, option: &str) -> Option<f64> {
    let command = job["command"].as_str()?;
    command.split_whitespace().skip_while(|word| *word != option).nth(1)?.parse().ok()
}

fn columns_of(found: &Value, limit: Option<f64>, body: &mut Html) {
    let mut all: Vec<&Value> = found["columns"].as_array().into_iter().flatten().collect();
    if all.is_empty() {
        return;
    }
    let psi = |column: &Value| column["psi"].as_f64();
    all.sort_by(|one, other| psi(other).unwrap_or(0.0).total_cmp(&psi(one).unwrap_or(0.0)));
    let drawn: Vec<(String, f64)> =
        all.iter().filter_map(|column| Some((text(&column["column"]), psi(column)?))).take(DRAWN).collect();
    body.heading(2, "Stability index by column");
    body.put(&columns("Stability index of each column, in the table below as text", &drawn, limit));
    let share = |value: &Value| Html::of(&format!("{:.1} %", value.as_f64().unwrap_or(0.0) * 100.0));
    let rows = all.iter().map(|column| {
        let failures: Vec<String> = column["failures"].as_array().into_iter().flatten().map(text).collect();
        let verdict = match failures.is_empty() {
            true => shown_state(Mood::Good, "within its limits"),
            false => shown_state(Mood::Bad, &failures.join(", ")),
        };
        vec![
            Html::of(&text(&column["column"])),
            Html::of(&psi(column).map_or("–".to_owned(), short)),
            share(&column["missing"]),
            share(&column["missing_before"]),
            share(&column["unseen"]),
            verdict,
        ]
    });
    let heads = ["Column", "Stability index", "Missing", "Missing in training", "Unknown levels", "Verdict"];
    body.table("Columns, the most unstable first", &heads, rows);
}
