//! Task, algorithm, parameters, search and metric.

use super::*;
use crate::artifacts::ml::data_contract;
use crate::project::model::{Algorithm, Floor, MetricName, ParameterValue, Task};
use insta::assert_snapshot;

/// [`SMALL`] with another target, and more of the model.
fn model(target: &str, more: &str) -> String {
    small(&[("[a, b, y]", &format!("[a, b, {target}]")), ("runtime: python", more)])
}

const CATEGORY: &str = "{name: y, type: category}";

#[test]
fn a_classification_has_its_own_algorithm_and_metric() {
    let project = good(&model(CATEGORY, "runtime: python, task: classification"));
    assert_eq!(project.model.task, Task::Classification { classes: None, threshold: None });
    assert_eq!((project.model.algorithm, project.model.metric.name), (Algorithm::Logistic, MetricName::LogLoss));
    assert_eq!(project.model.parameters, []);
    let text = model(CATEGORY, "runtime: rust, task: classification, classes: [no, yes], threshold: 0.4");
    let project = good(&text);
    assert_eq!(project.model.parameters[0].value, ParameterValue::Number(1.0));
    let task = serde_json::json!({"kind": "classification", "classes": ["no", "yes"], "threshold": 0.4});
    assert_eq!(data_contract(&project)["task"], task);
    let levels = good(&model("{name: y, type: category, levels: [lo, hi]}", "runtime: rust, task: classification"));
    assert_eq!(data_contract(&levels)["task"]["classes"], serde_json::json!(["lo", "hi"]));
}

#[test]
fn an_algorithm_or_a_metric_of_classes_says_what_is_predicted() {
    for more in ["algorithm: logistic", "metric: {name: auc}", "algorithm: logistic, metric: {name: f1, minimum: 0.6}"]
    {
        let project = good(&model("y", &format!("runtime: python, {more}")));
        assert!(project.model.task.classifies(), "{more}");
    }
    for more in ["algorithm: random-forest", "metric: {name: r2}", "algorithm: ridge"] {
        assert_eq!(good(&model("y", &format!("runtime: python, {more}"))).model.task, Task::Regression, "{more}");
    }
}

