//! The parameters of the algorithm on their way: parameter of the retrain pipeline, variable of its script, input of
//! job, pipeline and component, flag of `train`.

use serde::Serialize;

use super::fragment::Fragment;
use crate::project::Project;
use crate::project::model::{Algorithm, Candidates, Parameter, ParameterName, ParameterValue, Search, Strategy};

/// A number as the command line takes it: no sign, since those that have a pattern of their own are penalties.
const NUMBER: &str = "[0-9]*[.]?[0-9]+([eE][-+]?[0-9]+)?";

/// A parameter that a run may set.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TrainingInput {
    /// Name, in the retrain pipeline, in jobs and in components.
    pub name: Fragment,
    /// What the person who starts a run sees.
    title: String,
    /// Type of Azure Pipelines.
    kind: &'static str,
    /// Type of Azure ML.
    ml_type: &'static str,
    /// What the spec says.
    default: serde_json::Value,
    /// The same for Azure ML: a number without an exponent, a truth value or text.
    ml_default: Plain,
    /// The least value.
    min: Option<Fragment>,
    /// What it is.
    description: String,
    /// Flag of `train` with the component's input.
    flag: Fragment,
    /// Flag of `train` with the spec's value, as words of a shell.
    pub words: String,
    /// How a step of the pipeline reads it from the pipeline.
    binding: Fragment,
    /// Environment variable of the script.
    pub variable: Fragment,
    /// Extended regular expression of good values.
    pattern: Fragment,
    /// The same in words.
    expects: Fragment,
}

/// A scalar of Azure ML.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Plain {
    /// A number or truth value, as it stands.
    Code(Fragment),
    /// Text.
    Text(String),
}

/// What differs from one input to the next.
struct Draft<'a> {
    name: &'a str,
    title: String,
    kind: &'static str,
    ml_type: &'static str,
    default: serde_json::Value,
    ml_default: Plain,
    min: Option<&'a str>,
    /// What of the flag stands before the value, and whether a shell must keep both together.
    flag: String,
    quoted: bool,
    /// Whether the variable is marked as a parameter's: any name is possible then.
    marked: bool,
    pattern: String,
    expects: &'a str,
}

impl Draft<'_> {
    fn finish(self) -> TrainingInput {
        let name = self.name;
        let value = match &self.ml_default {
            Plain::Code(code) => code.as_str().to_owned(),
            Plain::Text(text) => text.clone(),
        };
        let input = format!("${{{{inputs.{name}}}}}");
        let (flag, words) = match (self.quoted, self.flag.ends_with('=')) {
            (true, true) => {
                let (flag, stem) = self.flag.split_once(' ').unwrap_or((&self.flag, ""));
                (format!("{flag} \"{stem}{input}\""), format!("{flag} {stem}{value}"))
            }
            (true, false) => (format!("{} \"{input}\"", self.flag), format!("{} {value}", self.flag)),
            (false, _) => (format!("{} {input}", self.flag), format!("{} {value}", self.flag)),
        };
        let variable = if self.marked { format!("PARAMETER_{name}") } else { name.to_owned() }.to_ascii_uppercase();
        TrainingInput {
            name: Fragment::new(name),
            description: format!("{}.", self.title),
            title: self.title,
            kind: self.kind,
            ml_type: self.ml_type,
            default: self.default,
            ml_default: self.ml_default,
            min: self.min.map(Fragment::new),
            flag: Fragment::new(flag),
            words,
            binding: Fragment::new(format!("${{{{parent.inputs.{name}}}}}")),
            variable: Fragment::new(variable),
            pattern: Fragment::new(self.pattern),
            expects: Fragment::new(self.expects),
        }
    }
}

/// The parameters of the project's algorithm, and those of the search for others; of a sweep the values to choose from stand in the
/// pipeline.
pub(super) fn inputs(project: &Project) -> Vec<TrainingInput> {
    let sweep = project.model.search.as_ref().filter(|search| search.sweep);
    let mut all = fixed_inputs(project);
    match sweep {
        Some(search) => all.push(folds(search)),
        None => all.extend(project.model.search.iter().flat_map(searched)),
    }
    all
}

