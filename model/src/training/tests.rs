use super::*;
use crate::artifact::{MODEL_FILE, Model};
use crate::contract::DataContract;
use crate::dataset::{Dataset, Share};
use crate::split::Split;
use std::fmt::Write as _;
use std::path::Path;

const DIABETES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/diabetes.csv");

fn contract(names: &[&str], target: &str, fraction: f64) -> DataContract {
    let columns: Vec<String> = names.iter().map(|n| format!(r#"{{"name":"{n}","type":"number"}}"#)).collect();
    let holdout = format!(r#"{{"fraction":{fraction},"seed":0}}"#);
    let text = format!(r#"{{"version":1,"target":"{target}","columns":[{}],"holdout":{holdout}}}"#, columns.join(","));
    DataContract::from_json(text.as_bytes()).unwrap()
}

fn diabetes() -> (Dataset, DataContract) {
    let names = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "target"];
    (Dataset::open(Path::new(DIABETES)).unwrap(), contract(&names, "target", 0.2))
}

fn alpha(alpha: f64) -> TrainOptions {
    TrainOptions { penalty: Penalty::Alpha(alpha), fit_on: FitOn::Train }
}

/// A CSV file that is too long for memory by the split's limit: `y = 3 a - 2 b + 1` and a little noise.
fn long_csv(folder: &Path) -> Dataset {
    let mut text = "a,b,y\n".to_owned();
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 1e6
    };
    for _ in 0..150_000 {
        let (a, b, noise) = (draw(), draw(), draw());
        let _ = writeln!(text, "{a},{b},{}", 3.0 * a - 2.0 * b + 1.0 + 0.01 * noise);
    }
    let path = folder.join("long.csv");
    std::fs::write(&path, text).unwrap();
    Dataset::open(&path).unwrap()
}

/// The greatest relative difference of coefficients, intercept and metrics.
fn difference(a: &Model, b: &Model) -> f64 {
    let numbers = |m: &Model| {
        let holdout = m.file().metrics.holdout.unwrap();
        let metrics = [m.file().metrics.train.mse.unwrap(), holdout.mse.unwrap(), holdout.r2.unwrap(), m.intercept()];
        m.coefficients().iter().copied().chain(metrics).collect::<Vec<_>>()
    };
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs() / b.abs()).fold(0.0, f64::max)
}

/// Trains in shards through files, and adds them.
fn combined(data: &Dataset, contract: &DataContract, alpha: f64, shards: usize) -> Model {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..shards {
        let part = train_shard(data, contract, Share::new(index, shards).unwrap()).unwrap();
        std::fs::write(folder.path().join(format!("part-{index}.json")), part.to_json().unwrap()).unwrap();
    }
    combine(folder.path(), contract, alpha, FitOn::Train).unwrap()
}

#[test]
fn the_reference_recipe_has_the_mse_of_scikit_learn() {
    let (data, contract) = diabetes();
    let model = train(&data, &contract, &alpha(0.4)).unwrap();
    // mean_squared_error of Ridge(alpha=0.4) on train_test_split(test_size=0.2, random_state=0), scikit-learn 1.9.1
    let holdout = model.file().metrics.holdout.unwrap();
    assert!((holdout.mse.unwrap() - EXPECTED_MSE).abs() < 1e-9 * EXPECTED_MSE, "{:?}", holdout.mse);
    assert_eq!((holdout.rows, model.file().training.rows), (89, 353));
    assert_eq!(model.file().training.split.method, "permutation");
    assert_eq!(model.file().training.diagnostics.solver, "least-squares");
}

const EXPECTED_MSE: f64 = 3_295.714_938_563_238;

#[test]
fn training_is_reproducible_to_the_byte() {
    let (data, contract) = diabetes();
    let folder = tempfile::tempdir().unwrap();
    let texts = [1, 2].map(|i| {
        let path = folder.path().join(format!("{i}-{MODEL_FILE}"));
        train(&data, &contract, &alpha(0.4)).unwrap().save(&path).unwrap();
        std::fs::read(path).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn partial_statistics_add_up_to_one_process() {
    let (data, contract) = diabetes();
    let whole = train(&data, &contract, &alpha(0.4)).unwrap();
    for shards in [1, 3] {
        let sum = combined(&data, &contract, 0.4, shards);
        assert!(difference(&sum, &whole) < 1e-9, "{shards}: {}", difference(&sum, &whole));
        assert_eq!(sum.file().training.data_blake3, whole.file().training.data_blake3);
        assert_eq!(sum.features()[2].baseline.histogram, whole.features()[2].baseline.histogram);
    }
}

#[test]
fn long_data_stream_through_and_shards_of_them_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = long_csv(folder.path());
    let contract = contract(&["a", "b", "y"], "y", 0.25);
    let whole = train(&data, &contract, &alpha(1.0)).unwrap();
    let training = &whole.file().training;
    assert_eq!((training.split.method.as_str(), training.diagnostics.solver.as_str()), ("hash", "cholesky"));
    let held_out = whole.file().metrics.holdout.unwrap();
    assert_eq!(training.rows + held_out.rows, 150_000);
    assert!((held_out.rows as f64 / 150_000.0 - 0.25).abs() < 0.01);
    assert!((whole.coefficients()[0] - 3.0).abs() < 1e-3 && (whole.coefficients()[1] + 2.0).abs() < 1e-3);
    let sum = combined(&data, &contract, 1.0, 4);
    assert!(difference(&sum, &whole) < 1e-9, "{}", difference(&sum, &whole));
    let (one, all) = (&whole.features()[0].baseline, &sum.features()[0].baseline);
    assert_eq!(
        (one.min, one.max, &one.histogram),
        (all.min, all.max, &all.histogram),
        "shards have the sample of one process"
    );
    let share = one.histogram.total() as f64 / one.count as f64;
    assert!((share - 0.125).abs() < 0.005, "{share}");
    let evaluation = crate::evaluation::evaluate(&data, &contract, &whole, None).unwrap();
    let exact = evaluation.challenger;
    assert!(
        (exact.mse.unwrap() - held_out.mse.unwrap()).abs() < 1e-9 * exact.mse.unwrap(),
        "metrics of moments are those of predictions"
    );
    assert!((exact.r2.unwrap() - held_out.r2.unwrap()).abs() < 1e-12);
}

#[test]
fn long_ill_conditioned_data_take_a_second_pass_and_shards_of_them_warn() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "a,b,y\n".to_owned();
    for i in 0..120_000 {
        let a = f64::from(i % 1000) / 1000.0;
        let b = a + 1e-7 * f64::from(i % 7);
        let _ = writeln!(text, "{a},{b},{}", a + b);
    }
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let data = Dataset::open(&folder.path().join("t.csv")).unwrap();
    let contract = contract(&["a", "b", "y"], "y", 0.0);
    let model = train(&data, &contract, &alpha(0.0)).unwrap();
    assert_eq!(model.file().training.diagnostics.solver, "triangle");
    assert!(model.coefficients().iter().all(|w| (w - 1.0).abs() < 1e-6), "{:?}", model.coefficients());
    assert_eq!(model.file().metrics.holdout, None);
    let sum = combined(&data, &contract, 0.0, 2);
    assert!(sum.file().training.diagnostics.warnings[0].contains("normal equations leave"), "{sum:?}");
}

#[test]
fn the_search_takes_the_alpha_with_the_least_cross_validated_error() {
    let (data, contract) = diabetes();
    let penalty = Penalty::Search { alphas: vec![10.0, 0.1, 0.01, 1.0], folds: 5 };
    let model = train(&data, &contract, &TrainOptions { penalty, fit_on: FitOn::Train }).unwrap();
    let search = &model.file().training.search;
    assert_eq!(search.iter().map(|s| s.0).collect::<Vec<_>>(), [10.0, 0.1, 0.01, 1.0]);
    let best = search.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(model.file().alpha, best.0);
    for (found, expected) in search.iter().zip(EXPECTED_SEARCH) {
        assert!((found.1 - expected).abs() < 1e-9 * expected, "{found:?} {expected}");
    }
    let refuse = |alphas: Vec<f64>, folds| {
        let options = TrainOptions { penalty: Penalty::Search { alphas, folds }, fit_on: FitOn::Train };
        train(&data, &contract, &options).unwrap_err().to_string()
    };
    assert!(refuse(vec![], 5).contains("at least one alpha"));
    assert!(refuse(vec![1.0], 1).contains("from 2 to 353 folds"));
    assert!(refuse(vec![1.0], 400).contains("from 2 to 353 folds"));
    assert!(refuse(vec![-1.0], 3).contains("alpha -1 is not a penalty"));
}

/// `-cross_val_score(Ridge(alpha), x, y, cv=KFold(5), scoring="neg_mean_squared_error").mean()` on the training rows in
/// the order that `train_test_split(test_size=0.2, random_state=0)` gives them, scikit-learn 1.9.1.
const EXPECTED_SEARCH: [f64; 4] =
    [5_239.930_863_749_932_5, 2_886.904_229_630_166, 2_874.247_421_246_414_4, 3_472.965_673_161_390_4];

#[test]
fn fitting_on_all_rows_keeps_the_holdout_metrics_of_the_fit_without_them() {
    let (data, contract) = diabetes();
    let train_only = train(&data, &contract, &alpha(0.4)).unwrap();
    let all = train(&data, &contract, &TrainOptions { penalty: Penalty::Alpha(0.4), fit_on: FitOn::All }).unwrap();
    assert_eq!(all.file().metrics.holdout, train_only.file().metrics.holdout);
    assert_eq!((all.file().training.rows, all.file().metrics.train.rows), (442, 442));
    assert_ne!(all.coefficients(), train_only.coefficients());
    assert_eq!(all.features()[0].baseline.count, 442);
}

#[test]
fn rows_without_an_optional_value_are_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,b,y\n1,1,2\n2,,3\n3,2,5\n4,7,11\n5,,9\n").unwrap();
    let text = contract(&["a", "b", "y"], "y", 0.0).to_json();
    let mut optional: serde_json::Value = serde_json::from_str(&text).unwrap();
    optional["columns"][1]["required"] = false.into();
    optional["columns"][1]["when_missing"] = "drop-row".into();
    let contract = DataContract::from_json(optional.to_string().as_bytes()).unwrap();
    let model = train(&Dataset::open(&path).unwrap(), &contract, &alpha(1.0)).unwrap();
    assert_eq!((model.file().training.rows, model.file().training.rows_skipped), (3, 2));
    std::fs::write(&path, "a,b,y\n2,,3\n").unwrap();
    let error = train(&Dataset::open(&path).unwrap(), &contract, &alpha(1.0)).unwrap_err().to_string();
    assert!(error.contains("no row to train on: 1 rows were read, 1 of them lack"), "{error}");
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let (data, contract) = diabetes();
    let folder = tempfile::tempdir().unwrap();
    let save = |index, count, name: &str| {
        let part = train_shard(&data, &contract, Share::new(index, count).unwrap()).unwrap();
        std::fs::write(folder.path().join(name), part.to_json().unwrap()).unwrap();
    };
    let refusal =
        |contract: &DataContract| combine(folder.path(), contract, 1.0, FitOn::Train).unwrap_err().to_string();
    assert!(refusal(&contract).contains("there is no partial file"));
    save(0, 2, "0.json");
    assert!(refusal(&contract).contains("shard 1 of 2 is missing"));
    save(0, 2, "1.json");
    assert!(refusal(&contract).contains("shard 0 of 2 is there 2 times"));
    save(1, 3, "1.json");
    assert!(refusal(&contract).contains("train all shards of one run"));
    save(1, 2, "1.json");
    assert!(combine(folder.path(), &contract, 1.0, FitOn::All).is_ok());
    let other = self::contract(&["age", "target"], "target", 0.2);
    assert!(refusal(&other).contains("of another data contract"));
    std::fs::write(folder.path().join("1.json"), "{}").unwrap();
    assert!(refusal(&contract).contains("missing field `version`"));
}

#[test]
fn every_kind_of_column_is_learned_from_and_predicted_with_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "plan;signed;active;age;y\n".to_owned();
    for i in 0..60_u32 {
        let plan = ["basic", "plus", "pro"][i as usize % 3];
        let age = if i % 7 == 0 { "NA".to_owned() } else { format!("{},5", 20 + i) };
        let y = f64::from(i % 3) * 10.0 + f64::from(i % 2) * 4.0 + if i % 7 == 0 { 7.0 } else { 0.0 };
        let _ = writeln!(
            text,
            "{plan};2024-01-{:02};{};{age};{}",
            1 + i % 28,
            ["no", "yes"][i as usize % 2],
            y.to_string().replace('.', ",")
        );
    }
    std::fs::write(&path, text).unwrap();
    let contract = r#"{"version":2,"target":"y","csv":{"delimiter":";","decimal":","},"missing":["NA"],"columns":[
        {"name":"plan","type":"category"},{"name":"signed","type":"datetime"},{"name":"active","type":"boolean"},
        {"name":"age","type":"number","required":false,"when_missing":"indicator"},{"name":"y","type":"number"}]}"#;
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let data = Dataset::open(&path).unwrap();
    let model = train(&data, &contract, &alpha(1e-6)).unwrap();
    assert_eq!(model.coefficients().len(), 3 + 1 + 1 + 2);
    assert!(model.file().metrics.holdout.unwrap().mse.unwrap() < 1e-6, "{:?}", model.file().metrics);
    // pro, active, an age that is missing: 20 + 4 + 7
    let row = [2.0, 1_704_067_200.0, 1.0, f64::NAN];
    assert!((model.predict_row(&row).unwrap() - 31.0).abs() < 1e-3, "{:?}", model.predict_row(&row));
    let again = Model::from_json(model.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(again.predict_row(&row).unwrap().to_bits(), model.predict_row(&row).unwrap().to_bits());
    let evaluation = crate::evaluation::evaluate(&data, &contract, &again, None).unwrap();
    assert!((evaluation.challenger.mse.unwrap() - model.file().metrics.holdout.unwrap().mse.unwrap()).abs() < 1e-9);
    let error = train_shard(&data, &contract, Share::new(0, 2).unwrap()).unwrap_err().to_string();
    assert!(error.contains("the column 'plan' cannot be trained in shards"), "{error}");
}

