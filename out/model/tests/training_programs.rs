//! The programs of the training side, as a pipeline runs them.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DIABETES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/diabetes.csv");

/// A folder with a contract for the diabetes data.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let header = std::fs::read_to_string(DIABETES).unwrap().lines().next().unwrap().to_owned();
        let columns: Vec<Value> =
            header.split(',').map(|name| serde_json::json!({"name": name, "type": "number"})).collect();
        place.write_contract(&serde_json::json!({"version": 1, "target": "target", "columns": columns,
            "holdout": {"fraction": 0.2, "seed": 0}, "distribution": {"psi": 0.2, "mean_sigmas": 3.0}}));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write_contract(&self, contract: &Value) {
        std::fs::write(self.path("contract.json"), contract.to_string()).unwrap();
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs a program in the folder, with the contract and without the environment's MLflow and Azure Pipelines.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(program, arguments);
        command.output().unwrap()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(match program {
            "train" => env!("CARGO_BIN_EXE_train"),
            "evaluate" => env!("CARGO_BIN_EXE_evaluate"),
            "register" => env!("CARGO_BIN_EXE_register"),
            _ => env!("CARGO_BIN_EXE_data-test"),
        });
        command.current_dir(self.0.path()).args(arguments);
        for name in ["TF_BUILD", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a program that must succeed; its standard output.
    fn good(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        assert_eq!(code(&output), 0, "{program} {arguments:?}: {}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn train(&self, alpha: &str, output: &str) {
        self.good("train", &["--data", DIABETES, "--contract", "contract.json", "--alpha", alpha, "--output", output]);
    }

    /// The arguments of an evaluation by mean squared error.
    fn evaluate(&self, challenger: &str, champion: &str, more: &[&str]) -> String {
        let base =
            ["--data", DIABETES, "--contract", "contract.json", "--metric", "mse", "--output", "evaluation.json"];
        let arguments = [&base, ["--challenger", challenger, "--champion", champion].as_slice(), more].concat();
        self.good("evaluate", &arguments)
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn train_writes_a_model_folder_that_others_can_read() {
    let place = Place::new();
    place.train("0.4", "new/folder");
    let metrics = place.json("new/folder/metrics.json");
    assert!((metrics["holdout"]["mse"].as_f64().unwrap() - 3_295.714_938_563_238).abs() < 1e-6);
    assert_eq!(metrics["rows"], 353);
    let model = mlops_model::artifact::Model::load_from_folder(&place.path("new/folder")).unwrap().unwrap();
    assert_eq!(
        model.features().iter().map(|f| f.input.name.as_str()).take(3).collect::<Vec<_>>(),
        ["age", "sex", "bmi"]
    );
    assert_eq!(model.file().alpha, 0.4);
}

#[test]
fn train_searches_for_alpha_and_fits_on_all_rows_when_asked() {
    let place = Place::new();
    let base = ["--data", DIABETES, "--contract", "contract.json", "--output", "m"];
    place.good("train", &[&base, ["--alphas", "10,0.1,0.01", "--folds", "5", "--fit-on", "all"].as_slice()].concat());
    let metrics = place.json("m/metrics.json");
    assert_eq!(metrics["rows"], 442);
    assert_eq!(metrics["search"].as_array().unwrap().len(), 3);
    assert_eq!(metrics["alpha"], 0.01);
}

#[test]
fn shards_and_combine_give_the_numbers_of_one_process() {
    let place = Place::new();
    place.train("0.4", "one");
    std::fs::create_dir(place.path("parts")).unwrap();
    for shard in ["0/3", "1/3", "2/3"] {
        let partial = format!("parts/{}.json", &shard[..1]);
        place.good(
            "train",
            &["--data", DIABETES, "--contract", "contract.json", "--shard", shard, "--partial", &partial],
        );
    }
    place.good("train", &["--combine", "parts", "--contract", "contract.json", "--alpha", "0.4", "--output", "sum"]);
    let (one, sum) = (place.json("one/model.json"), place.json("sum/model.json"));
    for (a, b) in one["features"].as_array().unwrap().iter().zip(sum["features"].as_array().unwrap()) {
        let (a, b) = (a["coefficients"][0][0].as_f64().unwrap(), b["coefficients"][0][0].as_f64().unwrap());
        assert!((a - b).abs() <= 1e-9 * a.abs(), "{a} {b}");
    }
    assert_eq!(one["training"]["data_blake3"], sum["training"]["data_blake3"]);
}

#[test]
fn train_explains_what_is_wrong_and_exits_with_2() {
    let place = Place::new();
    std::fs::write(place.path("bad.csv"), "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,target\n1,2,3,4,5,6,7,8,9,ten,11\n")
        .unwrap();
    let refusal = |arguments: &[&str]| {
        let output = place.run("train", arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        errors(&output)
    };
    let with =
        |data, alpha| refusal(&["--data", data, "--contract", "contract.json", "--alpha", alpha, "--output", "m"]);
    assert_eq!(with("bad.csv", "1"), "error: bad.csv: row 1 (line 2), column 's6': 'ten' is not a number\n");
    assert!(with("nowhere.csv", "1").starts_with("error: cannot read nowhere.csv: "));
    assert_eq!(with(DIABETES, "-1"), "error: alpha -1 is not a penalty, expected a finite number of 0 or more\n");
    assert!(
        refusal(&["--data", DIABETES, "--contract", "none.json", "--alpha", "1", "--output", "m"])
            .starts_with("error: cannot read the data contract none.json: ")
    );
    assert!(
        refusal(&["--data", DIABETES, "--contract", "contract.json", "--shard", "3/3", "--partial", "p.json"])
            .contains("expected I/N with I from 0 to N-1")
    );
    assert!(
        refusal(&["--data", DIABETES, "--contract", "contract.json", "--output", "m"]).contains("--data needs --alpha")
    );
    assert!(!place.path("m").exists(), "nothing is written when training fails");
}

#[test]
fn a_fit_that_cannot_be_trusted_is_said_on_the_runs_page() {
    let place = Place::new();
    std::fs::write(place.path("t.csv"), "a,b,y\n1,1,1\n2,2,2\n3,3,4\n").unwrap();
    let columns = ["a", "b", "y"].map(|name| serde_json::json!({"name": name, "type": "number"}));
    place.write_contract(&serde_json::json!({"version": 1, "target": "y", "columns": columns}));
    let arguments = ["--data", "t.csv", "--contract", "contract.json", "--alpha", "0", "--output", "m"];
    let output = place.command("train", &arguments).env("TF_BUILD", "True").output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(errors(&output).starts_with("warning: the 2 centred features have rank 1"), "{}", errors(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("##vso[task.logissue type=warning]the 2 centred features"), "{printed}");
    assert_eq!(place.json("m/metrics.json")["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn evaluate_promotes_the_first_and_the_better_and_exits_with_0_otherwise_too() {
    let place = Place::new();
    place.train("100", "weak");
    place.train("0.4", "strong");
    std::fs::create_dir(place.path("empty")).unwrap();
    for (challenger, champion, promote) in [
        ("weak", "nowhere", true),
        ("weak", "empty", true),
        ("strong", "weak", true),
        ("weak", "strong", false),
        ("weak", "weak", false),
    ] {
        let printed = place.evaluate(challenger, champion, &[]);
        let evaluation = place.json("evaluation.json");
        assert_eq!(evaluation["promote"], promote, "{challenger} {champion}");
        assert_eq!(evaluation["champion"].is_null(), matches!(champion, "nowhere" | "empty"));
        assert_eq!(printed.starts_with("promote: "), promote, "{printed}");
        assert!(!printed.contains("##vso"), "only Azure Pipelines is spoken to in logging commands");
    }
    place.evaluate("strong", "weak", &["--margin", "1e9"]);
    assert_eq!(place.json("evaluation.json")["promote"], false);
    place.evaluate("weak", "strong", &["--direction", "maximize"]);
    assert_eq!(place.json("evaluation.json")["promote"], true);
}

#[test]
fn evaluate_sets_the_output_variable_under_azure_pipelines() {
    let place = Place::new();
    place.train("1", "m");
    let base = ["--data", DIABETES, "--contract", "contract.json", "--metric", "r2", "--output", "evaluation.json"];
    let arguments = [&base, ["--challenger", "m", "--champion", "m"].as_slice()].concat();
    let output = place.command("evaluate", &arguments).env("TF_BUILD", "True").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.ends_with("\n##vso[task.setvariable variable=promote;isOutput=true]false\n"), "{printed}");
    let broken = [&base, ["--challenger", "nowhere"].as_slice()].concat();
    let output = place.run("evaluate", &broken);
    assert_eq!(code(&output), 2);
    assert!(errors(&output).contains("cannot read the model nowhere"), "{}", errors(&output));
}

#[test]
fn data_test_exits_with_0_for_good_data_1_for_bad_and_2_for_none() {
    let place = Place::new();
    place.train("1", "m");
    let base =
        ["--contract", "contract.json", "--baseline", "m", "--junit", "out/junit.xml", "--report", "out/report.txt"];
    let printed = place.good("data-test", &[&base, ["--data", DIABETES].as_slice()].concat());
    assert_eq!(printed, std::fs::read_to_string(place.path("out/report.txt")).unwrap());
    assert!(printed.starts_with("data-test: 442 rows, ") && printed.contains(" 0 failed"), "{printed}");
    let text = std::fs::read_to_string(DIABETES).unwrap();
    std::fs::write(place.path("bad.csv"), text.replacen("0.0", "none", 1)).unwrap();
    let output = place.run("data-test", &[&base, ["--data", "bad.csv"].as_slice()].concat());
    assert_eq!(code(&output), 1);
    let xml = std::fs::read_to_string(place.path("out/junit.xml")).unwrap();
    assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
    assert_eq!(code(&place.run("data-test", &[&base, ["--data", "nowhere.csv"].as_slice()].concat())), 2);
    let output = place.run("data-test", &["--data", DIABETES, "--contract", "contract.json", "--baseline", "nowhere"]);
    assert_eq!(
        (code(&output), errors(&output).as_str()),
        (0, "note: nowhere has no model.json, there is no baseline yet\n")
    );
}

#[test]
fn register_does_nothing_for_a_model_that_is_not_promoted() {
    let place = Place::new();
    place.train("1", "m");
    place.evaluate("m", "m", &[]);
    // No tracking server is named: none may be needed.
    let arguments =
        ["--model", "m", "--name", "n", "--evaluation", "evaluation.json", "--champion", "c", "--output", "r.json"];
    let printed = place.good("register", &arguments);
    assert!(printed.starts_with("not registered: "), "{printed}");
    assert_eq!(place.json("r.json")["registered"], false);
    assert!(!place.path("c").exists(), "the champion stays");
}

#[test]
fn register_explains_what_is_wrong_and_leaves_the_champion_alone() {
    let place = Place::new();
    place.train("1", "m");
    place.evaluate("m", "none", &[]);
    let refusal = |model: &str, uri: &[&str]| {
        let base = [
            "--model",
            model,
            "--name",
            "n",
            "--evaluation",
            "evaluation.json",
            "--champion",
            "c",
            "--output",
            "r.json",
        ];
        let output = place.run("register", &[&base, uri].concat());
        assert_eq!(code(&output), 2);
        assert!(!place.path("c").exists() && !place.path("r.json").exists());
        errors(&output)
    };
    assert!(refusal("m", &[]).contains("set --tracking-uri or MLFLOW_TRACKING_URI"));
    assert!(refusal("m", &["--tracking-uri", "sqlite:///x"]).contains("'sqlite:///x' is not usable"));
    // Nobody listens on the port of `discard` (RFC 863), and no other test is given it.
    let nobody = "http://127.0.0.1:9";
    let refused = refusal("m", &["--tracking-uri", nobody]);
    assert!(refused.contains("cannot search the model versions at 127.0.0.1:9"), "{refused}");
    place.train("2", "other");
    assert!(refusal("other", &["--tracking-uri", nobody]).contains("is of another model than"));
    assert!(Path::new(DIABETES).exists());
}
