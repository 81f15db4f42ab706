//! From a file to a project that `check` accepts.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use super::{inferred, made, spec, table};

fn mlops_gen() -> Command {
    let mut command = Command::cargo_bin("mlops-gen").expect("the program is built");
    command.env("NO_COLOR", "1").env_remove("GIT_DIR");
    command
}

fn init(root: &Path, data: &Path, target: &str, runtime: &str) -> Value {
    let run = mlops_gen()
        .args(["init", "--yes", "--no-git", "--json", "--runtime", runtime, "--target", target, "--data"])
        .args([data, root])
        .assert()
        .code(0);
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn check(root: &Path) {
    let run = mlops_gen().current_dir(root).arg("check").assert();
    let output = run.get_output();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_project_of_own_data_passes_its_check_in_both_runtimes() {
    for (name, runtime) in
        [("titanic.csv", "rust"), ("wohnungen.csv", "rust"), ("house-prices.csv", "python"), ("adult.data", "python")]
    {
        let case = table::cases().into_iter().find(|case| case.file == name).unwrap();
        let folder = TempDir::new().unwrap();
        let (data, root) = (folder.path().join(name), folder.path().join("demo"));
        std::fs::write(&data, &case.bytes).unwrap();
        let value = init(&root, &data, case.target, runtime);
        assert_eq!(value["data"]["target"], case.target);
        assert_eq!(value["data"]["exact"], true);
        let path = value["data"]["path"].as_str().unwrap();
        if value["data"]["rewritten"].is_null() {
            assert_eq!(std::fs::read(root.join(path)).unwrap(), case.bytes, "{name}");
        }
        check(&root);
        // A render leaves the data alone.
        let before = std::fs::read(root.join(path)).unwrap();
        mlops_gen().current_dir(&root).arg("render").assert().code(0);
        assert_eq!(std::fs::read(root.join(path)).unwrap(), before);
    }
}

#[test]
fn a_folder_is_one_table_without_hidden_files_and_made_up_rows() {
    let folder = TempDir::new().unwrap();
    let (data, root) = (folder.path().join("My Parts"), folder.path().join("demo"));
    std::fs::create_dir_all(data.join("2026/.ipynb_checkpoints")).unwrap();
    let rows = |from: usize| -> String {
        (from..from + 120).map(|n| format!("{},{}.5,{}\n", n * 7919 % 100, n * 31 % 57, n * n % 83)).collect()
    };
    let head = "age,spend,y\n";
    std::fs::write(data.join("a.csv"), format!("{head}{}", rows(0))).unwrap();
    std::fs::write(data.join("2026/b.csv"), format!("{head}{}", rows(120))).unwrap();
    std::fs::write(data.join("_SUCCESS"), "").unwrap();
    std::fs::write(data.join("_old.csv"), "x;y\n").unwrap();
    std::fs::write(data.join(".DS_Store"), [0, 1]).unwrap();
    std::fs::write(data.join("2026/.ipynb_checkpoints/b-checkpoint.csv"), "x;y\n").unwrap();
    let value = init(&root, &data, "y", "python");
    assert_eq!((&value["data"]["rows"], &value["data"]["files"]), (&240.into(), &2.into()), "{value}");
    assert_eq!(value["data"]["path"], "data/My-Parts");
    let mut found: Vec<String> = mlops_gen::edge::own_data::files_of(&root.join("data/My-Parts"))
        .unwrap()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    found.sort();
    assert_eq!(found, ["2026/b.csv", "a.csv"]);
    check(&root);
}

#[test]
fn parquet_has_types_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("readings.parquet");
    made::parquet(&path);
    let (text, said, _) = spec(&folder.path().join("p"), &path, "paid", "rust");
    for piece in [
        "path: data/readings.parquet",
        "- {name: amount, min: 0, max: 500",
        "- {name: kind, type: category, levels: [big, small]}",
        "- {name: \"on\", type: boolean}",
        "- {name: seen, type: datetime}",
        "- {name: gap, min: 0",
        "required: false, whenMissing: indicator}",
        "# left out: raw, bytes, which no model learns from",
    ] {
        assert!(text.contains(piece), "{piece}\n{text}");
    }
    assert!(!text.contains("csv:") && said.contains("300 rows, 7 columns; Parquet"), "{said}");
    mlops_gen::load("parquet", &text).unwrap();
}

#[test]
fn a_spreadsheet_becomes_a_file_that_training_reads() {
    let folder = TempDir::new().unwrap();
    let (data, root) = (folder.path().join("Sales 2026.xlsx"), folder.path().join("demo"));
    made::spreadsheet(&data);
    let value = init(&root, &data, "price", "rust");
    assert_eq!(value["data"]["path"], "data/Sales-2026.csv");
    let text = std::fs::read_to_string(root.join("data/Sales-2026.csv")).unwrap();
    assert!(text.starts_with("sold,area,city,price\n2025-01-01,10.5,Ghent,100\n"), "{text}");
    let spec = std::fs::read_to_string(root.join("mlops.yaml")).unwrap();
    assert!(spec.contains("- {name: sold, type: datetime}"), "{spec}");
    check(&root);
}

#[test]
fn data_in_their_place_stay_there() {
    let case = table::cases().into_iter().find(|case| case.file == "telco.csv").unwrap();
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("demo");
    let data = root.join("data/raw/telco.csv");
    std::fs::create_dir_all(data.parent().unwrap()).unwrap();
    std::fs::write(&data, &case.bytes).unwrap();
    let value = init(&root, &data, case.target, "rust");
    assert_eq!(value["data"]["path"], "data/raw/telco.csv");
    assert_eq!(std::fs::read(&data).unwrap(), case.bytes);
    check(&root);
    // The folder with the project's own files is no folder of data, and a file of the same name is not written over.
    let other = folder.path().join("other");
    std::fs::create_dir_all(other.join("data")).unwrap();
    std::fs::write(other.join("data/telco.csv"), &case.bytes).unwrap();
    let (seen, source) = inferred(&other.join("data"), case.target).unwrap();
    let why = mlops_gen::edge::own_data::place(&other, &source, &seen).unwrap_err().to_string();
    assert!(why.contains("name a file in it"), "{why}");
    let (seen, source) = inferred(&data, case.target).unwrap();
    let why = mlops_gen::edge::own_data::place(&other, &source, &seen).unwrap_err().to_string();
    assert!(why.contains("something is there already"), "{why}");
}

#[test]
fn tabs_and_commas_are_what_the_ending_of_the_copy_says() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("not-tabs.tsv");
    let text: String = (0..60).map(|n| format!("{n}.5,{}.5\n", n * 37 % 61)).collect();
    std::fs::write(&path, format!("a,y\n{text}")).unwrap();
    let (text, _, placed) = spec(&folder.path().join("p"), &path, "y", "rust");
    assert_eq!(placed.path, "data/not-tabs.csv");
    assert!(text.contains("path: data/not-tabs.csv") && !text.contains("delimiter"), "{text}");
}

