//! The spec that `init --data` writes: what was seen of a team's own data, and defaults for the rest.

use serde::Serialize;

use crate::artifacts::Language;
use crate::artifacts::fragment::Fragment;
use crate::data::guess::{Guess, Kind};
use crate::data::infer::{Inferred, Value};
use crate::data::sample::grouped;
use crate::data::target::Task;
use crate::example::Answers;
use crate::project::text::hazard;
use crate::remote::runs::log::harmless;
use crate::render::{Overrides, RenderError, Renderer, yaml_scalar};

/// The greatest width of a line.
const WIDTH: usize = 118;

/// What the template of the spec sees.
#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    organization: &'a str,
    devops_project: &'a str,
    location: &'a str,
    mail: &'a str,
    repository: &'a str,
    directory: Option<&'a str>,
    budget_start: &'a str,
    description: String,
    /// A comment: where the data come from.
    origin: Fragment,
    /// The section `data`.
    data: Fragment,
    /// The section `model`.
    model: Fragment,
    /// The section `scoring`.
    scoring: Fragment,
}

/// The text of a new project's spec. `path` is where the data are in the project, `file` what they were called before.
///
/// # Errors
/// If the template cannot be rendered.
pub fn spec_text(answers: &Answers, inferred: &Inferred, path: &str, file: &str) -> Result<String, RenderError> {
    let target = &inferred.target().name;
    let origin =
        format!("Written by `mlops-gen init` from {file}: what was seen stands behind #, and is yours to correct.");
    let view = View {
        name: &answers.name,
        organization: &answers.organization,
        devops_project: &answers.devops_project,
        location: &answers.location,
        mail: &answers.mail,
        budget_start: &answers.budget_start,
        repository: answers.place.as_ref().map_or(&answers.name, |place| &place.repository),
        directory: answers.place.as_ref().map(|place| place.directory.as_str()),
        description: format!("Predicts {target}"),
        origin: Fragment::new(comment(&origin)),
        data: Fragment::new(data(inferred, path)),
        model: Fragment::new(model(inferred, answers.runtime)),
        scoring: Fragment::new(scoring(inferred)),
    };
    let renderer = Renderer::new(&Overrides::new()).map_err(|mut errors| errors.remove(0))?;
    renderer.render_one(Language::Yaml, "project/own-data.yaml", &view)
}

/// A text as a comment of one line, which does nothing to whoever prints it.
fn comment(text: &str) -> String {
    let text: String = harmless(text).chars().filter(|c| !crate::project::text::unprintable(*c)).collect();
    let short: String = text.chars().take(WIDTH - 6).collect();
    format!("# {}{}", short, if short.len() < text.len() { "…" } else { "" })
}

fn data(inferred: &Inferred, path: &str) -> String {
    let mut lines = vec![
        "data:".to_owned(),
        format!("  path: {}", yaml_scalar(path)),
        format!("  target: {}", yaml_scalar(&inferred.target().name)),
    ];
    if let Some(csv) = &inferred.csv {
        let mut keys = Vec::new();
        // A file called .tsv has tabs whatever is said.
        if csv.delimiter != ',' && !(csv.delimiter == '\t' && path.ends_with(".tsv")) {
            let delimiter = if csv.delimiter == '\t' { "\"\\t\"".to_owned() } else { format!("\"{}\"", csv.delimiter) };
            keys.push(format!("delimiter: {delimiter}"));
        }
        if csv.decimal != '.' {
            keys.push(format!("decimal: \"{}\"", csv.decimal));
        }
        if csv.encoding != "utf-8" {
            keys.push(format!("encoding: {}", csv.encoding));
        }
        if !keys.is_empty() {
            lines.push(format!("  csv: {{{}}}  # guessed", keys.join(", ")));
        }
    }
    if !inferred.missing.is_empty() {
        let markers: Vec<String> = inferred.missing.iter().map(|marker| yaml_scalar(marker)).collect();
        lines.extend(list("  missing: ", &markers));
    }
    lines.push("  columns:".to_owned());
    for (at, guess) in inferred.columns.iter().enumerate() {
        lines.extend(column(inferred, at, guess));
    }
    lines.join("\n")
}

