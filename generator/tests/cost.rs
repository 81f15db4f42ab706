//! `mlops-gen cost` with a price list on this machine: every resource has a line or a reason, sums are those of the list,
//! what has no price is named, and without a network a copy answers or nothing does.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk

use std::path::Path;
use std::process::{Command, Output};

use devops_emulator::{Action, Double, Fault, Prices};
use serde_json::Value;
use tempfile::TempDir;

struct World {
    folder: TempDir,
    prices: Double<Prices>,
}

fn spec_of(case: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = if case == "out" {
        root.join("out/mlops.yaml")
    } else {
        root.join("tests/cases").join(case).join("mlops.yaml")
    };
    std::fs::read_to_string(path).unwrap()
}

impl World {
    async fn new(spec: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("mlops.yaml"), spec).unwrap();
        Self { folder, prices: Prices::new().start().await.unwrap() }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        command.current_dir(&self.folder).arg("cost").args(arguments).env("NO_COLOR", "1");
        command.env("MLOPS_GEN_PRICES_URL", self.prices.url()).env("MLOPS_GEN_CACHE", self.folder.path().join("cache"));
        command.output().unwrap()
    }

    fn cost(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["cost"].take()
    }
}

fn lines(cost: &Value) -> impl Iterator<Item = &Value> {
    cost["places"].as_array().unwrap().iter().flat_map(|place| place["lines"].as_array().unwrap())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Resources of a compiled template: all that has a type and a version and is not there already, modules left out.
fn resources(value: &Value, found: &mut u64) {
    let all: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return,
    };
    for one in all.iter().filter(|one| one["existing"] != true) {
        match one["type"].as_str() {
            Some("Microsoft.Resources/deployments") => resources(&one["properties"]["template"]["resources"], found),
            Some(_) => *found += 1,
            None => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_resource_has_a_line_or_a_reason_and_the_sums_are_those_of_the_list() {
    for case in ["out", "minimal", "private-network", "four-environments", "managed-endpoint"] {
        let world = World::new(&spec_of(case)).await;
        let rendered = Command::new(env!("CARGO_BIN_EXE_mlops-gen")).arg("render").current_dir(&world.folder).output();
        assert!(rendered.unwrap().status.success());
        let cost = world.cost(&[]);
        let mut total = 0.0;
        for place in cost["places"].as_array().unwrap() {
            let name = place["name"].as_str().unwrap();
            let folder = match name {
                "platform" => "infra/platform".to_owned(),
                name => format!("infra/environments/{name}"),
            };
            let mut made = 0;
            for file in std::fs::read_dir(world.folder.path().join(&folder)).unwrap() {
                let path = file.unwrap().path();
                let text = path.to_str().unwrap();
                if text.ends_with(".json") && !text.ends_with(".parameters.json") {
                    let template: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                    resources(&template["resources"], &mut made);
                }
            }
            let released = place["lines"].as_array().unwrap().iter().any(|line| line["module"] == "release");
            let looked_at = place["resources"].as_u64().unwrap() - u64::from(released);
            assert_eq!(looked_at, made, "{case}, {name}: {place:#}");
            let sum: f64 = place["lines"].as_array().unwrap().iter().filter_map(|line| line["amount"].as_f64()).sum();
            assert!((sum - number(&place["total"])).abs() < 0.01, "{case}, {name}: {sum} and {}", place["total"]);
            total += sum;
        }
        assert!((total - number(&cost["total"])).abs() < 0.02, "{case}: {total} and {}", cost["total"]);
        assert!(total > 10.0, "{case}: {total}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_quantities_at_the_prices_of_the_list_in_the_currency_of_the_spec() {
    let spec = spec_of("minimal");
    let world = World::new(&format!("{spec}\nusage: {{currency: EUR, trainingRuns: 10, trainingHours: 3}}\n")).await;
    let cost = world.cost(&["platform"]);
    assert_eq!((cost["currency"].as_str(), cost["places"].as_array().unwrap().len()), (Some("EUR"), 1));
    let line = |what: &str| {
        let found = lines(&cost).find(|line| line["what"].as_str().unwrap().contains(what));
        found.unwrap_or_else(|| panic!("no line of {what}: {cost:#}")).clone()
    };
    let registry = number(&line("registry")["amount"]);
    assert!((registry - 730.0 / 24.0 * 0.66 * 0.9).abs() < 0.001, "{registry}");
    let nodes = line("nodes for runs");
    assert_eq!(number(&nodes["quantity"]), 30.0);
    assert_eq!((nodes["scalesToZero"].as_bool(), nodes["fixed"].as_bool()), (Some(true), Some(false)));
    let hour = if nodes["meter"].as_str().unwrap().contains("low priority") { 0.2 } else { 1.0 };
    let size = nodes["meter"].as_str().unwrap();
    let price = world.prices.with_state(|prices| {
        let found = prices.entries.iter().find(|entry| !entry.arm_sku.is_empty() && size.contains(&entry.arm_sku));
        found.unwrap().price
    });
    assert!((number(&nodes["amount"]) - 30.0 * price * hour * 0.9).abs() < 0.001, "{nodes}");
    assert!(world.prices.requests().len() > 5, "the list is asked, page by page");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_price_is_named_and_not_counted() {
    let world = World::new(&spec_of("minimal")).await;
    let whole = number(&world.cost(&[])["total"]);
    let registry = 730.0 / 24.0 * 0.66;
    world.prices.with_state(|prices| prices.entries.retain(|entry| entry.service != "Container Registry"));
    std::fs::remove_dir_all(world.folder.path().join("cache")).unwrap();
    let cost = world.cost(&[]);
    assert!((whole - number(&cost["total"]) - registry).abs() < 0.01, "{whole} {}", cost["total"]);
    let unknown = cost["unknown"].as_array().unwrap();
    assert!(
        unknown.iter().any(|one| one["why"].as_str().unwrap().contains("Container Registry, Standard Registry Unit"))
    );
    let output = world.run(&[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("no price") && text.contains("not in the sum, because no price is known:"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_list_that_blocks_is_asked_again_and_not_with_all_questions_at_once() {
    let world = World::new(&spec_of("out")).await;
    let expected = world.cost(&[])["total"].clone();
    let asked = world.prices.requests().len();
    std::fs::remove_dir_all(world.folder.path().join("cache")).unwrap();
    let blocked = |retry_after| Fault::new("GET", "*", Action::TooManyRequests { retry_after });
    world.prices.add_fault(blocked(Some(0.01)).nth(2).times(3));
    world.prices.add_fault(blocked(None).nth(9).times(2));
    let slow = Fault::new("GET", "*", Action::Latency { millis: 20 }).always();
    world.prices.add_fault(slow);
    assert_eq!(world.cost(&[])["total"], expected);
    assert_eq!(world.prices.requests().iter().filter(|entry| entry.status == 429).count(), 5);
    assert_eq!(world.prices.requests().len(), 2 * asked + 5, "each that was blocked is asked again, and nothing else");
    std::fs::remove_dir_all(world.folder.path().join("cache")).unwrap();
    world.prices.add_fault(blocked(None).always());
    let output = world.run(&[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("answers 429"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_a_copy_answers_with_its_age_or_nothing_does() {
    let spec = format!(
        "{}\nmonitoring: {{mail: [a@b.example], budget: {{amount: 1, start: '2026-12-01'}}}}\n",
        spec_of("minimal")
    );
    let world = World::new(&spec).await;
    let output = world.run(&["--offline"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no copy of an earlier answer; run it once without --offline"), "{said}");
    let first = world.cost(&[]);
    let asked = world.prices.requests().len();
    // Copies of two days ago.
    for file in std::fs::read_dir(world.folder.path().join("cache/prices")).unwrap() {
        let path = file.unwrap().path();
        let mut copy: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        copy["asked"] = (copy["asked"].as_i64().unwrap() - 2 * 24 * 3600 - 60).into();
        std::fs::write(&path, copy.to_string()).unwrap();
    }
    let second = world.cost(&["--offline"]);
    assert_eq!(world.prices.requests().len(), asked);
    assert_eq!((&first["total"], second["prices"]["ageDays"].as_i64()), (&second["total"], Some(2)));
    let output = world.run(&["--offline"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("these prices are copies of 2 days ago"), "{said}");
    assert!(said.contains("above its budget of 1 (`monitoring.budget.amount`)"), "{said}");
}

/// Specs that people start from, each with its name.
fn beginnings() -> Vec<(String, String)> {
    let mut specs = vec![("out".to_owned(), spec_of("out"))];
    let rows: String = (0..80).map(|n| format!("{},{}.5,{}\n", 18 + n % 50, n, n * 3)).collect();
    for runtime in ["rust", "python"] {
        for data in [false, true] {
            let folder = TempDir::new().unwrap();
            std::fs::write(folder.path().join("own.csv"), format!("age,spend,owed\n{rows}")).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
            command.current_dir(&folder).args(["init", "made", "--yes", "--no-git", "--runtime", runtime]);
            if data {
                command.args(["--data", "own.csv", "--target", "owed"]);
            }
            let made = command.output().unwrap();
            assert!(made.status.success(), "{made:?}");
            let spec = std::fs::read_to_string(folder.path().join("made/mlops.yaml")).unwrap();
            specs.push((format!("init, {runtime}, own data: {data}"), spec));
        }
    }
    specs
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_start_from_has_room_in_its_budget() {
    for (name, spec) in beginnings() {
        let world = World::new(&spec).await;
        let cost = world.cost(&[]);
        assert_eq!(cost["warnings"], serde_json::json!([]), "{name}");
        let dearest =
            cost["places"].as_array().unwrap().iter().map(|place| number(&place["total"])).fold(0.0, f64::max);
        assert!(number(&cost["budget"]) >= 1.25 * dearest, "{name}: {} and {dearest}", cost["budget"]);
        assert!(dearest > 0.0, "{name}: the list has prices");
    }
}
