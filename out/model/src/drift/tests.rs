use super::*;
use crate::artifact::{Model, ModelTask};
use crate::contract::{ColumnType, DataContract};
use crate::dataset::Dataset;
use crate::training::{FitOn, Penalty, TrainOptions, train};
use std::fmt::Write as _;

/// A model of 500 rows, trained from text with these columns.
fn trained(csv: &str, contract: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, csv).unwrap();
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let options = TrainOptions { penalty: Penalty::Alpha(0.1), fit_on: FitOn::All };
    train(&Dataset::open(&path).unwrap(), &contract, &options).unwrap()
}

fn reference() -> Reference {
    let mut csv = String::from("a,flag,city,still,y\n");
    for row in 0..500 {
        let (flag, city) = (row % 4 == 0, ["Bonn", "Ulm", "Wien"][row % 3]);
        let city = if row.is_multiple_of(50) { "" } else { city };
        let _ = writeln!(csv, "{},{flag},{city},7.25,{}", row % 100, row % 100 * 2 + usize::from(flag));
    }
    let contract = r#"{"version":2,"target":"y","columns":[{"name":"a","type":"number"},{"name":"flag","type":"boolean"},
        {"name":"city","type":"category","required":false,"when_missing":"most-frequent","unknown":"ignore"},
        {"name":"still","type":"number"},{"name":"y","type":"number"}]}"#;
    let model = trained(&csv, contract);
    Reference { models: vec![], ..Reference::of(&model, b"") }
}

fn line(time: &str, data: &[serde_json::Value], result: &[f64]) -> Vec<u8> {
    let line = serde_json::json!({"schema": 1, "time": time, "request_id": "r", "trace_id": "", "model": "m", "first_row": 0,
        "columns": ["a", "flag", "city", "still"], "data": data, "result": result});
    line.to_string().into_bytes()
}

#[test]
fn a_model_file_says_how_its_rows_were_distributed() {
    let reference = reference();
    let [a, flag, city, still] = reference.columns.as_slice() else { panic!("{reference:?}") };
    let Some(Shape::Numbers(bins)) = &a.shape else { panic!("{a:?}") };
    assert_eq!((bins.counts.len(), bins.counts.iter().sum::<u64>()), (10, 500), "{bins:?}");
    let Some(Shape::Numbers(bins)) = &flag.shape else { panic!("{flag:?}") };
    assert_eq!(bins.counts, [375, 125]);
    assert_eq!((bins.bin(0.0), bins.bin(1.0)), (0, 1));
    assert_eq!((city.count, city.missing), (490, 10));
    let Some(Shape::Levels(levels)) = &city.shape else { panic!("{city:?}") };
    assert_eq!(levels.levels.values().sum::<u64>(), 490);
    assert_eq!(levels.levels.keys().collect::<Vec<_>>(), ["Bonn", "Ulm", "Wien"]);
    let Some(Shape::Numbers(bins)) = &still.shape else { panic!("{still:?}") };
    assert_eq!(bins.counts, [0, 500, 0]);
    assert_eq!((bins.bin(7.0), bins.bin(7.25), bins.bin(8.0)), (0, 1, 2));
    assert!(matches!(&reference.predictions, Some(Shape::Numbers(_))));
}

#[test]
fn what_is_scored_like_the_training_rows_is_no_drift_and_what_moves_is() {
    let reference = reference();
    let verdict = |shift: usize, still: f64, city: &dyn Fn(usize) -> serde_json::Value| {
        let mut tally = Tally::new(&reference);
        for row in 0..300 {
            let data = serde_json::json!([row % 100 + shift, row % 4 == 0, city(row), still]);
            let result = (row % 100 + shift) * 2 + usize::from(row % 4 == 0);
            take(&line("2026-11-30T08:00:00.1Z", &[data], &[result as f64]), None, &mut tally, None);
        }
        let finding = judge(&tally, Limits::default());
        let failed = finding.columns.iter().filter(|c| !c.failures.is_empty());
        failed.map(|c| format!("{} {:?}", c.column, c.failures)).collect::<Vec<_>>()
    };
    let usual = |row: usize| {
        if row.is_multiple_of(50) { serde_json::Value::Null } else { ["Bonn", "Ulm", "Wien"][row % 3].into() }
    };
    assert_eq!(verdict(0, 7.25, &usual), [""; 0]);
    assert_eq!(verdict(60, 7.25, &usual), ["a [Psi]", "(prediction) [Psi]"]);
    assert_eq!(verdict(0, 7.5, &usual), ["still [Psi]"]);
    assert_eq!(verdict(0, 7.25, &|_| "Ulm".into()), ["city [Psi]"]);
    assert_eq!(verdict(0, 7.25, &|row| if row % 40 == 0 { "Rom".into() } else { usual(row) }), ["city [Unseen]"]);
    let gaps = |row: usize| if row.is_multiple_of(10) { serde_json::Value::Null } else { usual(row) };
    assert_eq!(verdict(0, 7.25, &gaps), ["city [Missing]"]);
}

