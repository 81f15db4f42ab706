//! `model.parameters` and `model.search`

use super::issues::Issues;
use super::training::whole;
use crate::project::model::{
    Algorithm, Candidates, Parameter, ParameterName, ParameterValue, Runtime, Search, Strategy, Task,
};
use crate::project::parameter::Word;
use crate::spec::located::path::Path;
use crate::spec::{
    ModelSpec, ParameterSpec, ParametersSpec, SearchPlaceSpec, SearchSpec, StrategySpec, did_you_mean, listed,
};

/// The penalty when none is given, as in scikit-learn.
const DEFAULT_ALPHA: f64 = 1.0;
const DEFAULT_FOLDS: u32 = 5;
const DEFAULT_ITERATIONS: u32 = 20;
/// Trials of a sweep (azure-ai-ml, `SweepJobLimits.max_total_trials`: 1 to 1000).
const MOST_TRIALS: u32 = 1000;

/// The fixed parameters, and the search for others.
pub(super) fn check(
    model: &ModelSpec,
    runtime: Option<Runtime>,
    algorithm: Algorithm,
    task: &Task,
    at: &Path,
    issues: &mut Issues,
) -> Option<(Vec<Parameter>, Option<Search>)> {
    let before = issues.count();
    let known = Known::new(runtime?, algorithm, task);
    let parameters_at = at.key("parameters");
    let penalties = penalties(&model.parameters, &parameters_at, issues);
    let mut fixed = fixed(&model.parameters, &known, &parameters_at, issues);
    if model.parameters.alphas.is_some() {
        known.accept("alpha", &parameters_at.key("alphas"), issues);
        if model.search.is_some() {
            issues
                .add(&parameters_at.key("alphas"), "`alphas` is a search, and `search` is another")
                .on_key()
                .about(at.key("search"))
                .help("write `search: {candidates: {alpha: […]}}`");
        }
    }
    let search = match &model.search {
        Some(search) => self::search(search, &fixed, runtime?, &known, &at.key("search"), issues),
        None => penalties,
    };
    let searched = |name: &str| search.iter().flat_map(|s| &s.candidates).any(|c| c.name.as_str() == name);
    let penalized =
        algorithm == Algorithm::Ridge || (algorithm == Algorithm::Logistic && runtime == Some(Runtime::Rust));
    if penalized && !searched("alpha") && !fixed.iter().any(|p| p.name.as_str() == "alpha") {
        let name = ParameterName::parse("alpha").unwrap_or_else(|_| unreachable!("`alpha` is a name"));
        fixed.insert(0, Parameter { name, value: ParameterValue::Number(DEFAULT_ALPHA) });
    }
    (issues.count() == before).then_some((fixed, search))
}

/// The names that an algorithm takes.
struct Known {
    algorithm: Algorithm,
    runtime: Runtime,
    /// None where it takes any name.
    names: Option<Vec<&'static str>>,
}

impl Known {
    fn new(runtime: Runtime, algorithm: Algorithm, task: &Task) -> Self {
        let names = match runtime {
            Runtime::Rust => Some(vec!["alpha"]),
            Runtime::Python => algorithm.parameters(task),
        };
        Self { algorithm, runtime, names }
    }

    /// Whether the algorithm takes `name`; if not, it is an issue.
    fn accept(&self, name: &str, at: &Path, issues: &mut Issues) -> bool {
        let Some(names) = self.names.as_ref().filter(|names| !names.contains(&name)) else { return true };
        let help = match (self.algorithm, name) {
            (Algorithm::Logistic, "alpha") => Some("scikit-learn's is `C`, which is 1 / alpha".to_owned()),
            (Algorithm::Logistic, "C") => Some("Rust's is `alpha`, which is 1 / C".to_owned()),
            _ => did_you_mean(name, names.iter().copied()),
        };
        let words = self.algorithm.in_words();
        let place = if self.runtime == Runtime::Rust { " in Rust" } else { "" };
        issues
            .add(at, format!("{words}{place} has no parameter `{name}`"))
            .on_key()
            .about(Path::root().keys(&["model", "algorithm"]))
            .help(help.unwrap_or_else(|| format!("it has {}", listed(names.iter().copied()))));
        false
    }
}

/// Penalties to choose from, in the short form.
fn penalties(parameters: &ParametersSpec, at: &Path, issues: &mut Issues) -> Option<Search> {
    let Some(alphas) = &parameters.alphas else {
        if parameters.folds.is_some() {
            issues.add(&at.key("folds"), "`folds` belongs to a search over `alphas`").on_key();
        }
        return None;
    };
    if parameters.alpha.is_some() {
        issues.add(&at.key("alphas"), "the penalty is a fixed `alpha` or the best of `alphas`, not both").on_key();
        return None;
    }
    for (i, alpha) in alphas.iter().enumerate() {
        if alphas[..i].contains(alpha) {
            issues.add(&at.key("alphas").index(i), format!("{alpha} is a candidate already"));
        }
    }
    Some(Search {
        strategy: Strategy::Grid,
        candidates: vec![Candidates {
            name: ParameterName::parse("alpha").ok()?,
            values: alphas.iter().map(|alpha| ParameterValue::Number(*alpha)).collect(),
        }],
        folds: parameters.folds.map_or(DEFAULT_FOLDS, whole),
        iterations: DEFAULT_ITERATIONS,
        sweep: false,
    })
}

