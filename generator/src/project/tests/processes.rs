//! Several processes and several trials: who may have them, and what they are then; and what turns out later.

use super::{good, says, small, small_and};
use crate::project::metric::{Floor, MetricName};
use crate::project::training::DistributionKind;

/// A project with the team's own estimator.
fn own(training: &str) -> String {
    small(&[("runtime: python", "runtime: python, algorithm: custom")]) + &format!("training: {training}\n")
}

#[track_caller]
fn refused(spec: &str, why: &str) {
    let said = says(spec);
    assert!(said.contains(why), "{said}");
}

#[test]
fn an_estimator_of_ones_own_trains_in_several_processes() {
    let project = good(&own("{instances: 2, distribution: {type: pytorch, processesPerInstance: 4}}"));
    let distribution = project.training.distribution.unwrap();
    assert_eq!((distribution.kind, distribution.processes), (DistributionKind::Pytorch, 4));
    assert!(!project.training.sharded());
    let one = good(&own("{distribution: {type: mpi, processesPerInstance: 2}}")).training;
    assert_eq!((one.instances, one.distribution.unwrap().kind), (1, DistributionKind::Mpi));
    assert!(good(&own("{instances: 3, distribution: {type: ray}}")).training.distribution.is_some());
}

#[test]
fn what_would_train_something_else_in_silence_is_refused() {
    refused(&own("{instances: 2}"), "say how its processes are started, `distribution: {type: pytorch}`");
    refused(&own("{distribution: {type: pytorch}}"), "one process on one instance has nothing to be distributed over");
    refused(&own("{distribution: {type: ray}}"), "choose `instances: 2` or more, or take `distribution` away");
    let ray = own("{instances: 2, distribution: {type: ray, processesPerInstance: 2}}");
    refused(&ray, "Ray starts its workers itself");
    let distribution = "training: {instances: 2, distribution: {type: mpi}}\n";
    let rust = small(&[("runtime: python", "runtime: rust")]);
    refused(&format!("{rust}{distribution}"), "Rust trains in one process, or adds up the sums");
    refused(&small_and(distribution), "ridge regression would be trained by every process anew");
    let forest = small(&[("runtime: python", "runtime: python, algorithm: random-forest")]);
    refused(&format!("{forest}{distribution}"), "a random forest would be trained by every process anew");
    let search = small(&[(
        "runtime: python",
        "runtime: python, algorithm: custom, search: {where: sweep, candidates: {x: [1, 2]}}",
    )]);
    refused(&format!("{search}{distribution}"), "the trials of a sweep are single processes");
    refused(&own("{instances: 2, distribution: {type: tensorflow}}"), "pytorch");
}

#[test]
fn a_sweep_has_as_many_trials_as_there_are_combinations() {
    let sweep = |search: &str| {
        small(&[("runtime: python", &format!("runtime: python, algorithm: random-forest, search: {{{search}}}"))])
    };
    let search = |text: &str| good(&sweep(text)).model.search.unwrap();
    let grid = search("where: sweep, candidates: {n_estimators: [10, 20, 30], max_depth: [3, 5]}");
    assert!(grid.sweep && grid.trials() == 6);
    let random = search(
        "where: sweep, strategy: random, iterations: 4, candidates: {n_estimators: [10, 20, 30], max_depth: [3, 5]}",
    );
    assert_eq!((random.trials(), random.combinations()), (4, 6));
    assert!(!search("candidates: {max_depth: [3, 5]}").sweep);
    refused(&sweep("where: sweep, candidates: {max_depth: [3]}"), "one combination is none to choose from");
    let many: Vec<String> = (0..40).map(|i| i.to_string()).collect();
    let many = many.join(", ");
    let text = format!("where: sweep, candidates: {{max_depth: [{many}], n_estimators: [{many}]}}");
    refused(&sweep(&text), "a sweep of Azure ML has at most 1000 trials, and these are 1600");
    let rust = small(&[("runtime: python", "runtime: rust, search: {where: sweep, candidates: {alpha: [1, 2]}}")]);
    refused(&rust, "Rust finds the penalty from sums that it has already");
}

/// A project whose drift looks at outcomes.
fn outcomes(outcomes: &str, more: &str) -> String {
    let drift = format!("monitoring: {{mail: [a@b.example], drift: {{outcomes: {{{outcomes}}}}}}}");
    small_and(&format!("scoring: {{logging: {{omit: [b]}}}}\n{drift}\n{more}"))
}

#[test]
fn what_turns_out_is_held_against_the_floor_of_the_metric_or_a_limit_of_its_own() {
    let found = |text: &str, more: &str| good(&outcomes(text, more)).monitoring.drift.unwrap().outcomes.unwrap();
    let own = found("metric: mae, maximum: 3, key: [a], days: 60, minRows: 9", "");
    assert_eq!((own.metric, own.limit, own.worse), (MetricName::Mae, Some(Floor::Maximum(3.0)), None));
    assert_eq!((own.container.as_str(), own.days, own.min_rows), ("outcomes", 60, 9));
    assert_eq!(own.key.iter().map(|key| key.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(found("worse: 0.5", "").worse, Some(0.5));
    let floor = outcomes("days: 14", "").replace("runtime: python", "runtime: python, metric: {maximum: 7}");
    let floor = good(&floor).monitoring.drift.unwrap().outcomes.unwrap();
    assert_eq!((floor.metric, floor.limit), (MetricName::Mse, Some(Floor::Maximum(7.0))));
    let logs = "training: {scoringLogs: {outcomesContainer: arrivals}}\n";
    let collected = outcomes("worse: 1", logs).replace(", omit: [b]", "").replace("omit: [b]", "");
    assert_eq!(good(&collected).outcomes_container().map(|name| name.as_str()), Some("arrivals"));
}

#[test]
fn what_could_never_be_judged_is_refused() {
    refused(&outcomes("days: 14", ""), "nothing says which mse is good: neither a limit nor `worse`");
    refused(&outcomes("minimum: 1", ""), "mse is better when it is smaller, so its floor is a `maximum`");
    refused(&outcomes("metric: auc, minimum: 1", ""), "auc measures classes, and the task is a regression");
    refused(&outcomes("worse: 1, key: [aa]", ""), "no column is called `aa`");
    refused(&outcomes("worse: 1, key: [y]", ""), "`y` is the target, which is what turns out");
    refused(&outcomes("worse: 1, key: [a, a]", ""), "`a` is here already");
    refused(&outcomes("worse: 1, key: [b]", ""), "the log leaves `b` out");
    let logs = "training: {scoringLogs: {outcomesContainer: arrivals}}\n";
    let other = outcomes("worse: 1, container: others", logs).replace("omit: [b]", "");
    refused(&other, "training reads the outcomes in `arrivals`, and drift would read others");
    refused(&outcomes("worse: 1, container: models", ""), "the blob container `models`");
}