/// The lines of a column: a comment for one that is left out.
fn column(inferred: &Inferred, at: usize, guess: &Guess) -> Vec<String> {
    let is_target = at == inferred.target;
    if let Some(why) = guess.left_out.as_ref().filter(|_| !is_target) {
        let name = if guess.name.is_empty() { "a column without a name" } else { &guess.name };
        return vec![format!("    {}", comment(&format!("left out: {name}, {why}")))];
    }
    let mut keys = vec![format!("name: {}", yaml_scalar(&guess.name))];
    let mut levels = None;
    match &guess.kind {
        Kind::Number => {}
        Kind::Integer => keys.push("type: integer".to_owned()),
        Kind::Datetime => keys.push("type: datetime".to_owned()),
        Kind::Text => keys.push("type: text".to_owned()),
        Kind::Boolean(truths) => {
            keys.push("type: boolean".to_owned());
            if let Some((yes, no)) = truths {
                let cells =
                    |cells: &[String]| cells.iter().map(|cell| yaml_scalar(cell)).collect::<Vec<_>>().join(", ");
                keys.push(format!("trueValues: [{}]", cells(yes)));
                keys.push(format!("falseValues: [{}]", cells(no)));
            }
        }
        Kind::Category(known) => {
            keys.push("type: category".to_owned());
            levels = known.as_ref().map(|levels| levels.iter().map(|level| yaml_scalar(level)).collect::<Vec<_>>());
        }
    }
    keys.extend(limits(inferred, at, guess));
    if guess.missing > 0 && !is_target {
        keys.push("required: false".to_owned());
        keys.push(format!("whenMissing: {}", when_missing(guess)));
    }
    if let Kind::Category(known) = &guess.kind
        && !is_target
        && (known.is_none() || !inferred.facts.table.is_whole())
    {
        keys.push("unknownLevels: ignore".to_owned());
    }
    let note = note(guess);
    let behind = if note.is_empty() { String::new() } else { format!("  {}", comment(&note)) };
    if keys.len() == 1 && levels.is_none() {
        return vec![format!("    - {}{behind}", yaml_scalar(&guess.name))];
    }
    let listed = levels.as_ref().map(|levels| format!("levels: [{}]", levels.join(", ")));
    let mut flow = keys.clone();
    flow.splice(2.min(flow.len())..2.min(flow.len()), listed);
    let line = format!("    - {{{}}}", flow.join(", "));
    if line.chars().count() + behind.chars().count() <= WIDTH {
        return vec![line + &behind];
    }
    if line.chars().count() <= WIDTH {
        return vec![format!("    {}", comment(&note)), line];
    }
    let mut lines = vec![format!("    - {}{behind}", keys[0])];
    lines.extend(keys[1..].iter().map(|key| format!("      {key}")));
    if let Some(levels) = levels {
        lines.extend(list("      levels: ", &levels));
    }
    lines
}

/// A list behind a key, in as many lines as it needs.
fn list(key: &str, items: &[String]) -> Vec<String> {
    let indent = " ".repeat(key.len() + 1);
    let mut lines = vec![format!("{key}[")];
    for (at, item) in items.iter().enumerate() {
        let end = if at + 1 == items.len() { "]" } else { "," };
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        let begun = lines.last().is_some_and(|line| line.ends_with(','));
        if begun && line + item.chars().count() + 2 > WIDTH {
            lines.push(indent.clone());
        } else if begun && let Some(line) = lines.last_mut() {
            line.push(' ');
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&format!("{item}{end}"));
        }
    }
    if items.is_empty() { vec![format!("{key}[]")] } else { lines }
}