#[test]
fn task_and_target_agree() {
    assert_snapshot!(says(&model(CATEGORY, "runtime: python")), @r"5:38 «y» a regression predicts a number, not a category (say `model: {task: classification}`)");
    assert_snapshot!(says(&model("{name: y, type: boolean}", "runtime: python, classes: [a, b], threshold: 0.3")), @r"
    5:38 «y» a regression predicts a number, not a boolean (say `model: {task: classification}`)
    6:26 «classes» `classes` is for a classification, and the task is a regression (say `task: classification`, or take `classes` away)
    6:43 «threshold» `threshold` is for a classification, and the task is a regression (say `task: classification`, or take `threshold` away)
    ");
    assert_snapshot!(says(&model("{name: y, type: datetime}", "runtime: python, task: classification")), @r"5:38 «y» a datetime has no classes to predict (make the target a category, or choose `task: regression` with a number as target)");
}

#[test]
fn classes_are_values_of_the_target() {
    let task =
        |target: &str, more: &str| says(&model(target, &format!("runtime: python, task: classification, {more}")));
    assert_snapshot!(task(CATEGORY, "classes: [only]"), @r"6:48 «classes» a classification has at least two classes, this has 1 (list them all, or leave `classes` out: they are those of the training rows then)");
    assert_snapshot!(task(CATEGORY, "classes: [a, b, a, c], threshold: 0.5"), @r"
    6:64 «a» `a` is a class already
    6:71 «threshold» a threshold is for two classes, and there are 4 (take it away: the most likely class is predicted)
    ");
    assert_snapshot!(task("{name: y, type: boolean}", "classes: ['no', 'yes']"), @r"
    6:58 «'no'» `no` is no class of the boolean `y`: those are `false` and `true`
    6:64 «'yes'» `yes` is no class of the boolean `y`: those are `false` and `true`
    ");
    assert_snapshot!(task("{name: y, type: integer}", "classes: ['0', '1.0']"), @r"6:63 «'1.0'» `1.0` is no class of `y`, which holds numbers: their shortest form is, as in `1` or `0.5`");
    assert_snapshot!(task("{name: y, type: category, levels: [a, b]}", "classes: [a, c]"), @r"
    6:48 «classes» the target's level `b` is none of the classes (leave `classes` out: the target's levels are the classes then)
    6:61 «c» `c` is none of the levels of `y`
    ");
    assert_snapshot!(task("{name: y, type: category, levels: [a]}", "threshold: 1"), @r"
    5:38 «y» a classification has at least two classes, and the target has 1 level
    6:59 «1» `model.threshold` is more than 0 and less than 1, not 1
    ");
}

#[test]
fn the_algorithm_fits_task_and_runtime() {
    assert_snapshot!(says(&model(CATEGORY, "runtime: python, task: classification, algorithm: ridge")), @r"6:59 «ridge» ridge regression predicts numbers, and the task is a classification (choose `algorithm: logistic` or another classifier, or `task: regression`)");
    assert_snapshot!(says(&model("y", "runtime: python, task: regression, algorithm: logistic")), @r"6:55 «logistic» logistic regression predicts classes, and the task is a regression (choose `task: classification`, or `algorithm: ridge`)");
    assert_snapshot!(says(&model("y", "runtime: rust, algorithm: random-forest")), @r"6:35 «random-forest» Rust has ridge and logistic regression, and not a random forest (choose `runtime: python`, or leave `algorithm` out)");
    assert_snapshot!(says(&model("y", "runtime: rust, algorithm: forest")), @r"6:35 «forest» `model.algorithm` is one of ridge, logistic, random-forest, gradient-boosting, lightgbm, xgboost, custom, not `forest`");
    assert_snapshot!(says(&model("{name: words, type: text}, y", "runtime: rust")), @r"5:77 «text» ridge regression learns from numbers and categories, not from text (choose `runtime: python` with `algorithm: custom`, make it a category, or leave the column out: files may hold more columns)");
    good(&model("{name: words, type: text}, y", "runtime: python, algorithm: custom"));
}

#[test]
fn parameters_are_those_of_the_algorithm() {
    let of = |algorithm: &str, parameters: &str| {
        model("y", &format!("runtime: python, algorithm: {algorithm}, parameters: {parameters}"))
    };
    let project =
        good(&of("gradient-boosting", "{n_estimators: 200, learning_rate: 0.05, loss: huber, warm_start: false}"));
    let values: Vec<String> = project.model.parameters.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    assert_eq!(values, ["learning_rate=0.05", "loss=huber", "n_estimators=200", "warm_start=false"]);
    assert_snapshot!(says(&of("random-forest", "{n_estimator: 200, criterion: '$(x)', max_features: '0.5'}")), @r"
    6:65 «n_estimator» a random forest has no parameter `n_estimator` (did you mean `n_estimators`?)
    6:94 «'$(x)'» a parameter's value is a number, true or false, or a word of letters, digits and _ . : + -
    6:116 «'0.5'» `0.5` would be read as something else than a word: take the quotes away
    ");
    assert_snapshot!(says(&of("custom", "{data: 1, 1st: 2, depth: [1], layers: 3, Layers: 4}")), @r"
    6:58 «data» `data` is an input of the training job already
    6:67 «1st» a parameter's name is letters, digits and underscores, a letter in front
    6:75 «depth» `model.parameters.depth` is true or false or a whole number or a number or text, not a list
    6:87 «layers» another parameter differs from `layers` by case only, which pipelines cannot tell apart
    ");
    assert_snapshot!(says(&model("y", "runtime: rust, parameters: {tol: 1}")), @r"6:37 «tol» ridge regression in Rust has no parameter `tol` (it has alpha)");
    let logistic = "runtime: python, task: classification, parameters: {alpha: 1}";
    assert_snapshot!(says(&model(CATEGORY, logistic)), @r"6:61 «alpha» logistic regression has no parameter `alpha` (scikit-learn's is `C`, which is 1 / alpha)");
}

#[test]
fn a_search_has_candidates() {
    let of = |runtime: &str, more: &str| model("y", &format!("runtime: {runtime}, {more}"));
    let project = good(&of(
        "python",
        "algorithm: lightgbm, parameters: {verbosity: -1}, search: {strategy: random, iterations: 30, candidates: {num_leaves: [15, 31], boosting_type: [gbdt, dart]}}",
    ));
    let search = project.model.search.unwrap();
    assert_eq!((search.iterations, search.folds, search.candidates[1].joined()), (30, 5, "15,31".to_owned()));
    let short = good(&of("rust", "search: {candidates: {alpha: [0.1, 1]}}"));
    let long = good(&of("rust", "parameters: {alphas: [0.1, 1]}"));
    assert!(short.model.search.unwrap().of_penalty().is_some());
    assert_eq!(long.model.parameters, []);
    assert_snapshot!(says(&of("python", "parameters: {alpha: 1}, search: {candidates: {alpha: [1, 1, 2]}, iterations: 3}")), @r"
    6:72 «alpha» `alpha` is fixed in `parameters`, or the best of candidates, not both
    6:83 «1» 1 is a candidate already
    6:91 «iterations» `iterations` is for a random search, and this is grid
    ");
    assert_snapshot!(says(&of("rust", "search: {strategy: halving, candidates: {alpha: [1], C: [1, 2]}}")), @r"
    6:43 «halving» Rust tries every candidate: its search is a grid of penalties (choose `strategy: grid`, or `runtime: python`)
    6:65 «alpha» a search has at least two candidates
    6:77 «C» ridge regression in Rust has no parameter `C` (it has alpha)
    ");
    assert_snapshot!(says(&of("python", "parameters: {alphas: [1, 2]}, search: {candidates: {}}")), @r"
    6:39 «alphas» `alphas` is a search, and `search` is another (write `search: {candidates: {alpha: […]}}`)
    6:65 «candidates» a search has candidates for at least one parameter
    ");
}

#[test]
fn the_metric_measures_what_is_predicted_and_has_a_floor_on_its_bad_side() {
    let project = good(&model(CATEGORY, "runtime: python, task: classification, metric: {name: auc, minimum: 0.7}"));
    assert_eq!(project.model.metric.floor, Some(Floor::Minimum(0.7)));
    assert_snapshot!(says(&model("y", "runtime: python, task: regression, metric: {name: auc}")), @r"6:59 «auc» auc measures classes, and the task is a regression (choose one of mse, rmse, mae, r2, mape, or `task: classification`)");
    assert_snapshot!(says(&model(CATEGORY, "runtime: python, task: classification, metric: {name: r2}")), @r"6:63 «r2» r2 measures numbers, and the task is a classification (choose one of auc, log-loss, f1, accuracy, brier, balanced-accuracy, or `task: regression`)");
    assert_snapshot!(says(&model("y", "runtime: python, metric: {minimum: 3}")), @r"6:35 «minimum» mse is better when it is smaller, so its floor is a `maximum` (write `maximum`)");
    assert_snapshot!(says(&model("y", "runtime: python, metric: {name: r2, minimum: 0, maximum: 1}")), @r"6:57 «maximum» r2 is better when it is greater, so its floor is a `minimum` (write `minimum`)");
}

#[test]
fn instances_share_sums_that_add_up() {
    let spread = |columns: &str, model: &str| {
        let text = small(&[("[a, b, y]", columns), ("runtime: python", model)]);
        text + "training: {instances: 2}\n"
    };
    good(&spread("[a, b, y]", "runtime: python"));
    assert_snapshot!(says(&spread("[a, b, y]", "runtime: python, algorithm: xgboost")), @r"10:23 «2» instances share sums of the rows, which ridge regression is made of, and XGBoost is not (choose `instances: 1`, or `algorithm: ridge`)");
    assert_snapshot!(says(&spread("[a, {name: b, required: false}, y]", "runtime: rust")), @r"10:23 «2» instances share sums of required numbers, and `b` is not one (choose `instances: 1`)");
    assert_snapshot!(says(&spread("[a, b, y]", "runtime: python, parameters: {solver: svd}")), @r"10:23 «2» several instances know no parameter but `alpha` (choose `parameters: {alpha: …}`, or `instances: 1`)");
}
