//! The fault matrix: every operation with every fault. Either it succeeds with exactly one effect, or it fails with an
//! error of the right kind and no effect at all, and says so.
//!
//! The whole matrix takes minutes: `tests/conformance/client-faults.sh` runs it. Here each fault meets every fourth
//! operation, each beginning with another one, so that every operation meets several faults.
// The figures are what the test is for; they are shown when it is asked to show its output.
#![allow(clippy::print_stdout)]

// One executable with it, because both wait more than they compute.
mod throttling;
mod world;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use devops_client::{Client, Effect, ErrorKind, HttpTransport, RetryOptions, RunId, ThrottleOptions};
use devops_emulator::{Action, Fault, Organization, Running};
use serde_json::Value;
use world::operations::{OPERATIONS, Operation};
use world::record::Recorder;
use world::seed::World;

/// What a fault may end in.
#[derive(Clone, Copy)]
enum Allowed {
    /// Success only.
    Success,
    /// Success, or this kind of error without effect.
    Or(fn(&ErrorKind) -> bool),
}

/// One fault of the matrix.
struct Case {
    name: &'static str,
    action: Action,
    allowed: Allowed,
    /// How long a try may take, if that matters.
    timeout: Duration,
}

const LONG: Duration = Duration::from_secs(20);

fn signed_out(kind: &ErrorKind) -> bool {
    *kind == ErrorKind::SignIn
}

fn lost(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Transport { .. })
}

fn down(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Server)
}

fn stale(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid { .. })
}

fn case(name: &str) -> Case {
    let plain = |name, action, allowed| Case { name, action, allowed, timeout: LONG };
    let error = |status: u16| Action::Error { status, type_key: "Exception".into(), message: "passing".into() };
    match name {
        "latency" => plain("latency", Action::Latency { millis: 30 }, Allowed::Success),
        "time_out" => Case {
            timeout: Duration::from_millis(150),
            ..plain("time_out", Action::Latency { millis: 400 }, Allowed::Or(lost))
        },
        "429_with_headers" => {
            plain("429_with_headers", Action::TooManyRequests { retry_after: Some(0.02) }, Allowed::Success)
        }
        "429_bare" => plain("429_bare", Action::TooManyRequests { retry_after: None }, Allowed::Success),
        "503_with_retry_after" => {
            plain("503_with_retry_after", Action::ServiceUnavailable { retry_after: Some(0.02) }, Allowed::Success)
        }
        "503_bare" => plain("503_bare", Action::ServiceUnavailable { retry_after: None }, Allowed::Or(down)),
        "502" => plain("502", error(502), Allowed::Or(down)),
        "500" => plain("500", error(500), Allowed::Or(down)),
        "401" => plain("401", Action::Unauthorized, Allowed::Or(signed_out)),
        "sign_in_page_203" => plain("sign_in_page_203", Action::SignInPage { status: 203 }, Allowed::Or(signed_out)),
        "sign_in_page_302" => plain("sign_in_page_302", Action::SignInPage { status: 302 }, Allowed::Or(signed_out)),
        "reset_before" => plain("reset_before", Action::ResetBefore, Allowed::Or(lost)),
        "reset_after" => plain("reset_after", Action::ResetAfter, Allowed::Success),
        "truncated_body" => plain("truncated_body", Action::TruncatedBody, Allowed::Success),
        "stale_read" => plain("stale_read", Action::StaleRead, Allowed::Or(stale)),
        "retry_after_on_success" => {
            plain("retry_after_on_success", Action::RetryAfterOnSuccess { seconds: 0.02 }, Allowed::Success)
        }
        other => panic!("{other}"),
    }
}

/// A client that gives up after `timeout`, and keeps its pauses short.
fn client(emulator: &Running, timeout: Duration) -> Client {
    let retry = RetryOptions { base: Duration::from_millis(3), ..RetryOptions::default() };
    // A short window, as one of the faults announces a limit.
    let throttle = ThrottleOptions { window: Duration::from_secs(1), ..ThrottleOptions::default() };
    let transport = Recorder::from_environment(HttpTransport::new(timeout).unwrap());
    world::builder(emulator).retry(retry).throttle(throttle).transport(Arc::new(transport)).build().unwrap()
}

/// The world as another client sees it.
fn seen_by(world: &World, client: &Client) -> World {
    World { client: client.clone(), project: client.project(world.team.id), ..world.clone() }
}

/// Lets all runs go on until nothing changes, so that it does not matter how often a call has looked at them.
async fn settle(emulator: &Running, world: &World) {
    emulator.clear_faults();
    let builds: Vec<_> = emulator.with_state(|state| state.builds.keys().map(|id| RunId(*id)).collect());
    let project = &world.project;
    for id in builds {
        for _ in 0..12 {
            match project.builds().get(id).await {
                Ok(Some(build)) if !build.is_over() => {}
                _ => break,
            }
        }
    }
}

/// The state without what differs from one run to the next: times, counters, and ids that are not of the seed.
fn comparable(state: &Organization, known: &HashSet<String>) -> Value {
    let mut value = state.save().unwrap();
    if let Value::Object(top) = &mut value {
        for noise in ["ids", "counters"] {
            top.remove(noise);
        }
    }
    neutral(value, known)
}