#[test]
fn lines_that_are_no_records_are_counted_and_left_out() {
    let reference = Reference { models: vec!["m".into()], ..reference() };
    let row = serde_json::json!([1, true, "Ulm", 7.25]);
    let good = line("2026-11-30T08:00:00Z", std::slice::from_ref(&row), &[3.0]);
    let text = String::from_utf8(good.clone()).unwrap();
    let mut tally = Tally::new(&reference);
    for wrong in [
        "no json".to_owned(),
        text.replace("\"schema\":1", "\"schema\":2"),
        text.replace("[3.0]", "[]"),
        text.replace("[3.0]", "[\"Ulm\"]"),
        text.replace("\"Ulm\"", "5"),
        text.replace("7.25", "\"7.25\""),
        text.replace("true,", ""),
    ] {
        take(wrong.as_bytes(), None, &mut tally, None);
        assert_eq!(tally.rows, 0, "{wrong}");
    }
    assert_eq!((tally.rows, tally.malformed_lines), (0, 7));
    take(text.replace("\"m\"", "\"other\"").as_bytes(), None, &mut tally, None);
    assert_eq!((tally.rows, tally.other_models), (0, 1));
    take(&good, Some("2026-11-30T08:00:01Z"), &mut tally, None);
    assert_eq!(tally.rows, 0);
    take(&good, Some("2026-11-30T08:00:00Z"), &mut tally, None);
    assert_eq!((tally.rows, tally.malformed_lines), (1, 7));
    let finding = judge(&tally, Limits::default());
    assert!(!finding.judged && !finding.drift && finding.columns.is_empty());
}

#[test]
fn classes_are_names_or_probabilities() {
    let task = ModelTask::Classification { classes: vec!["no".into(), "yes".into()], threshold: Some(0.3) };
    let levels = Levels { levels: [("no".to_owned(), 80), ("yes".to_owned(), 20)].into(), others: 0 };
    let column = ColumnReference {
        name: "a".into(),
        kind: ColumnType::Number,
        levels: vec![],
        count: 0,
        missing: 0,
        shape: None,
    };
    let predictions = Some(Shape::Levels(levels));
    let reference = Reference { models: vec![], task, columns: vec![column], predictions };
    let line = |result: &str| {
        format!(
            r#"{{"schema":1,"time":"2026-11-30T08:00:00Z","request_id":"r","model":"m","first_row":0,"columns":["a"],"data":[[1],[2]],"result":{result}}}"#
        )
    };
    let mut tally = Tally::new(&reference);
    take(line(r#"["no","yes"]"#).as_bytes(), None, &mut tally, None);
    take(line("[0.9,0.1,0.6,0.4]").as_bytes(), None, &mut tally, None);
    assert_eq!(tally.predictions, Some(tally::Counts::Levels([("no".to_owned(), 2), ("yes".to_owned(), 2)].into(), 0)));
    take(line("[0.9,0.1,0.6]").as_bytes(), None, &mut tally, None);
    assert_eq!((tally.rows, tally.malformed_lines), (4, 1));
}

#[test]
fn logs_of_earlier_hours_are_not_read() {
    assert_eq!(hour_of("scoring/2026/11/30/08/x-1.jsonl").as_deref(), Some("2026-11-30T08"));
    assert_eq!(hour_of("scoring/x.jsonl"), None);
    let reference = reference();
    let folder = tempfile::tempdir().unwrap();
    let row = serde_json::json!([1, true, "Ulm", 7.25]);
    for (hour, time) in [("07", "2026-11-30T08:30:00Z"), ("08", "2026-11-30T08:30:00Z")] {
        let path = folder.path().join(format!("scoring/2026/11/30/{hour}/x.jsonl"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // The last line is still being written.
        let line = line(time, std::slice::from_ref(&row), &[3.0]);
        std::fs::write(path, [line.as_slice(), b"\n", &line[..20]].concat()).unwrap();
    }
    let source = Source::open(folder.path().to_str().unwrap(), "").unwrap();
    let mut tally = Tally::new(&reference);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(read(&source, Some("2026-11-30T08:00:00Z"), &mut tally, None)).unwrap();
    assert_eq!((tally.rows, tally.malformed_lines), (1, 0));
}
