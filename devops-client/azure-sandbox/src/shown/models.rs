//! Models: versions with their metrics, champion and challenger beside each other.

use std::path::Path;

use report_pages::chart::bars::{Pair, columns, pairs, short};
use report_pages::{Html, Mood, state as shown_state};
use serde_json::Value;

use super::{each, jobs_with, numbers, text};
use crate::store::{Store, at};

/// How many comparisons are listed.
const LISTED: usize = 50;

/// The models of a sandbox's folder.
///
/// # Errors
/// If the folder cannot be read.
pub fn models(folder: &Path) -> Result<Html, String> {
    Store::open(folder)?.read(|state| {
        let mut body = Html::default();
        body.heading(1, "Models");
        let mut any = false;
        for (workspace, content) in each(&state["ml"]) {
            for (name, versions) in each(&content["models"]) {
                any = true;
                model(state, workspace, name, versions, &mut body);
            }
        }
        if !any {
            body.paragraph("No model is registered yet: a retrain run trains one, compares it, and registers it.");
        }
        comparisons(state, &mut body);
        body
    })
}

/// A metric of the run that made a version.
fn metrics(state: &Value, workspace: &str, version: &Value) -> Vec<(String, f64)> {
    let run = version["run_id"].as_str().unwrap_or_default();
    let all = at(state, &["mlflow", workspace, "runs", run, "data", "metrics"]);
    let all = all.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| Some((one["key"].as_str()?.to_owned(), one["value"].as_f64()?))).collect()
}

fn model(state: &Value, workspace: &str, name: &str, versions: &Value, body: &mut Html) {
    body.heading(2, &format!("{name} in {workspace}"));
    let mut all: Vec<(u64, &Value)> =
        each(versions).map(|(version, body)| (version.parse().unwrap_or_default(), body)).collect();
    all.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let rows = all.iter().map(|(version, body)| {
        let metrics = metrics(state, workspace, body);
        let metrics: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
        let tag = |name: &str| Html::of(&text(&body["tags"][name]));
        vec![
            Html::of(&format!("version {version}")),
            Html::of(&metrics.join(", ")),
            tag("data_version"),
            Html::of(&text(&body["tags"]["commit"]).chars().take(10).collect::<String>()),
            tag("build_id"),
        ]
    });
    let heads = ["Version", "Metrics", "Data version", "Commit", "Made by run"];
    body.table(&format!("Versions of {name}, the newest first"), &heads, rows);
    let first = all.first().and_then(|(_, newest)| metrics(state, workspace, newest).into_iter().next());
    if let (Some((metric, _)), true) = (first, all.len() > 1) {
        let value = |version: &Value| metrics(state, workspace, version).into_iter().find(|(name, _)| *name == metric);
        let bars: Vec<(String, f64)> = all
            .iter()
            .rev()
            .filter_map(|(number, version)| Some((format!("version {number}"), value(version)?.1)))
            .collect();
        body.heading(3, &format!("{metric} by version"));
        body.put(&columns(&format!("{metric} of each version, in the table above as text"), &bars, None));
    }
}

fn comparisons(state: &Value, body: &mut Html) {
    let all = jobs_with(state, "evaluation", "evaluation.json");
    let Some((_, job, newest, _)) = all.last() else { return };
    body.heading(2, "Champion and challenger");
    body.tag("p", |line| {
        line.put(&verdict(newest));
        line.text(&format!(" {} (job {job}, {} rows held out)", text(&newest["reason"]), text(&newest["rows"])));
    });
    let pairs_of = compared(newest);
    let name = "Metrics of champion and challenger, in the table below as text";
    body.put(&pairs(name, ("champion", "challenger"), &pairs_of));
    let rows = pairs_of.iter().map(|pair| {
        let number = |value: Option<f64>| Html::of(&value.map_or("–".to_owned(), short));
        vec![Html::of(&pair.name), number(pair.one), number(pair.other)]
    });
    body.table("The newest comparison", &["Metric", "Champion", "Challenger"], rows);
    let rows = all.iter().rev().take(LISTED).map(|(workspace, job, found, _)| {
        vec![
            Html::of(job),
            Html::of(workspace),
            verdict(found),
            Html::of(&text(&found["metric"])),
            Html::of(&found["champion"].as_f64().map_or("–".to_owned(), short)),
            Html::of(&found["challenger"].as_f64().map_or("–".to_owned(), short)),
            Html::of(&text(&found["reason"])),
        ]
    });
    let heads = ["Job", "Workspace", "Verdict", "Metric", "Champion", "Challenger", "Why"];
    body.table("All comparisons, the newest first", &heads, rows);
}

fn verdict(evaluation: &Value) -> Html {
    match evaluation["promote"].as_bool() {
        Some(true) => shown_state(Mood::Good, "promoted"),
        _ => shown_state(Mood::Quiet, "not promoted"),
    }
}

/// Every metric that either has; the one that decides comes first.
fn compared(evaluation: &Value) -> Vec<Pair> {
    let (champion, challenger) = (numbers(&evaluation["champion_metrics"]), numbers(&evaluation["challenger_metrics"]));
    let deciding = text(&evaluation["metric"]);
    let mut all = vec![Pair {
        name: deciding.clone(),
        one: evaluation["champion"].as_f64(),
        other: evaluation["challenger"].as_f64(),
    }];
    let plain = |name: &str| name.replace('_', "-");
    for name in challenger.keys().filter(|name| *name != "rows" && plain(name) != deciding) {
        let number = |from: &serde_json::Map<String, Value>| from.get(name).and_then(Value::as_f64);
        all.push(Pair { name: plain(name), one: number(&champion), other: number(&challenger) });
    }
    all
}
