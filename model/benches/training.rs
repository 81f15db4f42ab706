//! Seconds that training takes, for the comparison with a peer in `tests/bench/training.py`. Prints one JSON line.
//!
//! - `memory ROWS COLUMNS THREADS REPEATS`: fits random rows in memory.
//! - `logistic ROWS COLUMNS REPEATS`: fits two classes of random rows in memory.
//! - `mixed PATH REPEATS` and `encoded PATH REPEATS`: read a file whose columns are numbers, of which `m…` may be missing, and categories
//!   `c…`; and read it, find levels and means, and encode it.
//! - `read PATH REPEATS`: reads a data file (last column the target) and throws the rows away.
//! - `stream PATH REPEATS`: reads it and collects what a fit needs, and fits.
//!
//! Without arguments, as `cargo bench` runs it, it measures small tables in memory.

#![expect(clippy::print_stdout, reason = "the result is for the caller")]

use linfa::ParamGuard;
use linfa::traits::Fit;
use mlops_model::contract::DataContract;
use mlops_model::dataset::{Batch, Dataset, Reading, Share};
use mlops_model::encoding::{Fitting, encode};
use mlops_model::logistic::Logistic;
use mlops_model::ridge::Ridge;
use mlops_model::training::{FitOn, Penalty, TrainOptions, train};
use ndarray::{Array1, Array2};
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["memory", rows, columns, threads, repeats] => {
            memory(number(rows), number(columns), number(threads), number(repeats));
        }
        ["logistic", rows, columns, repeats] => logistic(number(rows), number(columns), number(repeats)),
        ["mixed", path, repeats] => report("mixed", times(number(repeats), || mixed(Path::new(path), false))),
        ["encoded", path, repeats] => report("encoded", times(number(repeats), || mixed(Path::new(path), true))),
        ["read", path, repeats] => report("read", times(number(repeats), || read(Path::new(path)))),
        ["stream", path, repeats] => report("stream", times(number(repeats), || stream(Path::new(path)))),
        [] => {
            memory(100_000, 10, 1, 5);
            memory(20_000, 100, 1, 5);
        }
        other => panic!("unknown arguments {other:?}"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// The seconds of each of `repeats` runs, after one that does not count.
fn times(repeats: usize, mut run: impl FnMut() -> f64) -> Vec<f64> {
    run();
    let timed = |_| {
        let start = Instant::now();
        std::hint::black_box(run());
        start.elapsed().as_secs_f64()
    };
    (0..repeats).map(timed).collect()
}

fn report(what: &str, mut seconds: Vec<f64>) {
    seconds.sort_by(f64::total_cmp);
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        peak.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0").trim_end_matches("kB").trim().to_owned();
    println!(
        "{{\"what\":\"{what}\",\"best\":{},\"median\":{},\"peak_kib\":{peak}}}",
        seconds[0],
        seconds[seconds.len() / 2]
    );
}

fn memory(rows: usize, columns: usize, threads: usize, repeats: usize) {
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let x = Array2::from_shape_simple_fn((rows, columns), &mut draw);
    let y: Array1<f64> = x.rows().into_iter().map(|r| r.sum() + draw()).collect();
    let dataset = linfa::Dataset::new(x, y);
    let params = Ridge::params().alpha(1.0).threads(threads);
    let seconds = times(repeats, || params.fit(&dataset).expect("random rows can be fitted").intercept());
    report(&format!("memory {rows}x{columns}, {threads} threads"), seconds);
}

fn logistic(rows: usize, columns: usize, repeats: usize) {
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let x: Vec<Vec<f64>> = (0..columns).map(|_| (0..rows).map(|_| draw()).collect()).collect();
    let y: Vec<usize> = (0..rows)
        .map(|row| usize::from(x.iter().map(|column| column[row]).sum::<f64>() + 2.0 * draw() > 0.0))
        .collect();
    let columns: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let params = Logistic::params().alpha(1.0).check().expect("a penalty");
    let fit = || params.fit_columns(&columns, &y, None, 2).expect("random rows can be fitted").intercepts[0];
    report(&format!("logistic {rows}x{}", columns.len()), times(repeats, fit));
}

/// Reads a file with categories and gaps, batch by batch; with `encoded`, as training does: what is left to the rows is found in
/// a first look, whose batches are kept.
fn mixed(path: &Path, encoded: bool) -> f64 {
    let data = Dataset::open(path).expect("a data file");
    let names = names(&data);
    let column = |name: &String| match name.as_bytes()[0] {
        b'c' => format!(r#"{{"name":"{name}","type":"category"}}"#),
        b'm' => format!(r#"{{"name":"{name}","type":"number","required":false}}"#),
        _ => format!(r#"{{"name":"{name}","type":"number"}}"#),
    };
    let columns: Vec<String> = names.iter().map(column).collect();
    let target = names.last().expect("a column");
    let text = format!(r#"{{"version":2,"target":"{target}","columns":[{}]}}"#, columns.join(","));
    let contract = DataContract::from_json(text.as_bytes()).expect("a contract");
    let batches: Vec<Batch> = data.read_strictly(&contract, Share::WHOLE).map(|b| b.expect("good rows")).collect();
    if !encoded {
        return batches.iter().map(|batch| batch.columns[0][0]).sum();
    }
    let mut fitting = Fitting::new(&contract);
    for batch in &batches {
        fitting.push(batch, &(0..u32::try_from(batch.rows).expect("a batch")).collect::<Vec<_>>());
    }
    let inputs = fitting.finish().expect("values");
    let places: Vec<usize> = (0..inputs.len()).collect();
    batches.iter().map(|batch| encode(&inputs, &places, batch).columns.iter().map(|c| c[0]).sum::<f64>()).sum()
}

fn names(data: &Dataset) -> Vec<String> {
    data.column_names(&data.files()[0], &Reading::numbers(&[])).expect("a header")
}

fn read(path: &Path) -> f64 {
    let data = Dataset::open(path).expect("a data file");
    let batches = data.read_share(&Reading::numbers(&names(&data)), Share::WHOLE);
    batches.map(|batch| batch.expect("good rows").columns[0][0]).sum()
}

fn stream(path: &Path) -> f64 {
    let data = Dataset::open(path).expect("a data file");
    let names = names(&data);
    let columns: Vec<String> = names.iter().map(|n| format!(r#"{{"name":"{n}","type":"number"}}"#)).collect();
    let target = names.last().expect("a column");
    let text = format!(
        r#"{{"version":1,"target":"{target}","columns":[{}],"holdout":{{"fraction":0.2,"seed":0}}}}"#,
        columns.join(",")
    );
    let contract = DataContract::from_json(text.as_bytes()).expect("a contract");
    let options = TrainOptions { penalty: Penalty::Alpha(1.0), fit_on: FitOn::Train };
    train(&data, &contract, &options).expect("good rows").intercept()
}
