//! How long an apply takes beside the longest chain of steps that need each other, and how many requests it makes
//! beside the fewest that could do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use devops_emulator::{Action, Entry, Fault};
use mlops_gen::edge::remote::apply::Event;
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::remote::plan::RemotePlan;
use mlops_gen::remote::resource::Key;

use crate::remote::world::{apply, emulator, fleet, full, known};

/// Latency of every request.
const LATENCY: Duration = Duration::from_millis(50);

/// Requests of the protocol itself that wait for each other: the look at a project that is not there, the lock, the look
/// under the lock and the one after the steps (the team project, then lists, then what hangs on their items), and the lock
/// given back.
const PROTOCOL: u32 = 1 + 1 + 3 + 3 + 1;

/// The longest chain of steps that need each other, each as long as it took.
fn critical_path(plan: &RemotePlan, took: &BTreeMap<Key, Duration>) -> Duration {
    fn until(
        key: &Key,
        plan: &RemotePlan,
        took: &BTreeMap<Key, Duration>,
        known: &mut BTreeMap<Key, Duration>,
    ) -> Duration {
        if let Some(known) = known.get(key) {
            return *known;
        }
        let Some(step) = plan.changes().find(|step| step.key == *key) else { return Duration::ZERO };
        let before = step.needs.iter().map(|need| until(need, plan, took, known)).max().unwrap_or_default();
        let end = before + took.get(key).copied().unwrap_or_default();
        known.insert(key.clone(), end);
        end
    }
    let mut known = BTreeMap::new();
    plan.changes().map(|step| until(&step.key, plan, took, &mut known)).max().unwrap_or_default()
}

/// Requests that no client could do without that keeps to the protocol: each write that had an effect, each file's
/// preview, and each different question once in each of the three looks: before, under the lock, after the steps. No
/// single write is confirmed by a read of its own: the third look reads all of them back.
fn fewest(entries: &[Entry]) -> usize {
    let is_push = |entry: &Entry| entry.effect && entry.path.ends_with("/pushes");
    let first = entries.iter().position(|entry| entry.effect).expect("something was written");
    let lock = entries.iter().position(is_push).expect("the lock is a push");
    let next =
        lock + 1 + entries[lock + 1..].iter().position(|entry| entry.effect).expect("something follows the lock");
    let last = entries.iter().rposition(|entry| entry.effect && !entry.path.ends_with("/refs")).expect("a last write");
    let questions = |entries: &[Entry]| {
        let reads = entries.iter().filter(|entry| !entry.effect && !is_preview(entry));
        reads.map(|entry| (&entry.method, &entry.path, &entry.query)).collect::<BTreeSet<_>>().len()
    };
    let writes = entries.iter().filter(|entry| entry.effect).count();
    let previews = entries.iter().filter(|entry| is_preview(entry)).count();
    writes + previews + questions(&entries[..first]) + questions(&entries[lock..next]) + questions(&entries[last..])
}

fn is_preview(entry: &Entry) -> bool {
    entry.route.ends_with("preview")
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_latency_of_50_ms_an_apply_takes_little_more_than_its_critical_path() {
    let emulator = emulator(&known()).await;
    emulator.add_fault(Fault::new("*", "*", Action::Latency { millis: LATENCY.as_millis() as u64 }).always());
    let fleet = fleet(&emulator, &known(), apply());
    let took: Mutex<BTreeMap<Key, Duration>> = Mutex::default();
    let tell = |_, event| {
        if let Event::Done(key, _, time) = event {
            took.lock().unwrap().insert(key, time);
        }
    };
    let begun = Instant::now();
    let planned = vec![Some(fleet.plan().await.remove(0).unwrap())];
    fleet.carry_out(&planned, &tell, &Stop::default()).await.remove(0).unwrap();
    let whole = begun.elapsed();
    let plan = &planned[0].as_ref().unwrap().plan;
    let took = took.into_inner().unwrap();
    let path = critical_path(plan, &took) + LATENCY * PROTOCOL;
    let entries = emulator.requests();
    let (requests, fewest) = (entries.len(), fewest(&entries));
    let sum: Duration = took.values().sum();
    println!(
        "50 ms latency: {:.2} s; critical path {:.2} s (of {} steps and {PROTOCOL} requests of the protocol), ratio {:.2}; one \
         after the other the steps take {:.2} s; {requests} requests, the fewest are {fewest} (ratio {:.2})",
        whole.as_secs_f64(),
        path.as_secs_f64(),
        took.len(),
        whole.as_secs_f64() / path.as_secs_f64(),
        sum.as_secs_f64(),
        requests as f64 / fewest as f64,
    );
    // Time is judged where nothing else runs; the number of requests everywhere.
    assert!(!full() || whole <= path.mul_f64(1.5), "{whole:?} against {path:?}");
    assert!(requests as f64 <= fewest as f64 * 1.2, "{requests} against {fewest}");
}