#[test]
fn a_large_file_is_sampled_and_that_is_said() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("large.csv");
    let mut text = "age,city,y\n".to_owned();
    for n in 0..700_000_u32 {
        text.push_str(&format!("{},{},{}.5\n", n % 90, ["Ghent", "\"Den\nHaag\"", "Paris"][n as usize % 3], n % 1013));
    }
    std::fs::write(&path, &text).unwrap();
    let (inferred, _) = inferred(&path, "y").unwrap();
    let lines = mlops_gen::data::report::lines(&inferred, "large.csv");
    assert!(lines[0].contains("of which a sample was read"), "{}", lines[0]);
    let rows = inferred.facts.table.all.unwrap().count();
    assert!((680_000..720_000).contains(&rows), "{rows}");
    assert!(inferred.doubts.iter().any(|doubt| doubt.kind == "sampled"));
    assert!(
        inferred.columns.iter().all(|column| column.left_out.is_none() && column.missing == 0),
        "{:?}",
        inferred.columns
    );
}

#[test]
fn a_project_of_another_layout_gives_its_settings_and_says_what_is_left() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let rows: String = (0..240).map(|n| format!("{}.5,{},{}\n", n % 17, n % 5, 3 * (n % 17) + n % 7)).collect();
    for (path, text) in [
        (
            "config-infra-prod.yml",
            "variables:\n  namespace: taxifares\n  location: northeurope\n  training_target_max_nodes: 3\n  own: 1\n",
        ),
        ("mlops/azureml/train/data.yml", "name: fares\npath: ../../../data/fares.csv\n"),
        ("data-science/src/train/train.py", "TARGET_COL = \"cost\"\nmodel = RandomForestRegressor()\n"),
        ("data-science/environment/train-conda.yml", "dependencies:\n- pip:\n  - holidays==0.50\n  - azureml-sdk\n"),
        ("data/fares.csv", &format!("distance,passengers,cost\n{rows}")),
    ] {
        let path = old.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let run = mlops_gen().args(["init", "--yes", "--no-git", "--from"]).args([&old, &new]).assert();
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert_eq!(run.get_output().status.code(), Some(0), "{said}");
    for line in [
        "taken    config-infra-prod.yml:3: variables.location -> azure.location: northeurope",
        "left     config-infra-prod.yml:5: variables.own = 1: nothing in a spec stands for it",
        "left     holidays==0.50: requirements-train.txt lacks them",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let spec = std::fs::read_to_string(new.join("mlops.yaml")).unwrap();
    for line in [
        "  name: taxifares",
        "  algorithm: random-forest",
        "  compute: {maxNodes: 3}",
        "  asset: fares",
        "  target: cost",
    ] {
        assert!(spec.contains(&format!("\n{line}\n")), "{line}\n{spec}");
    }
    check(&new);
}