fn fixed(parameters: &ParametersSpec, known: &Known, at: &Path, issues: &mut Issues) -> Vec<Parameter> {
    let alpha = parameters.alpha.map(|alpha| ("alpha", ParameterSpec::Number(alpha)));
    let others = parameters.others.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let mut fixed: Vec<Parameter> = Vec::new();
    for (name, value) in alpha.into_iter().chain(others) {
        let here = at.key(name);
        let value = value_of(&value, &here, issues);
        let Some(name) = named(name, &here, known, issues) else { continue };
        if fixed.iter().any(|other| other.name.as_str().eq_ignore_ascii_case(name.as_str())) {
            let message =
                format!("another parameter differs from `{name}` by case only, which pipelines cannot tell apart");
            issues.add(&here, message).on_key();
        }
        fixed.extend(value.map(|value| Parameter { name, value }));
    }
    fixed
}

fn named(name: &str, at: &Path, known: &Known, issues: &mut Issues) -> Option<ParameterName> {
    match ParameterName::parse(name) {
        Ok(name) => known.accept(name.as_str(), at, issues).then_some(name),
        Err(why) => {
            issues.add(at, why).on_key();
            None
        }
    }
}

fn value_of(value: &ParameterSpec, at: &Path, issues: &mut Issues) -> Option<ParameterValue> {
    match value {
        ParameterSpec::Boolean(truth) => Some(ParameterValue::Boolean(*truth)),
        ParameterSpec::Integer(number) => Some(ParameterValue::Integer(*number)),
        ParameterSpec::Number(number) => Some(ParameterValue::Number(*number)),
        ParameterSpec::Text(text) => issues.parse(at, text, Word::parse).map(ParameterValue::Word),
    }
}

fn search(
    search: &SearchSpec,
    fixed: &[Parameter],
    runtime: Runtime,
    known: &Known,
    at: &Path,
    issues: &mut Issues,
) -> Option<Search> {
    let strategy = match search.strategy {
        StrategySpec::Grid => Strategy::Grid,
        StrategySpec::Random => Strategy::Random,
        StrategySpec::Halving => Strategy::Halving,
    };
    if runtime == Runtime::Rust && strategy != Strategy::Grid {
        issues
            .add(&at.key("strategy"), "Rust tries every candidate: its search is a grid of penalties")
            .about(Path::root().keys(&["model", "runtime"]))
            .help("choose `strategy: grid`, or `runtime: python`");
    }
    if search.iterations.is_some() && strategy != Strategy::Random {
        issues
            .add(
                &at.key("iterations"),
                format!("`iterations` is for a random search, and this is {}", strategy.as_str()),
            )
            .on_key()
            .about(at.key("strategy"));
    }
    let here = at.key("candidates");
    let given = search.candidates.as_ref()?;
    if given.is_empty() {
        issues.add(&here, "a search has candidates for at least one parameter");
    }
    let mut candidates = Vec::new();
    for (name, values) in given {
        let here = here.key(name);
        let Some(name) = named(name, &here, known, issues) else { continue };
        if fixed.iter().any(|parameter| parameter.name == name) {
            let message = format!("`{name}` is fixed in `parameters`, or the best of candidates, not both");
            issues.add(&here, message).on_key().about(Path::root().keys(&["model", "parameters", name.as_str()]));
        }
        let mut kept: Vec<ParameterValue> = Vec::new();
        for (i, value) in values.0.iter().enumerate() {
            let Some(value) = value_of(value, &here.index(i), issues) else { continue };
            if kept.iter().any(|other| other.to_string() == value.to_string()) {
                issues.add(&here.index(i), format!("{value} is a candidate already"));
            }
            kept.push(value);
        }
        if kept.len() < 2 && runtime == Runtime::Rust {
            issues.add(&here, "a search has at least two candidates");
        }
        candidates.push(Candidates { name, values: kept });
    }
    let found = Search {
        strategy,
        candidates,
        folds: whole(search.folds),
        iterations: search.iterations.map_or(DEFAULT_ITERATIONS, whole),
        sweep: search.place == SearchPlaceSpec::Sweep,
    };
    if found.sweep {
        sweep(&found, runtime, at, issues);
    }
    Some(found)
}

/// A sweep is for jobs that take their time, and its service has a limit.
fn sweep(search: &Search, runtime: Runtime, at: &Path, issues: &mut Issues) {
    let here = at.key("where");
    if runtime == Runtime::Rust {
        issues
            .add(&here, "Rust finds the penalty from sums that it has already, in less time than a node takes to start")
            .about(Path::root().keys(&["model", "runtime"]))
            .help("choose `where: process`, or `runtime: python`");
    } else if search.trials() > MOST_TRIALS {
        let message =
            format!("a sweep of Azure ML has at most {MOST_TRIALS} trials, and these are {}", search.trials());
        issues
            .add(&here, message)
            .about(at.key("candidates"))
            .help("choose `strategy: random` with `iterations`, fewer candidates, or `where: process`");
    } else if search.combinations() < 2 {
        issues.add(&here, "one combination is none to choose from").about(at.key("candidates"));
    }
}
