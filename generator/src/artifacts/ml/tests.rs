use super::super::sample::{full, load, project, tree};
use super::input::{data_type, incoming};
use crate::project::Project;
use crate::tree::RenderedTree;

fn text(tree: &RenderedTree, path: &str) -> String {
    tree.get(path).and_then(|file| file.text()).unwrap_or_else(|| panic!("there is no {path}")).to_owned()
}

/// A small project with `data` and further lines of spec.
fn small(data: &str, more: &str) -> Project {
    load(&format!(
        "version: 1\nproject: {{name: prices}}\nazure: {{location: westeurope}}\nmodel: {{runtime: rust}}\n\
         devops: {{organization: contoso, project: ml}}\ndata: {{path: {data}, target: y, columns: [x, y]}}\n\
         environments: [{{name: live, target: kubernetes}}]\n{more}\n"
    ))
}

#[test]
fn a_switched_off_feature_leaves_nothing_behind() {
    let tree = tree(&project());
    let paths: Vec<&str> = tree.iter().map(|(path, _)| path.as_str()).filter(|path| path.starts_with("ml/")).collect();
    for gone in ["collect", "gather", "shard", "batch", "schedules"] {
        assert!(!paths.iter().any(|path| path.contains(gone)), "{gone}: {paths:?}");
    }
    for path in ["ml/pipelines/training.yml", "ml/jobs/retrain.yml"] {
        let text = text(&tree, path);
        for gone in ["scoring_logs", "outcomes", "incoming", "shard", "folds"] {
            assert!(!text.contains(gone), "{path} speaks of {gone}");
        }
    }
}

#[test]
fn both_runtimes_call_the_same_flags() {
    let mut python = full();
    let mut rust = full();
    python.model.runtime = crate::project::model::Runtime::Python;
    rust.model.runtime = crate::project::model::Runtime::Rust;
    let (python, rust) = (tree(&python), tree(&rust));
    for step in ["data-test", "train", "evaluate", "register", "collect", "score-batch"] {
        let path = format!("ml/components/{step}.yml");
        let program = if step == "score-batch" { "score" } else { step };
        let module = format!("python -m diabetes.{}", program.replace('-', "_"));
        let commands = |text: String| text.split_once("\ncommand:").map(|(_, command)| command.to_owned());
        let called = commands(text(&python, &path)).map(|command| command.replace(&module, program));
        assert!(called.is_some(), "{path} has no command");
        assert_eq!(called, commands(text(&rust, &path)), "{path}");
    }
}