fn neutral(value: Value, known: &HashSet<String>) -> Value {
    match value {
        Value::Object(map) => {
            // Things by id become a sorted list when their ids are new.
            let mut kept = serde_json::Map::new();
            let mut new = Vec::new();
            for (key, item) in map {
                if matches!(key.as_str(), "revision" | "version" | "attempt_at" | "polls" | "reads" | "reads_left") {
                    continue;
                }
                if key == "objects" {
                    // Git objects: commits hold their time, so that only their number can be compared.
                    let count = item.as_array().map(Vec::len).or(item.as_object().map(serde_json::Map::len));
                    kept.insert(key, Value::from(count));
                    continue;
                }
                let name = neutral_text(&key, known);
                if name == key {
                    kept.insert(key, neutral(item, known));
                } else {
                    new.push(neutral(item, known));
                }
            }
            if !new.is_empty() {
                new.sort_by_key(Value::to_string);
                kept.insert("(new)".into(), Value::Array(new));
            }
            let sorted: BTreeMap<_, _> = kept.into_iter().collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| neutral(item, known)).collect()),
        Value::String(text) => Value::String(neutral_text(&text, known)),
        other => other,
    }
}

/// All texts in a value, keys included.
fn texts(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, item)| {
            found.insert(key.clone());
            texts(item, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::String(text) => drop(found.insert(text.clone())),
        _ => {}
    }
}

/// Times, new GUIDs and new git ids by their kind; long texts (git objects) by their length.
fn neutral_text(text: &str, known: &HashSet<String>) -> String {
    let hex = |t: &str| t.bytes().all(|b| b.is_ascii_hexdigit());
    let time =
        text.len() > 18 && text.is_char_boundary(10) && text.as_bytes()[10] == b'T' && text.as_bytes()[4] == b'-';
    if time {
        return "(time)".into();
    }
    if (text.len() == 40 && hex(text) || text.len() == 36 && text.matches('-').count() == 4) && !known.contains(text) {
        return "(id)".into();
    }
    if text.len() > 60 && !known.contains(text) {
        return ["(text ", &text.len().to_string(), ")"].concat();
    }
    text.to_owned()
}

/// The first place at which two states differ.
fn difference(a: &Value, b: &Value, path: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys());
            keys.map(|key| (key, x.get(key), y.get(key))).find_map(|(key, x, y)| match (x, y) {
                (Some(x), Some(y)) => difference(x, y, &[path, key].join("/")),
                _ => Some([path, key].join("/")),
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(n, (x, y))| difference(x, y, &[path, &n.to_string()].join("/")))
        }
        _ => (a != b).then(|| format!("{path}: {} / {}", short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}

/// Carries out one operation from the seed; returns its outcome and the state that it leaves.
async fn carry_out(
    emulator: &Running,
    world: &World,
    seeded: &Organization,
    known: &HashSet<String>,
    operation: &Operation,
    fault: Option<&Case>,
) -> (devops_client::Result<bool>, Value) {
    emulator.clear_faults();
    emulator.clear_requests();
    emulator.with_state(|state| *state = seeded.clone());
    if let Some(case) = fault {
        let method = if case.action == Action::StaleRead { "GET" } else { operation.method };
        let pattern = if case.action == Action::StaleRead { "*".to_owned() } else { operation.pattern() };
        emulator.add_fault(Fault::new(method, &pattern, case.action.clone()));
    }
    let outcome = (operation.work)(world).await;
    let next_step = outcome.as_ref().err().map(|error| format!("{error}: {}", error.next_step()));
    tracing::trace!(operation = operation.name, ?outcome, next_step, "carried out");
    // An effect that comes late must have come.
    if let Some(Action::Latency { millis }) = fault.map(|case| &case.action) {
        tokio::time::sleep(Duration::from_millis(*millis)).await;
    }
    if operation.method != "GET" || prepares(operation) {
        settle(emulator, world).await;
    }
    (outcome, comparable(&emulator.state(), known))
}

/// A part of the operations that the fault of this number meets: of all of them with `FAULTS_FULL` set.
fn sample(number: usize, (part, of): (usize, usize)) -> impl Iterator<Item = &'static Operation> {
    let full = std::env::var_os("FAULTS_FULL").is_some();
    let all = OPERATIONS.iter().enumerate().filter(move |(index, _)| full || (index + number).is_multiple_of(4));
    all.map(|(_, operation)| operation).skip(part - 1).step_by(of)
}

