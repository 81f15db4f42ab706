//! Two thousand operations against a service that blocks: all finish, none is blocked twice in a row, and little time
//! is lost. Time is judged where nothing else runs (`tests/bench/devops-client.sh throttling` sets `THROTTLING_TIMED`), the
//! rest everywhere. Each window that is used up is waited for, so that there are eight hundred operations unless the whole is
//! asked for (`tests/conformance/client-faults.sh` sets `FAULTS_FULL`).
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use devops_client::api::environments::NewEnvironment;
use devops_client::{ThrottleOptions, VariableGroupId};
use devops_emulator::Throttle;
use futures::StreamExt as _;

use crate::world;

/// How many operations there are.
fn operations() -> usize {
    let whole = ["FAULTS_FULL", "THROTTLING_TIMED"].iter().any(|name| std::env::var_os(name).is_some());
    if whole { 2000 } else { 800 }
}

/// The service's 300 seconds, 100 times as fast.
const WINDOW: Duration = Duration::from_secs(3);
const UNITS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_operations_within_a_limit_of_two_hundred_units_lose_little_time() {
    let operations = operations();
    let emulator = world::emulator().await;
    emulator.with_state(|state| state.add_project("p", "2026-01-01T00:00:00Z".parse().unwrap()));
    let options = ThrottleOptions { window: WINDOW, ..ThrottleOptions::default() };
    let client = world::builder(&emulator).throttle(options).build().unwrap();
    emulator.set_throttle(Some(Throttle::scaled(100.0)));
    let project = Arc::new(client.project("p"));
    let start = Instant::now();
    // Every tenth is a write; each has a path or a name of its own.
    let calls = futures::stream::iter(0..operations).map(|n| {
        let project = project.clone();
        async move {
            if n % 10 == 0 {
                project.environments().create(&NewEnvironment::new(format!("e{n}"))).await.map(drop)
            } else {
                project.variable_groups().get(VariableGroupId(n as i64)).await.map(drop)
            }
        }
    });
    let outcomes: Vec<_> = calls.buffer_unordered(64).collect().await;
    let took = start.elapsed();
    let failed: Vec<_> = outcomes.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert!(failed.is_empty(), "{} failed: {}", failed.len(), failed[0]);
    assert_eq!(emulator.with_state(|state| state.environments.len()), operations / 10, "each write was done once");
    let mut last_blocked: HashMap<String, bool> = HashMap::new();
    let (mut blocked, mut twice) = (0, 0);
    for entry in emulator.requests().iter().filter(|entry| entry.method == "GET") {
        let before = last_blocked.insert(entry.path.clone(), entry.status == 429).unwrap_or_default();
        blocked += usize::from(entry.status == 429);
        twice += usize::from(before && entry.status == 429);
    }
    let writes_blocked = emulator.requests().iter().filter(|e| e.method == "POST" && e.status == 429).count();
    let least = WINDOW.mul_f64((operations / UNITS - 1) as f64);
    let ratio = took.as_secs_f64() / least.as_secs_f64();
    println!(
        "{operations} operations in {took:?}, {ratio:.3} of the least {least:?}; blocked {blocked} reads, {writes_blocked} writes"
    );
    assert_eq!(twice, 0, "a call was blocked twice in a row");
    assert!(blocked + writes_blocked <= operations / 10, "{blocked} reads and {writes_blocked} writes were blocked");
    let timed = std::env::var_os("THROTTLING_TIMED").is_some();
    assert!(!timed || ratio <= 1.15, "{took:?} is {ratio:.3} times the least, {least:?}");
}
