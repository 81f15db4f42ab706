//! Two hundred independent reads at 50 ms latency, against the bound that the concurrency limit sets; and the same by
//! another program, if `READS_BY` names one (it gets the organization's address as its argument and prints seconds).
#![allow(clippy::print_stdout)]

use std::process::Command;
use std::time::{Duration, Instant};

use devops_client::{Client, Credential, ThrottleOptions, VariableGroupId};
use devops_emulator::{Action, Emulator, Fault};
use futures::future::join_all;

const READS: u32 = 200;
const LATENCY: Duration = Duration::from_millis(50);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let emulator = Emulator::builder().seed_project("p").token("t").start().await.unwrap();
        emulator.add_fault(Fault::new("GET", "*/variablegroups*", Action::Latency { millis: 50 }).always());
        let client =
            Client::builder("emulator").base_url(emulator.url()).credential(Credential::pat("t")).build().unwrap();
        let groups = client.project("p").variable_groups();
        groups.get(VariableGroupId(1)).await.unwrap();
        let concurrency = u32::try_from(ThrottleOptions::default().concurrency).unwrap();
        let bound = LATENCY * READS.div_ceil(concurrency);
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let found = join_all((0..READS).map(|n| groups.get(VariableGroupId(n.into())))).await;
            assert!(found.iter().all(Result::is_ok));
            best = best.min(start.elapsed());
        }
        let ratio = best.as_secs_f64() / bound.as_secs_f64();
        println!("{READS} reads, {concurrency} at once: {best:.3?}, {ratio:.3} of the bound {bound:.3?}");
        if let Ok(other) = std::env::var("READS_BY") {
            let url = emulator.url();
            let output = tokio::task::spawn_blocking(move || {
                let mut words = other.split_whitespace();
                Command::new(words.next().unwrap()).args(words).arg(url).output().unwrap()
            });
            let output = output.await.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let seconds: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
            println!("the other program: {seconds:.3} s, {:.1} times as long", seconds / best.as_secs_f64());
        }
        assert!(ratio <= 1.3, "too slow");
    });
}
