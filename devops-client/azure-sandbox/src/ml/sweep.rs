//! A sweep: the trial's command once for each combination of the search space, and the outputs of the best one by the metric
//! that trials log. (Documents: "CLI (v2) sweep job YAML schema", "Hyperparameter tuning a model".) Trials that a policy would
//! end early go to their end here: nothing is saved, and nothing else is found.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::bind::Bound;
use super::command::{self, Ended};
use super::log::say;
use super::work::{Work, is_cancelled};
use crate::folders;

/// Combinations are not listed beyond this.
const MOST: usize = 10_000;

/// Which parameters to try.
type Combination = BTreeMap<String, String>;

/// How a trial ended, and how good it was.
struct Tried {
    number: usize,
    found: Option<f64>,
}

/// What a sweep is told to do.
struct Sweep<'a> {
    trial: &'a Value,
    metric: &'a str,
    maximize: bool,
    at_a_time: usize,
    combinations: Vec<Combination>,
}

/// Carries out a sweep; `bound` has the inputs of its trial and the folders that the best one's outputs go to.
pub(super) fn run(work: &Work<'_>, job: &Value, bound: &Bound, folder: &Path) -> Result<Ended, String> {
    let sweep = Sweep::of(job)?;
    let count = sweep.combinations.len();
    say(
        work.store,
        work.name,
        &format!("a sweep of {count} trials, {} at a time, by {}", sweep.at_a_time, sweep.metric),
    );
    let waiting: Mutex<VecDeque<(usize, &Combination)>> = Mutex::new(sweep.combinations.iter().enumerate().collect());
    let tried: Mutex<Vec<Result<Tried, String>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..sweep.at_a_time {
            scope.spawn(|| {
                loop {
                    let next = locked(&waiting).pop_front();
                    let Some((number, combination)) = next.filter(|_| !is_cancelled(work)) else { break };
                    let done = one(work, job, &sweep, number, combination, bound, folder);
                    locked(&tried).push(done);
                }
            });
        }
    });
    if is_cancelled(work) {
        return Ok(Ended::Cancelled);
    }
    let tried = tried.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut tried = tried.into_iter().collect::<Result<Vec<Tried>, String>>()?;
    // The first of equals.
    tried.sort_by_key(|tried| tried.number);
    let found = tried.iter().filter_map(|tried| Some((tried.number, tried.found?)));
    let better = |a: f64, b: f64| if sweep.maximize { a > b } else { a < b };
    let Some((best, value)) = found.reduce(|best, next| if better(next.1, best.1) { next } else { best }) else {
        return Ok(Ended::Badly(format!("none of {count} trials ended well and logged the metric {}", sweep.metric)));
    };
    let shown: Vec<String> = sweep.combinations[best].iter().map(|(name, value)| format!("{name}={value}")).collect();
    let line = format!("the best trial is {best}, {} with {}: {value}", sweep.metric, shown.join(", "));
    say(work.store, work.name, &line);
    for (name, to) in &bound.outputs {
        let from = trial_folder(folder, best).join("outputs").join(name);
        if from.exists() {
            folders::copy(&from, to)?;
        }
    }
    Ok(Ended::Well)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn trial_folder(folder: &Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("trial-{number}"))
}