#[test]
fn a_level_of_held_out_rows_alone_leaves_them_out_and_one_that_is_not_listed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let split = Split::permutation(20, crate::contract::Holdout { fraction: 0.2, seed: 0 });
    let batch = crate::dataset::Batch { rows: 20, ..Default::default() };
    let held_out = (0..20).find(|&row| split.part(&batch, row, 1) == crate::split::Part::HeldOut).unwrap();
    let cell = |row: usize| if row == held_out { "rare" } else { ["x", "z"][row % 2] };
    let text: String = (0..20).map(|row| format!("{},{row}\n", cell(row))).collect();
    std::fs::write(&path, format!("a,y\n{text}")).unwrap();
    let contract = |levels: &str| {
        let text = format!(
            r#"{{"version":2,"target":"y","columns":[{{"name":"a","type":"category"{levels}}},{{"name":"y","type":"number"}}]}}"#
        );
        DataContract::from_json(text.as_bytes()).unwrap()
    };
    let data = Dataset::open(&path).unwrap();
    let model = train(&data, &contract(""), &alpha(1.0)).unwrap();
    assert_eq!((model.file().metrics.holdout.unwrap().rows, model.features()[0].input.levels.len()), (3, 2));
    let error = train(&data, &contract(r#","levels":["z","rare"]"#), &alpha(1.0)).unwrap_err().to_string();
    assert!(error.contains("column 'a': 'x' is none of the known levels"), "{error}");
}

#[test]
fn a_target_whose_squares_are_no_numbers_is_learned_without_the_metrics_of_squares() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let text: String = (0..40).map(|i| format!("{},{}e200\n", i * i % 17, (i * 7) % 11)).collect();
    std::fs::write(&path, format!("a,y\n{text}")).unwrap();
    let model = train(&Dataset::open(&path).unwrap(), &contract(&["a", "y"], "y", 0.2), &alpha(0.0)).unwrap();
    let metrics = Model::from_json(model.to_json().unwrap().as_bytes()).unwrap().file().metrics.train;
    assert_eq!((metrics.mse, metrics.rmse, metrics.r2), (None, None, None));
    assert!(metrics.mae.is_some_and(|mae| (1e200..1e201).contains(&mae)), "{metrics:?}");
}