/// A part of the operations of `sample` with one fault.
async fn matrix(number: usize, name: &str, part: (usize, usize)) {
    let case = case(name);
    let (emulator, world) = world::world().await;
    settle(&emulator, &world).await;
    let seeded = emulator.state();
    let mut known = HashSet::new();
    texts(&seeded.save().unwrap(), &mut known);
    let untouched = comparable(&seeded, &known);
    // Its budget is its own, so that a limit that one fault announces does not slow the others down.
    let hasty = seen_by(&world, &client(&emulator, case.timeout));
    let (mut failures, mut tried, mut hit, mut refused) = (Vec::new(), 0, 0, 0);
    for operation in sample(number, part) {
        tried += 1;
        // A read leaves the seed behind; what a write leaves is seen without fault first.
        let wanted = if operation.method == "GET" && !prepares(operation) {
            untouched.clone()
        } else {
            let (outcome, wanted) = carry_out(&emulator, &world, &seeded, &known, operation, None).await;
            assert!(matches!(outcome, Ok(true)), "{} without fault: {outcome:?}", operation.name);
            wanted
        };
        let (outcome, left) = carry_out(&emulator, &hasty, &seeded, &known, operation, Some(&case)).await;
        let met = emulator.requests().iter().any(|entry| !entry.faults.is_empty());
        hit += usize::from(met);
        let problem = match (outcome, case.allowed) {
            // The operation's id was lost with its answer. The emulator carries on only what is polled, so that the
            // operation has seen to it itself that the project is there or gone, but not all that belongs to it.
            (Ok(true), _)
                if on_a_project(operation) && matches!(case.action, Action::ResetAfter | Action::TruncatedBody) =>
            {
                None
            }
            // The operation's own look at what it has done was the stale one.
            (Ok(false), _) if case.action == Action::StaleRead => {
                difference(&wanted, &left, "").map(|place| format!("another state at {place}"))
            }
            (Ok(true), _) => {
                difference(&wanted, &left, "").map(|place| format!("success, but another state at {place}"))
            }
            (Ok(false), _) => Some("the result is another".to_owned()),
            (Err(error), Allowed::Or(kind)) if kind(error.kind()) => {
                refused += 1;
                // What the operation does besides the call that was hit (it may prepare something) is no matter: the
                // call itself must have had no effect.
                let effects = emulator
                    .requests()
                    .iter()
                    .filter(|entry| entry.effect && operation.is_call(&entry.method, &entry.path))
                    .count();
                if error.effect() != Effect::None && operation.method != "GET" {
                    Some(format!("the effect is left {:?}: {error}", error.effect()))
                } else if effects > 0 && operation.method != "GET" && case.action != Action::StaleRead {
                    Some(format!("an error without effect, but there are {effects}: {error}"))
                } else if operation.method == "GET" {
                    difference(&untouched, &left, "")
                        .filter(|_| !prepares(operation))
                        .map(|p| format!("a read has changed {p}"))
                } else {
                    None
                }
            }
            (Err(error), _) => Some(format!("{error:?}")),
        };
        // A caller that goes away before the answer leaves no entry.
        if !met && case.action != Action::StaleRead && case.timeout == LONG {
            failures.push(format!("{}: the fault was not met", operation.name));
        }
        if let Some(problem) = problem {
            failures.push(format!("{}: {problem}", operation.name));
        }
    }
    println!("{}: {tried} operations, fault met in {hit}, refused {refused}", case.name);
    assert!(failures.is_empty(), "{} failures with {}:\n{}", failures.len(), case.name, failures.join("\n"));
}

/// Reads that must make something first.
fn prepares(operation: &Operation) -> bool {
    matches!(operation.name, "operations.get" | "runs.wait")
}

/// Those that start something which goes on in the background.
fn on_a_project(operation: &Operation) -> bool {
    matches!(operation.name, "projects.create" | "projects.delete" | "operations.get")
}

// What waits for each of its operations is several tests, so that they wait at the same time.
macro_rules! matrix {
    ($($test:ident $number:literal $name:literal $($part:literal of $parts:literal)?;)+) => {$(
        #[tokio::test]
        async fn $test() {
            let parts: &[(usize, usize)] = &[$(($part, $parts))?];
            matrix($number, $name, parts.first().copied().unwrap_or((1, 1))).await;
        }
    )+};
}

matrix! {
    every_operation_survives_latency 0 "latency";
    every_operation_survives_a_time_out_1_of_4 1 "time_out" 1 of 4;
    every_operation_survives_a_time_out_2_of_4 1 "time_out" 2 of 4;
    every_operation_survives_a_time_out_3_of_4 1 "time_out" 3 of 4;
    every_operation_survives_a_time_out_4_of_4 1 "time_out" 4 of 4;
    every_operation_survives_a_429_with_headers 2 "429_with_headers";
    every_operation_survives_a_bare_429 3 "429_bare";
    every_operation_survives_a_503_with_retry_after 4 "503_with_retry_after";
    every_operation_survives_a_bare_503 5 "503_bare";
    every_operation_survives_a_502 6 "502";
    every_operation_survives_a_500 7 "500";
    every_operation_survives_a_401 8 "401";
    every_operation_survives_a_sign_in_page 9 "sign_in_page_203";
    every_operation_survives_a_redirect_to_sign_in 10 "sign_in_page_302";
    every_operation_survives_a_reset_before_its_effect 11 "reset_before";
    every_operation_survives_a_reset_after_its_effect 12 "reset_after";
    every_operation_survives_a_truncated_body 13 "truncated_body";
    every_operation_survives_a_stale_read 14 "stale_read";
    every_operation_survives_a_retry_after_on_success 15 "retry_after_on_success";
}