/// Limits far from what was seen: they find other units and slips, not rows that are a little out of the ordinary. Of a
/// sample there are none, for nobody knows the rest.
fn limits(inferred: &Inferred, at: usize, guess: &Guess) -> Vec<String> {
    let Some((min, max)) = guess.range.filter(|_| inferred.facts.table.is_whole()) else { return Vec::new() };
    let is_target = at == inferred.target;
    if let (true, Task::Classification(classes)) = (is_target, &inferred.task) {
        let mut values: Vec<f64> = classes.keys().filter_map(|class| class.parse().ok()).collect();
        values.sort_by(f64::total_cmp);
        let values: Vec<String> = values.into_iter().map(number).collect();
        return vec![format!("allowed: [{}]", values.join(", "))];
    }
    if guess.kind == Kind::Integer && (min, max) == (0.0, 1.0) {
        return vec!["allowed: [0, 1]".to_owned()];
    }
    let span = max - min;
    let least = if min >= 0.0 { 0.0 } else { -round_up(span - min) };
    let most = match () {
        () if max <= 0.0 => 0.0,
        () if min >= 0.0 && max <= 1.0 && guess.kind == Kind::Number => 1.0,
        () => round_up(max + span),
    };
    let usable = |value: &f64| value.is_finite() && value.abs() < 1e15;
    let mut keys = Vec::new();
    if usable(&least) {
        keys.push(format!("min: {}", number(least)));
    }
    if usable(&most) && most > least {
        keys.push(format!("max: {}", number(most)));
    }
    keys
}

/// The next of 1, 2, 5, 10, 20, …
fn round_up(value: f64) -> f64 {
    let unit = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * unit).find(|step| *step >= value).unwrap_or(value)
}

fn when_missing(guess: &Guess) -> &'static str {
    let often = guess.missing_share() >= 0.2;
    match guess.kind {
        Kind::Number | Kind::Integer | Kind::Category(_) if often => "indicator",
        Kind::Number | Kind::Integer | Kind::Datetime => "median",
        _ => "most-frequent",
    }
}

/// What was seen, for the comment behind a column.
fn note(guess: &Guess) -> String {
    let mut seen = Vec::new();
    if let Some((min, max)) = guess.range.filter(|range| guess.is_numeric() && *range != (0.0, 1.0)) {
        seen.push(format!("{} to {}", about(min), about(max)));
    }
    if guess.kind == Kind::Category(None) {
        seen.push(format!("{} levels: those of the training rows", grouped(guess.distinct as u64)));
    }
    if guess.missing > 0 {
        let share = guess.missing_share() * 100.0;
        seen.push(if share < 0.1 { "less than 0.1% missing".to_owned() } else { format!("{share:.1}% missing") });
    }
    seen.join(", ")
}

/// A number that YAML reads back as the same.
fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 18 { plain } else { format!("{value:e}") }
}

/// A number for a person: six digits are enough.
fn about(value: f64) -> String {
    let plain = value.to_string();
    match value.abs() {
        _ if plain.len() <= 8 || value.fract() == 0.0 && value.abs() < 1e12 => plain,
        1e-3..1e9 => {
            let short = format!("{value:.4}");
            short.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{value:.4e}"),
    }
}

fn model(inferred: &Inferred, runtime: &str) -> String {
    let mut lines = vec!["model:".to_owned(), format!("  runtime: {}", yaml_scalar(runtime))];
    if let Task::Classification(classes) = &inferred.task {
        let shown: Vec<String> =
            classes.iter().take(6).map(|(class, count)| format!("{class}: {}", grouped(*count as u64))).collect();
        let more = if classes.len() > 6 { ", …" } else { "" };
        let seen = comment(&format!("rows of each class: {}{more}", shown.join(", ")));
        lines.push(format!("  {seen}\n  task: classification"));
    }
    lines.push(format!("  metric: {{name: {}}}  # {}", inferred.metric, inferred.metric_reason));
    lines.join("\n")
}

fn scoring(inferred: &Inferred) -> String {
    if inferred.request.is_empty() {
        return "scoring: {}".to_owned();
    }
    let mut lines = ["scoring:", "  contract:", "    # Rows of the data, as callers send them.", "    request:"]
        .map(str::to_owned)
        .to_vec();
    for row in &inferred.request {
        let values: Vec<String> = row
            .iter()
            .map(|value| match value {
                Value::Number(value) => number(*value),
                Value::Boolean(value) => value.to_string(),
                Value::Text(text) if hazard(text).is_none() => yaml_scalar(text),
                Value::Text(_) => "\"\"".to_owned(),
            })
            .collect();
        lines.extend(list("      - ", &values));
    }
    lines.join("\n")
}