/// Inputs of a trial that the sweep gives it, one for each parameter that is searched.
pub(super) fn trial_inputs(project: &Project) -> Vec<TrainingInput> {
    let model = &project.model;
    let sweep = model.search.iter().filter(|search| search.sweep);
    let first = |one: &Candidates| Parameter { name: one.name.clone(), value: kind_of(one) };
    sweep.flat_map(|search| &search.candidates).map(|one| fixed(&first(one), model.algorithm)).collect()
}

/// The first of some candidates, of a kind that holds all of them.
fn kind_of(candidates: &Candidates) -> ParameterValue {
    let whole = candidates.values.iter().all(|value| matches!(value, ParameterValue::Integer(_)));
    let number = |value: &ParameterValue| matches!(value, ParameterValue::Integer(_) | ParameterValue::Number(_));
    match candidates.values.first() {
        Some(ParameterValue::Integer(first)) if !whole && candidates.values.iter().all(number) => {
            ParameterValue::Number(*first as f64)
        }
        Some(first) => first.clone(),
        None => ParameterValue::Integer(0),
    }
}

fn fixed_inputs(project: &Project) -> Vec<TrainingInput> {
    let model = &project.model;
    model.parameters.iter().map(|parameter| fixed(parameter, model.algorithm)).collect()
}

/// Flags of `train` that no run changes, in Azure ML.
pub(super) fn constant_flags(project: &Project) -> Vec<String> {
    match project.model.search.as_ref().filter(|search| search.sweep) {
        Some(search) => vec![format!("--trial {}", stages(search))],
        None => local_flags(project),
    }
}

/// How often a trial says how good it is: with halving, on few rows first, then on thrice as many, and so on.
fn stages(search: &Search) -> u32 {
    if search.strategy == Strategy::Halving { search.combinations().ilog(3) + 1 } else { 1 }
}

/// Flags of `train` that no run changes, where the search is in one process.
fn local_flags(project: &Project) -> Vec<String> {
    let search = project.model.search.as_ref().filter(|search| search.of_penalty().is_none());
    search.map(|search| format!("--search {}", search.strategy.as_str())).into_iter().collect()
}

/// The flags of `train` with the values of the spec, for people and laptops: words of a shell, in lines that fit a page.
pub(super) fn words(project: &Project) -> String {
    let searched = project.model.search.iter().flat_map(searched);
    let own = fixed_inputs(project).into_iter().chain(searched).map(|input| input.words);
    let mut lines = vec![String::new()];
    for flag in own.chain(local_flags(project)) {
        let full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + flag.len() > 90);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{gap}{flag}"));
        }
    }
    lines.join(" \\\n  ")
}

