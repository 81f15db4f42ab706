//! Ctrl-C in the middle of an apply and of a destroy.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devops_emulator::{Action, Fault, Running};
use mlops_gen::edge::remote::lock::BRANCH;

use crate::remote::program::{ended, program, run};
use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{emulator, emulator_with, known, reference, writes};

const APPLY: [&str; 4] = ["apply", "--yes", "--only", "devops"];

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// The program, in the middle of its work: so many of its requests have had an effect, and each takes a while.
async fn under_way(emulator: &Running, arguments: &[&str], effects: usize) -> Child {
    emulator.add_fault(Fault::new("*", "*", Action::Latency { millis: 60 }).always());
    let before = writes(emulator);
    let mut command = program(emulator, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while writes(emulator) < before + effects {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline, "{} writes", writes(emulator));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child
}

fn is_locked(emulator: &Running) -> bool {
    let name = format!("refs/heads/{BRANCH}");
    emulator.with_state(|state| state.repositories.values().any(|repository| repository.refs.contains_key(&name)))
}

/// How many resources it says are done.
fn done(text: &str) -> usize {
    let before = text.split(" done, left are").next().unwrap_or_default();
    before.split_whitespace().rev().find_map(|word| word.parse().ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_that_is_interrupted_finishes_what_is_under_way_says_what_is_left_and_goes_on_the_next_time() {
    let (wanted, _) = reference().await;
    let emulator = emulator(&known()).await;
    let child = under_way(&emulator, &APPLY, 8).await;
    interrupt(&child);
    let said = ended(child).await.code(1);
    let said = said.says("stopping: what is under way is finished first").says("stopped when asked to");
    let said = said.says("apply again for them").says("files/main");
    let shown = said.err.lines().filter(|line| line.trim_start().starts_with("created ")).count();
    assert_eq!(done(&said.err), shown, "{}", said.err);
    assert!(shown > 2 && !said.err.contains("failed"), "{}", said.err);
    assert!(!is_locked(&emulator), "the lock is given back");
    emulator.clear_faults();
    let said = run(&emulator, &APPLY).await.code(0);
    let more = said.err.lines().filter(|line| line.trim_start().starts_with("created ")).count();
    assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None);
    println!("interrupted after {shown} steps; the next apply did the other {more}");
    assert!(more > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_leaves_at_once_and_the_next_apply_takes_over() {
    let (wanted, _) = reference().await;
    let emulator = emulator(&known()).await;
    let mut child = under_way(&emulator, &APPLY, 8).await;
    // From now on nothing comes to an end.
    emulator.add_fault(Fault::new("*", "*", Action::Latency { millis: 3_600_000 }).always());
    interrupt(&child);
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    let heard = tokio::task::spawn_blocking(move || {
        let mut said = said.map(Result::unwrap);
        said.any(|line| line.contains("once more to end at once")).then_some(said)
    });
    let _rest = heard.await.unwrap().expect("it says that it heard");
    interrupt(&child);
    // What is under way would take another hour: that the program ends at all shows that it does not wait.
    ended(child).await.code(130);
    assert!(is_locked(&emulator), "nobody was left to give it back");
    emulator.clear_faults();
    run(&emulator, &APPLY).await.code(0);
    assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None);
    assert!(!is_locked(&emulator));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_that_is_interrupted_is_finished_by_the_next_one() {
    let (_, state) = reference().await;
    let name = known().project.name.to_string();
    let arguments = ["destroy", "--yes", "--only", "devops", "--confirm", &name];
    let whole = emulator_with(state.clone()).await;
    run(&whole, &arguments).await.code(0);
    let emulator = emulator_with(state).await;
    let child = under_way(&emulator, &arguments, 4).await;
    interrupt(&child);
    let said = ended(child).await.code(1).says("stopped when asked to").says("destroy again for them");
    assert!(done(&said.err) > 0);
    assert!(!is_locked(&emulator));
    emulator.clear_faults();
    run(&emulator, &arguments).await.code(0);
    assert_eq!(difference(&snapshot(&emulator.state()), &snapshot(&whole.state())), None);
}