#[test]
fn a_classification_is_learned_evaluated_and_predicted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "age,plan,churned\n".to_owned();
    for i in 0..200_u32 {
        let noise = (i * 7919) % 13;
        let _ = writeln!(
            text,
            "{},{},{}",
            20 + i % 50,
            ["a", "b"][(i % 2) as usize],
            if i % 50 + noise > 30 { "yes" } else { "no" }
        );
    }
    std::fs::write(&path, text).unwrap();
    let text = r#"{"version":2,"task":{"kind":"classification"},"target":"churned","columns":[
        {"name":"age","type":"number"},{"name":"plan","type":"category"},{"name":"churned","type":"category"}]}"#;
    let contract = DataContract::from_json(text.as_bytes()).unwrap();
    let data = Dataset::open(&path).unwrap();
    let options =
        TrainOptions { penalty: Penalty::Search { alphas: vec![0.1, 1.0, 1e6], folds: 4 }, fit_on: FitOn::Train };
    let model = train(&data, &contract, &options).unwrap();
    assert_eq!(model.classes().unwrap(), ["no", "yes"]);
    assert!(model.file().alpha < 1e6 && model.file().training.search.len() == 3);
    let holdout = model.file().metrics.holdout.unwrap();
    assert_eq!((holdout.rows, holdout.mse), (40, None));
    assert!(holdout.auc.unwrap() > 0.9 && holdout.accuracy.unwrap() > 0.8, "{holdout:?}");
    let evaluation = crate::evaluation::evaluate(&data, &contract, &model, Some(&model)).unwrap();
    assert_eq!(evaluation.challenger.auc, holdout.auc);
    assert!((evaluation.challenger.log_loss.unwrap() - holdout.log_loss.unwrap()).abs() < 1e-12);
    let mut p = vec![];
    model.predict(&[69.0, 0.0, 20.0, 1.0], &mut p).unwrap();
    assert!(p[1] > 0.9 && p[3] < 0.1 && (p[0] + p[1] - 1.0).abs() < 1e-15, "{p:?}");
    let again = Model::from_json(model.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(again, model);
    // The same, of a target of numbers.
    let numbers = std::fs::read_to_string(&path).unwrap().replace(",yes", ",1").replace(",no", ",0");
    std::fs::write(&path, numbers).unwrap();
    let text = text.replace(r#""churned","type":"category""#, r#""churned","type":"integer""#);
    let contract = DataContract::from_json(text.as_bytes()).unwrap();
    let of_numbers = train(&data, &contract, &options).unwrap();
    assert_eq!(of_numbers.classes().unwrap(), ["0", "1"]);
    assert_eq!(of_numbers.coefficients(), model.coefficients());
}

#[test]
fn tiny_and_huge_columns_are_fitted_as_in_any_other_unit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    for unit in ["e-200", "e-300", "e200"] {
        let rows = (0..60).map(|i| format!("{}{unit},{}\n", i % 17, 2.0 * f64::from(i % 17) + 1.0 + f64::from(i % 3)));
        std::fs::write(&path, format!("a,y\n{}", rows.collect::<String>())).unwrap();
        let data = Dataset::open(&path).unwrap();
        let model = train(&data, &contract(&["a", "y"], "y", 0.2), &alpha(0.0)).unwrap();
        let found = model.predict_row(&[format!("8{unit}").parse().unwrap()]).unwrap();
        assert!((found - 18.0).abs() < 0.5, "{unit}: {found}");
    }
}