#[test]
fn tags_of_the_spec_are_data_and_no_part_of_a_command() {
    let tree = tree(&project());
    assert!(text(&tree, "ml/components/register.yml").contains("--tag \"$MODEL_TAG_1\""));
    assert!(!text(&tree, "ml/components/register.yml").contains("heart"));
    let pipeline: serde_json::Value =
        serde_saphyr::from_str(&text(&tree, "ml/pipelines/training.yml")).expect("the pipeline is YAML");
    let variables = &pipeline["jobs"]["register"]["environment_variables"];
    assert_eq!(variables["MODEL_TAG_1"], r#"area=the "heart" {= x =}"#);
}

#[test]
fn a_file_is_a_file_and_anything_else_a_folder() {
    for (path, wanted) in [
        ("data/a.csv", "uri_file"),
        ("data/history.PARQUET", "uri_file"),
        ("data/history", "uri_folder"),
        ("azureml://datastores/lake/paths/prices/", "uri_folder"),
        ("azureml://datastores/lake/paths/prices/all.csv", "uri_file"),
    ] {
        assert_eq!(data_type(&small(path, "")), wanted, "{path}");
    }
}

#[test]
fn new_data_is_learned_from_beside_the_asset() {
    let project = small("data/a.csv", "training: {onNewData: {container: arrivals, prefix: y=2026/}}");
    assert_eq!(incoming(&project).as_deref(), Some("azureml://datastores/arrivals/paths/y=2026/"));
    let tree = tree(&project);
    let pipeline = text(&tree, "ml/pipelines/training.yml");
    assert!(pipeline.contains("data: ${{parent.jobs.gather.outputs.training_data}}"), "{pipeline}");
    assert!(tree.get("ml/datastores/arrivals.yml").is_some());
    assert!(text(&tree, "ml/components/evaluate.yml").contains("type: uri_folder"));
}

#[test]
fn an_asset_that_is_the_watched_folder_is_not_read_twice() {
    let more = "training: {onNewData: {container: arrivals, prefix: prices/}}";
    assert_eq!(incoming(&small("azureml://datastores/arrivals/paths/prices/", more)), None);
    assert!(incoming(&small("azureml://datastores/arrivals/paths/other/", more)).is_some());
}

#[test]
fn what_jobs_write_does_not_count_as_new_data() {
    let project = full();
    let data = format!("datastores/{}/", super::names::datastore(&project.platform.data_container));
    for path in ["ml/pipelines/training.yml", "ml/jobs/score-batch.yml"] {
        assert!(!text(&tree(&project), path).contains(&data), "{path} writes into the data container");
    }
}

#[test]
fn the_data_contract_names_every_column_in_order() {
    let tree = tree(&project());
    let contract: serde_json::Value =
        serde_json::from_str(&text(&tree, "data/data-contract.json")).expect("it is JSON");
    let names: Vec<&str> =
        contract["columns"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["age", "bmi", "target"]);
    assert_eq!(contract["columns"][1]["max"], 0.2);
    assert_eq!(contract["columns"][0].get("max"), None);
    assert_eq!(contract["target"], "target");
}

#[test]
fn a_name_that_windows_keeps_for_a_device_gets_another_file() {
    assert_eq!([super::names::stem("weekly"), super::names::stem("con")], ["weekly", "con_"]);
}

/// [`small`] with a category as target and another model.
fn classes(model: &str) -> RenderedTree {
    tree(&load(&format!(
        "version: 1\nproject: {{name: churn}}\nazure: {{location: westeurope}}\nmodel: {{task: classification, {model}}}\n\
         devops: {{organization: contoso, project: ml}}\n\
         data: {{path: data/c.csv, target: y, columns: [x, {{name: y, type: category, levels: [no, yes]}}]}}\n\
         environments: [{{name: live, target: kubernetes}}]\n"
    )))
}

#[test]
fn parameters_and_candidates_are_inputs_from_the_retrain_pipeline_to_the_program() {
    let tree = classes(
        "runtime: python, algorithm: random-forest, parameters: {n_estimators: 50, max_features: 1.0, bootstrap: true, \
         criterion: entropy}, search: {strategy: random, iterations: 4, candidates: {max_depth: [2, 4]}}",
    );
    let train = text(&tree, "ml/components/train.yml");
    for line in [
        "  n_estimators:\n    type: integer\n    default: 50\n",
        "  max_features:\n    type: number\n    default: 1.0\n",
        "  bootstrap:\n    type: boolean\n    default: true\n",
        "  criterion:\n    type: string\n    default: entropy\n",
        "  --parameter \"n_estimators=${{inputs.n_estimators}}\"\n",
        "  --candidates \"max_depth=${{inputs.max_depth_candidates}}\"\n",
        "  --iterations ${{inputs.iterations}}\n",
        "  --search random\n",
    ] {
        assert!(train.contains(line), "{line:?} is not in\n{train}");
    }
    assert!(text(&tree, "ml/jobs/retrain.yml").contains("      max_features: ${{parent.inputs.max_features}}\n"));
    assert!(text(&tree, "pipelines/retrain.yml").contains("  - name: max_depth_candidates\n"));
    assert!(text(&tree, "pipelines/retrain.yml").contains("PARAMETER_CRITERION: ${{ parameters.criterion }}\n"));
    let submit = text(&tree, "pipelines/scripts/submit-retrain.sh");
    assert!(submit.contains("settings+=(\"inputs.criterion=$PARAMETER_CRITERION\")\n"), "{submit}");
}

#[test]
fn the_floor_and_what_cannot_be_compared_reach_the_program() {
    let tree = classes("runtime: rust, metric: {name: auc, minimum: 0.7, incomparable: keep}");
    let evaluate = text(&tree, "ml/components/evaluate.yml");
    for line in [
        "    enum: [auc, log-loss, f1, accuracy, brier, balanced-accuracy]\n",
        "  minimum:\n    type: number\n    default: 0.7\n",
        "  --minimum ${{inputs.minimum}}\n",
        "  --incomparable keep\n",
    ] {
        assert!(evaluate.contains(line), "{line:?} is not in\n{evaluate}");
    }
    assert!(text(&tree, "data/example-request.json").contains("{\"data\":[[0.0]]}"));
    let plain = classes("runtime: rust");
    assert!(!text(&plain, "ml/components/evaluate.yml").contains("minimum"));
}
