use super::{Files, Layout, read};

fn files(all: &[(&str, &str)]) -> Files {
    all.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn sections(settings: &super::Settings) -> Vec<String> {
    let all = settings.sections().into_iter().filter(|(_, lines)| !lines.is_empty());
    all.map(|(section, lines)| format!("{section}: {}", lines.join("; "))).collect()
}

#[test]
fn a_project_like_mlops_python_gives_compute_scoring_model_and_says_what_is_left() {
    let origin = read(&files(&[
        (
            ".pipelines/wine-variables-template.yml",
            "variables:\n  - name: MODEL_NAME\n    value: wine_model.pkl\n  - name: AML_COMPUTE_CLUSTER_CPU_SKU\n    value: \
             STANDARD_NC6\n  - name: AML_CLUSTER_MAX_NODES\n    value: 2\n  - name: AML_CLUSTER_PRIORITY\n    value: \
             lowpriority\n  - name: OWN_VARIABLE\n    value: 7\n",
        ),
        (".env.example", "LOCATION = 'West Europe'\nBASE_NAME='Wine Shop'\nSP_APP_SECRET = 'hidden'\nMODEL_NAME = 'other'\n"),
        ("wine/parameters.json", "{\"training\": {\"alpha\": 0.5}}"),
        ("wine/scoring/deployment_config_aks.yml", "containerResourceRequirements:\n  cpu: 0.5\n  memoryInGB: 2\n"),
        ("wine/training/train.py", "# df.drop('no')\nX = df.drop('quality', axis=1).values\nmodel = Ridge(**args)\n"),
        ("wine/conda_dependencies.yml", "dependencies:\n- python=3.7\n- pip:\n  - scikit-learn\n  - lightgbm==3.0\n"),
        ("data/wine.csv", ""),
        ("data/wine_bad.csv", ""),
    ]))
    .unwrap();
    assert_eq!(origin.layout, Layout::MlopsPython);
    let settings = &origin.settings;
    assert_eq!(settings.name.as_deref(), Some("wine-shop"));
    assert_eq!(settings.location.as_deref(), Some("westeurope"));
    assert_eq!(settings.target.as_deref(), Some("quality"));
    assert_eq!(settings.data.as_deref(), Some("data/wine.csv"));
    assert_eq!(settings.requirements, ["lightgbm==3.0", "scikit-learn"]);
    let expected = [
        "model: name: wine-model; algorithm: ridge; parameters: {alpha: 0.5}",
        // The series has ended: the size to take instead.
        "training: compute: {sku: Standard_NC4as_T4_v3, maxNodes: 2, priority: low-priority}",
        "scoring: cpu: 0.5; memoryGiB: 2",
    ];
    assert_eq!(sections(settings), expected);
    let left: Vec<_> = origin.left.iter().map(|(said, why)| (said.key.as_str(), said.line, why.as_str())).collect();
    assert!(left.contains(&("variables.OWN_VARIABLE", Some(10), "nothing in a spec stands for it")), "{left:?}");
    assert!(left.contains(&("MODEL_NAME", Some(4), "`model.name` is wine-model already")), "{left:?}");
    assert!(left.iter().any(|(key, _, why)| *key == "SP_APP_SECRET" && why.contains("no secret")), "{left:?}");
}

#[test]
fn a_project_like_mlops_v2_gives_its_cluster_data_asset_and_parameters_of_the_command_line() {
    let origin = read(&files(&[
        (
            "config-infra-prod.yml",
            "variables:\n  ap_vm_image: ubuntu-20.04\n  namespace: taxi_fares\n  location: northeurope\n  training_target_sku: \
             Standard_D4ds_v5\n  training_target_min_nodes: 0\n  training_target_tier: dedicated\n  postfix: 0004\n",
        ),
        ("config-infra-dev.yml", "variables:\n  namespace: taxi_fares\n  location: uksouth\n"),
        ("mlops/azureml/train/data.yml", "type: uri_file\nname: taxi-data\npath: ../../../data/taxi-data.csv\n"),
        ("mlops/azureml/deploy/online/online-endpoint.yml", "name: taxi-online\nauth_mode: key\n"),
        (
            "data-science/src/train/train.py",
            "TARGET_COL = \"cost\"\nparser.add_argument('--regressor__n_estimators', type=int, default=500,\n  help='trees \
             (many)')\nparser.add_argument('--regressor__max_features', type=str, default='auto')\nparser.add_argument('--bootstrap', default=1)\nmodel = \
             RandomForestRegressor(n_estimators=1)\n",
        ),
        ("data-science/environment/train-conda.yml", "dependencies:\n- python=3.8\n- pip:\n  - pandas==1.2.1\n"),
        ("data/taxi-data.csv", ""),
        ("data/a.csv", ""),
    ]))
    .unwrap();
    assert_eq!(origin.layout, Layout::MlopsV2);
    let settings = &origin.settings;
    assert_eq!(settings.name.as_deref(), Some("taxi-fares"));
    assert_eq!(settings.target.as_deref(), Some("cost"));
    assert_eq!(settings.data.as_deref(), Some("data/taxi-data.csv"));
    let expected = [
        "data: asset: taxi-data",
        "model: algorithm: random-forest; parameters: {n_estimators: 500, bootstrap: true}",
        "training: compute: {sku: Standard_D4ds_v5, minNodes: 0, priority: dedicated}",
        "scoring: authentication: key",
    ];
    assert_eq!(sections(settings), expected);
    let why = |key: &str| origin.left.iter().find(|(said, _)| said.key.ends_with(key)).map(|(_, why)| why.as_str());
    assert_eq!(why("ap_vm_image"), Some("that image is no more or is no Linux: agents are ubuntu-24.04"));
    assert!(why("max_features").unwrap().contains("model.parameters"));
    assert_eq!(why("location"), Some("`azure.location` is northeurope already"));
}

#[test]
fn a_project_like_mlops_stacks_gives_target_and_schedule() {
    let origin = read(&files(&[
        ("fares/databricks.yml", "bundle:\n  name: fares\nvariables:\n  model_name: {default: fares_model}\n"),
        (
            "fares/resources/model-workflow-resource.yml",
            "a: &p\n  b: 1\nresources:\n  jobs:\n    train:\n      tasks:\n      - {task_key: T, notebook_task: \
             {base_parameters: {targets: fare_amount, model_type: regressor}}}\n      schedule:\n        \
             quartz_cron_expression: \"0 30 9 * * ?\"\n        timezone_id: UTC\n      <<: *p\n",
        ),
        ("fares/training/data/sample.parquet", ""),
        ("fares/requirements.txt", "# libraries\nmlflow==2.11.3\n-r other.txt\nnumpy>=1.23.0 # arrays\n"),
    ]))
    .unwrap();
    assert_eq!(origin.layout, Layout::MlopsStacks);
    assert_eq!(origin.settings.target.as_deref(), Some("fare_amount"));
    assert_eq!(origin.settings.data.as_deref(), Some("fares/training/data/sample.parquet"));
    assert_eq!(origin.settings.requirements, ["mlflow==2.11.3", "numpy>=1.23.0"]);
    let expected =
        ["model: name: fares-model", "training: schedules: [{name: taken-over, cron: \"30 9 * * *\", always: true}]"];
    assert_eq!(sections(&origin.settings), expected);
}

#[test]
fn other_folders_have_no_layout_and_broken_files_say_nothing() {
    assert!(read(&files(&[("main.py", "print()")])).is_none());
    let broken = read(&files(&[("config-infra-prod.yml", "a: [b\n"), ("train.py", "x.add_argument('--a', default=1")]));
    assert!(broken.is_some_and(|origin| origin.mapped.is_empty() && origin.left.is_empty()));
}