fn fixed(parameter: &Parameter, algorithm: Algorithm) -> TrainingInput {
    let name = parameter.name.as_str();
    let (kind, ml_type, default, ml_default, pattern, expects) = match &parameter.value {
        ParameterValue::Number(_) => (
            // A `number` of Azure Pipelines would be read and printed anew, and take no exponent.
            "string",
            "number",
            parameter.value.to_string().into(),
            Plain::Code(Fragment::new(parameter.value.to_string())),
            format!("^[-+]?{NUMBER}$"),
            "a number",
        ),
        ParameterValue::Integer(number) => (
            "number",
            "integer",
            (*number).into(),
            Plain::Code(Fragment::new(number.to_string())),
            "^[-+]?[0-9]+$".to_owned(),
            "a whole number",
        ),
        ParameterValue::Boolean(truth) => (
            "boolean",
            "boolean",
            (*truth).into(),
            Plain::Code(Fragment::new(truth.to_string())),
            "^([Tt]rue|[Ff]alse)$".to_owned(),
            "true or false",
        ),
        ParameterValue::Word(word) => (
            "string",
            "string",
            word.as_str().into(),
            Plain::Text(word.as_str().to_owned()),
            "^[A-Za-z0-9_.:+][A-Za-z0-9_.:+-]*$".to_owned(),
            "a word of letters, digits and _ . : + -",
        ),
    };
    if name == "alpha" && matches!(algorithm, Algorithm::Ridge | Algorithm::Logistic) {
        let ml_default = Plain::Code(Fragment::new(penalty(&parameter.value)));
        return Draft {
            name,
            title: "Penalty of the squared coefficients".to_owned(),
            kind,
            ml_type,
            default,
            ml_default,
            min: Some("0"),
            flag: "--alpha".to_owned(),
            quoted: false,
            marked: false,
            pattern: format!("^{NUMBER}$"),
            expects: "a number, 0 or greater",
        }
        .finish();
    }
    Draft {
        name,
        title: format!("Parameter {name} of {}", algorithm.in_words()),
        kind,
        ml_type,
        default,
        ml_default,
        min: None,
        flag: format!("--parameter {name}="),
        quoted: true,
        marked: true,
        pattern,
        expects,
    }
    .finish()
}

/// A penalty, for which a whole number is as good as any.
fn penalty(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Number(number) => number.to_string(),
        other => other.to_string(),
    }
}

fn whole_number(name: &'static str, title: &str, value: u32, least: &'static str, flag: &str) -> TrainingInput {
    Draft {
        name,
        title: title.to_owned(),
        kind: "number",
        ml_type: "integer",
        default: value.into(),
        ml_default: Plain::Code(Fragment::new(value.to_string())),
        min: Some(least),
        flag: flag.to_owned(),
        quoted: false,
        marked: false,
        pattern: if least == "2" { "^([2-9]|[1-9][0-9]+)$" } else { "^[1-9][0-9]*$" }.to_owned(),
        expects: if least == "2" { "a whole number, 2 or greater" } else { "a whole number, 1 or greater" },
    }
    .finish()
}

fn folds(search: &Search) -> TrainingInput {
    whole_number("folds", "Folds of the cross-validation", search.folds, "2", "--folds")
}

fn searched(search: &Search) -> Vec<TrainingInput> {
    let folds = folds(search);
    if let Some(penalties) = search.of_penalty() {
        let joined = penalties.values.iter().map(penalty).collect::<Vec<_>>().join(",");
        let alphas = Draft {
            name: "alphas",
            title: "Candidates for the penalty, separated by commas".to_owned(),
            kind: "string",
            ml_type: "string",
            default: joined.as_str().into(),
            ml_default: Plain::Text(joined),
            min: None,
            flag: "--alphas".to_owned(),
            quoted: true,
            marked: false,
            pattern: format!("^{NUMBER}(,{NUMBER})+$"),
            expects: "two or more numbers, separated by commas",
        };
        return vec![alphas.finish(), folds];
    }
    let mut all: Vec<TrainingInput> =
        search.candidates.iter().map(|candidates| choices(&candidates.name, candidates.joined())).collect();
    all.push(folds);
    if search.strategy == Strategy::Random {
        let title = "Combinations that the search tries";
        all.push(whole_number("iterations", title, search.iterations, "1", "--iterations"));
    }
    all
}

fn choices(name: &ParameterName, joined: String) -> TrainingInput {
    Draft {
        name: &format!("{name}_candidates"),
        title: format!("Candidates for {name}, separated by commas"),
        kind: "string",
        ml_type: "string",
        default: joined.as_str().into(),
        ml_default: Plain::Text(joined),
        min: None,
        flag: format!("--candidates {name}="),
        quoted: true,
        marked: true,
        pattern: "^[A-Za-z0-9_.:+-]+(,[A-Za-z0-9_.:+-]+)*$".to_owned(),
        expects: "values, separated by commas",
    }
    .finish()
}
