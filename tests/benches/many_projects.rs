//! Renders many different specs in one process and prints what one costs: it must not grow with their number.
//!
//! Run: `cargo bench -p system-tests --bench many_projects`.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use mlops_gen::compose::compose;
use mlops_gen::render::{Overrides, Renderer};
use system_tests::specs;

fn main() {
    // Ten specs in turn, so that every count has the same mixture.
    let texts: Vec<String> = specs().iter().take(10).map(|(_, path)| std::fs::read_to_string(path).unwrap()).collect();
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let render = |number: usize| {
        let text = different(&texts[number % texts.len()], number);
        let project = mlops_gen::load("mlops.yaml", &text).unwrap_or_else(|report| panic!("{report:?}"));
        compose(&project, &renderer).unwrap().len()
    };
    // The first ones pay for what is made once: compiled schema, page faults.
    let all = |count: usize| (0..count).map(render).sum::<usize>();
    std::hint::black_box(all(texts.len()));
    let mut first = None;
    for count in [10, 100, 1000] {
        let rounds = (300 / count).max(1);
        let best = (0..rounds).map(|_| timed(|| all(count))).min().unwrap();
        let each = best.as_secs_f64() * 1e3 / count as f64;
        let growth = each / *first.get_or_insert(each);
        println!("{count:>5} projects: {each:7.2} ms each, {growth:.3} times the cost at 10");
    }
}

/// The same spec under another name, so that no two are alike.
fn different(text: &str, number: usize) -> String {
    let name = text.lines().find_map(|line| line.trim().strip_prefix("name: ")).unwrap_or("x");
    text.replacen(&format!("name: {name}"), &format!("name: p{number}"), 1)
}

fn timed(work: impl FnOnce() -> usize) -> Duration {
    let started = Instant::now();
    std::hint::black_box(work());
    started.elapsed()
}