#[test]
fn great_numbers_and_hardly_varying_ones_are_learned_from_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let contract = |kind: &str| {
        let columns = format!(
            r#"[{{"name":"a","type":"{kind}"}},{{"name":"b","type":"number"}},{{"name":"y","type":"number"}}]"#
        );
        DataContract::from_json(format!(r#"{{"version":2,"target":"y","columns":{columns}}}"#).as_bytes()).unwrap()
    };
    let fit = |kind: &str, alpha: f64, a: &dyn Fn(u32) -> String, y: &dyn Fn(f64, f64) -> f64| {
        let mut text = "a,b,y\n".to_owned();
        for row in 0..200u32 {
            let (x, z) = (f64::from(row * 7919 % 200) / 100.0 - 1.0, f64::from(row * 104_729 % 199) / 99.0 - 1.0);
            text += &format!("{},{z},{}\n", a(row), y(x, z));
        }
        std::fs::write(&path, text).unwrap();
        let options = TrainOptions { penalty: Penalty::Alpha(alpha), fit_on: FitOn::Train };
        train(&Dataset::open(&path).unwrap(), &contract(kind), &options)
    };
    let great = |row: u32| format!("{:e}", (f64::from(row * 7919 % 200) / 100.0 - 1.0) * 1e200);
    let model = fit("number", 0.0, &great, &|x, z| 3.0 + 2.0 * x + z).unwrap();
    assert!((model.predict_row(&[1e200, 0.5]).unwrap() - 5.5).abs() < 1e-9);
    let deviation = model.features()[0].baseline.standard_deviation / 1e200;
    assert!((0.57..0.59).contains(&deviation), "{deviation}");
    let refused = fit("number", 0.1, &great, &|x, z| 3.0 + 2.0 * x + z).unwrap_err().to_string();
    assert!(refused.contains("column 'a' reaches 1e200"), "{refused}");
    let near = |row: u32| format!("{}", 1e6 + f64::from(row % 2) * 1e-7);
    let ids = |row: u32| (9_007_199_254_740_993 + 2 * i64::from(row) * 1_000_000_000_000).to_string();
    let still = |_: u32| "7.25".to_owned();
    let kinds: [(&str, &dyn Fn(u32) -> String); 3] = [("number", &near), ("integer", &ids), ("number", &still)];
    for (kind, a) in kinds {
        let model = fit(kind, 0.1, a, &|_, z| 3.0 + z).unwrap();
        let first: f64 = a(0).parse().unwrap();
        let predicted = model.predict_row(&[first, 0.5]).unwrap();
        assert!((predicted - 3.5).abs() < 0.01, "{kind}: {predicted}");
    }
}
