//! Seconds that training takes, for the comparison with a peer in `tests/bench/training.py`. Prints one JSON line.
//!
//! - `memory ROWS COLUMNS THREADS REPEATS`: fits random rows in memory.
//! - `read PATH REPEATS`: reads a data file (last column the target) and throws the rows away.
//! - `stream PATH REPEATS`: reads it and collects what a fit needs, and fits.
//!
//! Without arguments, as `cargo bench` runs it, it measures small tables in memory.

#![expect(clippy::print_stdout, reason = "the result is for the caller")]

use linfa::traits::Fit;
use mlops_model::contract::DataContract;
use mlops_model::dataset::{Dataset, Reading, Share};
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
