use super::*;
use crate::training::{FitOn, Penalty, TrainOptions, train};
use std::path::Path;

const DIABETES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/diabetes.csv");

/// A contract for the diabetes data with every kind of rule.
fn contract() -> DataContract {
    let columns = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"].map(|name| match name {
        "sex" => r#"{"name":"sex","type":"number","allowed":[0.05068011873981862,-0.044641636506989144]}"#.to_owned(),
        "s6" => r#"{"name":"s6","type":"number","required":false}"#.to_owned(),
        _ => format!(r#"{{"name":"{name}","type":"number","min":-0.2,"max":0.2,"expected":{{"mean":0,"standard_deviation":0.0476}}}}"#),
    });
    let text = format!(
        r#"{{"version":1,"target":"target","columns":[{},{{"name":"target","type":"integer","min":0,"max":400}}],
        "distribution":{{"psi":0.2,"ks_p_value":0.01,"mean_sigmas":3.0,"standard_deviation_ratio":1.5}}}}"#,
        columns.join(",")
    );
    DataContract::from_json(text.as_bytes()).unwrap()
}

fn baseline() -> Model {
    let data = Dataset::open(Path::new(DIABETES)).unwrap();
    train(&data, &contract(), &TrainOptions { penalty: Penalty::Alpha(0.4), fit_on: FitOn::Train }).unwrap()
}

/// The diabetes data with each cell changed by `change(row from 0, column name, text)`.
fn changed(change: impl Fn(usize, &str, &str) -> String) -> String {
    let text = std::fs::read_to_string(DIABETES).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut out = header.join(",") + "\n";
    for (row, line) in lines.enumerate() {
        let cells: Vec<String> = line.split(',').zip(&header).map(|(cell, name)| change(row, name, cell)).collect();
        out += &(cells.join(",") + "\n");
    }
    out
}

/// The names and reasons of the failed checks.
fn failures(text: &str, baseline: Option<&Model>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let test = test_data(&Dataset::open(&path).unwrap(), &contract(), baseline).unwrap();
    let failed = test.checks.iter().filter_map(|c| match &c.outcome {
        Outcome::Failed(why) => Some(format!("{}: {}", c.name, why.replace(&path.display().to_string(), "t.csv"))),
        _ => None,
    });
    failed.collect()
}

