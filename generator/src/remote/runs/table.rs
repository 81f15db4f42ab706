//! Tables: runs in a row, and the stages and jobs of one run when it is over.

use jiff::Timestamp;

use super::timeline::{Level, Timeline, is_unnamed};
use super::{Run, State, ago, clock};

/// Rows with their columns in line, two spaces between them; the first row is the heading.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Runs, one in a row, as they are given.
pub fn runs(runs: &[Run], now: Timestamp) -> String {
    let mut rows = vec![
        ["run", "pipeline", "number", "result", "branch", "commit", "took", "queued", "by"].map(str::to_owned).to_vec(),
    ];
    for run in runs {
        rows.push(vec![
            run.id.to_string(),
            run.pipeline.clone(),
            run.number.clone(),
            run.state.word().to_owned(),
            run.branch.clone().unwrap_or_default(),
            run.short_commit().to_owned(),
            run.took(now).map_or_else(String::new, clock),
            run.queued.map_or_else(String::new, |queued| ago(queued, now)),
            run.requested_by.clone().unwrap_or_default(),
        ]);
    }
    columns(&rows)
}

/// Stages and jobs of a run, with what came of each and how long it took.
pub fn parts(timeline: &Timeline, now: Timestamp) -> String {
    let mut rows = vec![["stage", "result", "took"].map(str::to_owned).to_vec()];
    for stage in timeline.children(None) {
        let named = !is_unnamed(&stage.name);
        let jobs = timeline.children(Some(&stage.id));
        let jobs =
            jobs.into_iter().filter(|part| part.level == Level::Job).map(|job| (job, if named { "  " } else { "" }));
        for (part, indent) in named.then_some((stage, "")).into_iter().chain(jobs) {
            let took = part.took(now).filter(|_| part.state != State::Skipped);
            rows.push(vec![
                format!("{indent}{}", part.name),
                part.state.word().to_owned(),
                took.map_or_else(String::new, clock),
            ]);
        }
    }
    columns(&rows)
}