/// Carries out one trial. Errors where the sweep itself cannot go on.
fn one(
    work: &Work<'_>,
    job: &Value,
    sweep: &Sweep<'_>,
    number: usize,
    combination: &Combination,
    bound: &Bound,
    folder: &Path,
) -> Result<Tried, String> {
    let own = trial_folder(folder, number);
    let mut inner = bound.clone();
    inner.inputs.extend(combination.clone());
    for (name, path) in &mut inner.outputs {
        *path = own.join("outputs").join(name);
        std::fs::create_dir_all(&*path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    }
    let run = work.registry.begin(&work.experiment, &format!("{}_{number}", work.name))?;
    let mut job = job.clone();
    job["limits"] = json!({ "timeout": job["limits"]["trial_timeout"] });
    job["environment_variables"]["MLFLOW_RUN_ID"] = json!(run);
    let ended = command::run(work, &job, sweep.trial, &inner, &own)?;
    let found = match ended {
        Ended::Well => work.registry.metric(&run, sweep.metric)?,
        Ended::Badly(message) => {
            say(work.store, work.name, &format!("trial {number} failed: {message}"));
            None
        }
        Ended::Cancelled => None,
    };
    Ok(Tried { number, found })
}

impl<'a> Sweep<'a> {
    /// What a job says; what is not carried out here is named.
    fn of(job: &'a Value) -> Result<Self, String> {
        let trial = &job["trial"];
        if !trial.is_object() {
            return Err("the sweep has no trial".to_owned());
        }
        let metric = job["objective"]["primary_metric"].as_str().ok_or("the sweep has no objective.primary_metric")?;
        let maximize = match job["objective"]["goal"].as_str() {
            Some("maximize") => true,
            Some("minimize") => false,
            _ => return Err("objective.goal of the sweep is neither minimize nor maximize".to_owned()),
        };
        let limit = |name: &str| job["limits"][name].as_u64().and_then(|count| usize::try_from(count).ok());
        let most = limit("max_total_trials").unwrap_or(MOST).min(MOST);
        let sampling = &job["sampling_algorithm"];
        let kind = sampling.as_str().or(sampling["type"].as_str()).unwrap_or_default();
        let combinations = match kind {
            "grid" => combinations(&job["search_space"], most, |number, _| number)?,
            "random" => combinations(&job["search_space"], most, shuffled)?,
            other => return Err(format!("the sampling `{other}` is not carried out here; grid and random are")),
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let at_a_time = limit("max_concurrent_trials").unwrap_or(processors).clamp(1, processors);
        Ok(Self { trial, metric, maximize, at_a_time, combinations })
    }
}

/// The combinations of a search space of choices, at most so many; `place` says which one comes when.
fn combinations(space: &Value, most: usize, place: fn(usize, usize) -> usize) -> Result<Vec<Combination>, String> {
    let mut choices: Vec<(String, Vec<String>)> = vec![];
    for (name, choice) in space.as_object().into_iter().flatten() {
        let values = choice["values"].as_array().filter(|values| !values.is_empty());
        match (choice["type"].as_str(), values) {
            (Some("choice"), Some(values)) => {
                let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                choices.push((name.clone(), values.iter().map(shown).collect()));
            }
            _ => return Err(format!("search_space.{name}: only choices with values are carried out here")),
        }
    }
    let total = choices.iter().try_fold(1usize, |product, (_, values)| product.checked_mul(values.len()));
    let total = total.filter(|total| *total <= MOST && !choices.is_empty());
    let total = total.ok_or_else(|| format!("search_space has no combinations, or more than {MOST}"))?;
    let nth = |number: usize| {
        let mut rest = place(number, total);
        let mut made = Combination::new();
        // The last parameter changes first.
        for (name, values) in choices.iter().rev() {
            made.insert(name.clone(), values[rest % values.len()].clone());
            rest /= values.len();
        }
        made
    };
    Ok((0..total.min(most)).map(nth).collect())
}

/// Another order of all numbers below `total`, always the same one: a step that shares no divisor with it.
fn shuffled(number: usize, total: usize) -> usize {
    let shares = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a > 1
    };
    let mut step = total * 5 / 8 + 1;
    while shares(step, total) {
        step += 1;
    }
    (number * step + total / 3) % total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(sampling: &str, trials: u64) -> Value {
        json!({
            "type": "sweep", "trial": {"type": "command"}, "sampling_algorithm": sampling,
            "search_space": {"a": {"type": "choice", "values": [1, 2, 3]}, "b": {"type": "choice", "values": ["x", "y"]}},
            "objective": {"goal": "minimize", "primary_metric": "mae"}, "limits": {"max_total_trials": trials},
        })
    }

    #[test]
    fn a_grid_is_every_combination_once_and_random_some_of_them() {
        let all = |sampling, trials| Sweep::of(&job(sampling, trials)).map(|sweep| sweep.combinations).unwrap();
        let shown: Vec<String> = all("grid", 100).iter().map(|one| format!("{}{}", one["a"], one["b"])).collect();
        assert_eq!(shown, ["1x", "1y", "2x", "2y", "3x", "3y"]);
        let mut random = all("random", 6);
        assert_ne!(random, all("grid", 6));
        random.sort();
        assert_eq!(random, all("grid", 6), "all of them, in another order");
        assert_eq!(all("random", 4).len(), 4);
        assert_eq!(all("grid", 2).len(), 2);
    }

    #[test]
    fn what_is_not_carried_out_is_named() {
        let refused = |change: fn(&mut Value), expected: &str| {
            let mut job = job("grid", 4);
            change(&mut job);
            let Err(message) = Sweep::of(&job) else { panic!("taken") };
            assert!(message.contains(expected), "{message}");
        };
        refused(|job| job["sampling_algorithm"] = json!("bayesian"), "bayesian");
        refused(
            |job| job["search_space"]["a"] = json!({"type": "uniform", "min_value": 0, "max_value": 1}),
            "search_space.a",
        );
        refused(|job| job["objective"]["goal"] = json!("best"), "objective.goal");
        refused(|job| job["trial"] = json!(null), "no trial");
        refused(|job| job["search_space"] = json!({}), "no combinations");
    }
}