/// The one failure of the diabetes data after a change of cells.
fn only_failure(change: impl Fn(usize, &str, &str) -> String) -> String {
    let found = failures(&changed(change), None);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Replaces one cell of row 8 (from 0).
fn cell(column: &'static str, text: &'static str) -> impl Fn(usize, &str, &str) -> String {
    move |row, name, old| if row == 8 && name == column { text } else { old }.to_owned()
}

#[test]
fn good_data_pass_with_and_without_a_baseline() {
    let good = changed(|_, _, cell| cell.to_owned());
    assert_eq!(failures(&good, None), [""; 0]);
    assert_eq!(failures(&good, Some(&baseline())), [""; 0]);
}

#[test]
fn each_kind_of_bad_value_fails_its_own_check() {
    let failure = only_failure(cell("bmi", ""));
    assert_eq!(
        failure,
        "bmi: no value is missing: 1 values are missing, the first at t.csv: row 9: there is no value, expected one"
    );
    assert!(only_failure(cell("bmi", "tall")).contains("bmi: every value is a number: 1 values that are no finite number, the first at t.csv: row 9: 'tall' is not a number"));
    assert!(only_failure(cell("bmi", "NaN")).contains("NaN is not a finite number"));
    assert!(
        only_failure(cell("bmi", "0.21"))
            .contains("bmi: every value is in range: 1 values outside -0.2 to 0.2, the first at t.csv: row 9: 0.21")
    );
    assert!(only_failure(cell("sex", "0.5")).contains("sex: every value is allowed: 1 values other than"));
    assert!(
        only_failure(cell("target", "75.5")).contains("target: every value is an integer: 1 values with a fraction")
    );
    assert_eq!(failures(&changed(cell("s6", "")), None), [""; 0], "an optional column may lack a value");
}

#[test]
fn a_broken_file_fails_the_schema() {
    let whole = changed(|_, _, cell| cell.to_owned());
    let without = whole.replacen("bmi", "mass", 1);
    let found = failures(&without, None);
    assert!(
        found[0].starts_with("bmi: the column is there: 1 files are without the column; t.csv: not there"),
        "{found:?}"
    );
    let twice = failures(&whole.replacen("bp", "bmi", 1), None);
    assert!(twice.iter().any(|f| f.contains("there are two columns named 'bmi'")), "{twice:?}");
    let ragged = failures(&(whole.clone() + "1,2,3\n"), None);
    assert_eq!(
        ragged,
        ["the files are well formed: t.csv: row 443 (line 444) has 3 fields, expected 11 as in the header"]
    );
    assert!(failures(whole.lines().next().unwrap(), None).contains(&"there are rows: 0 rows".to_owned()));
    assert!(failures("", None)[0].contains("is empty, expected a header line"));
}

#[test]
fn a_shift_or_spread_fails_against_the_expected_moments() {
    let shift =
        only_failure(
            |_, name, cell| {
                if name == "bp" { format!("{}", cell.parse::<f64>().unwrap() * 0.9 + 0.02) } else { cell.into() }
            },
        );
    assert!(shift.starts_with("bp: the mean is as before: mean 0.0"), "{shift}");
    let spread =
        only_failure(
            |_, name, cell| if name == "bp" { format!("{}", cell.parse::<f64>().unwrap() * 0.5) } else { cell.into() },
        );
    assert!(spread.starts_with("bp: the standard deviation is as before"), "{spread}");
}

#[test]
fn another_shape_fails_against_the_baseline_even_with_the_same_moments() {
    // Two points at the standard deviation have the mean and deviation of the column, and nothing else of it.
    let two_points = changed(|row, name, cell| match name {
        "bp" => if row % 2 == 0 { "0.0476" } else { "-0.0476" }.to_owned(),
        _ => cell.to_owned(),
    });
    let found = failures(&two_points, Some(&baseline()));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("bp: the population is stable: population stability index"));
    assert!(found[1].starts_with("bp: the distribution is as before: Kolmogorov-Smirnov statistic"));
    assert_eq!(failures(&two_points, None), [""; 0], "the moments alone do not show it");
}

#[test]
fn great_numbers_and_hostile_names_have_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "<b>##vso[x],y\n-1e308,1\n1e308,2\n0,3\n").unwrap();
    let contract =
        r#"{"version":2,"target":"y","columns":[{"name":"<b>##vso[x]","type":"number"},{"name":"y","type":"number"}]}"#;
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let test = test_data(&Dataset::open(&path).unwrap(), &contract, None).unwrap();
    let page = html_report(&test);
    assert!(page.contains("&lt;b&gt;# #vso[x]") && !page.contains("<b>"), "{page}");
    assert!(
        page.contains("<svg ") && !page.contains(">NaN") && !page.contains(">inf") && !page.contains(">-inf"),
        "{page}"
    );
    assert!(text_report(&test).contains('█'));
}

#[test]
fn the_outputs_tell_the_same_story() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, changed(cell("bmi", "<&>"))).unwrap();
    let test = test_data(&Dataset::open(&path).unwrap(), &contract(), Some(&baseline())).unwrap();
    let (xml, text) = (junit_xml(&test), text_report(&test));
    assert_eq!(xml.matches("<testcase ").count(), test.checks.len());
    assert_eq!(xml.matches("<failure ").count(), 1);
    assert!(xml.contains("'&lt;&amp;&gt;' is not a number") && xml.contains("name=\"data-test.values\""));
    let page = html_report(&test);
    assert!(page.contains("442 rows") && page.contains("&lt;&amp;&gt;") && !page.contains("<&>"), "{page}");
    assert_eq!(page.matches("class=\"bad\"").count(), 2, "among the failed and among all");
    assert_eq!(page.matches("<svg ").count(), 22);
    assert!(!page.contains("<script") && !page.contains("http"));
    assert!(text.starts_with(&format!("data-test: 442 rows, {} checks, 1 failed", test.checks.len())), "{text}");
    assert!(text.contains("FAILED   bmi: every value is a number"));
    let bars: Vec<&str> = text.lines().filter(|l| l.contains("  now  ") || l.contains("  baseline  ")).collect();
    assert_eq!(bars.len(), 22, "{text}");
    assert!(bars.iter().all(|l| l.contains('█')));
}
