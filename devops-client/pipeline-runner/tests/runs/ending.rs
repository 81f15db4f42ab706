//! Ends before the end: time limits, requests to cancel, and nothing left behind.

use std::time::Duration;

use pipeline_runner::Outcome;

use crate::world::World;

/// Whether a process lives.
fn lives(id: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // a zombie that nobody has asked about has ended
    !state.is_empty() && !state.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}

#[test]
fn a_cancelled_run_ends_its_processes_and_cleans_up() {
    let world = World { cancel_at: Some("ready".to_owned()), ..World::new() };
    let ended = world.run(
        r#"
jobs:
- job: A
  steps:
  - checkout: none
  - bash: |
      # who starts the tests in the background leaves SIGINT ignored, and a shell cannot take that back
      trap 'echo interrupted; exit 130' INT TERM
      echo ready
      while true; do sleep 0.05; done
  - bash: echo not this
  - bash: echo cleaned up $(Agent.JobStatus)
    condition: or(failed(), canceled())
- {job: B, dependsOn: A, steps: [{checkout: none}, {bash: echo nor this}]}
- {job: C, dependsOn: A, condition: always(), steps: [{checkout: none}, {bash: echo but this, condition: always()}]}
"#,
    );
    assert_eq!(ended.outcome, Outcome::Canceled, "{}", world.log());
    let log = world.log();
    assert!(log.contains("interrupted") && log.contains("cleaned up Canceled"), "{log}");
    assert!(!log.contains("not this") && !log.contains("nor this"), "{log}");
    assert!(log.contains("but this"), "{log}");
    assert_eq!(world.outcome("__default.B"), Some(Outcome::Skipped));
}

#[test]
fn a_step_that_does_not_listen_is_ended_with_everything_it_started() {
    let mut world = World { cancel_at: Some("ready".to_owned()), ..World::new() };
    world.settings.patience.terminate = Duration::from_millis(300);
    let ended = world.run(
        r#"
steps:
- checkout: none
- bash: |
    trap '' INT TERM
    (trap '' INT TERM; while true; do sleep 0.05; done) &
    echo "child $!"
    setsid sleep 300 &
    echo "child $!"
    echo "child $$"
    echo ready
    while true; do sleep 0.05; done
"#,
    );
    assert_eq!(ended.outcome, Outcome::Canceled);
    let log = world.log();
    let children: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("child ")).collect();
    assert_eq!(children.len(), 3, "{log}");
    for child in children {
        for _ in 0..200 {
            if !lives(child) {
                break;
            }
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(10));
        }
        assert!(!lives(child), "process {child} is left");
    }
}

#[test]
fn steps_and_jobs_end_when_their_time_is_over() {
    let mut world = World::new();
    world.settings.minute = Duration::from_millis(1500);
    world.settings.patience.terminate = Duration::from_millis(300);
    let ended = world.run(
        "
jobs:
- job: A
  steps:
  - checkout: none
  - {bash: sleep 60, timeoutInMinutes: 1, continueOnError: true}
  - bash: echo goes on
- job: B
  timeoutInMinutes: 1
  steps:
  - checkout: none
  - bash: sleep 60
  - bash: echo not this
  - {bash: echo put back, condition: canceled()}
- job: C
  dependsOn: B
  condition: in(dependencies.B.result, 'Canceled')
  steps: [{checkout: none}, {bash: echo heard of it}]
",
    );
    assert_eq!(ended.outcome, Outcome::Canceled, "{}", world.log());
    let log = world.log();
    for text in ["The task has timed out.", "goes on", "put back", "heard of it"] {
        assert!(log.contains(text), "{text}: {log}");
    }
    assert!(!log.contains("not this"), "{log}");
    let issues = format!("{:?}", world.heard().issues);
    assert!(issues.contains("ran longer than the maximum time of 1 minutes"), "{issues}");
}

#[test]
fn what_a_step_leaves_running_ends_with_the_job_and_not_before() {
    let world = World::new();
    let ended = world.run(
        "
steps:
- checkout: none
- bash: |
    sleep 300 >/dev/null 2>&1 &
    echo child $!
- bash: kill -0 $(cat /dev/null; echo '%') 2>/dev/null; pgrep -f 'sleep 300' >/dev/null && echo still there
",
    );
    assert_eq!(ended.outcome, Outcome::Succeeded, "{}", world.log());
    assert!(world.log().contains("still there"), "{}", world.log());
    let log = world.log();
    let child = log.lines().find_map(|line| line.strip_prefix("child ")).unwrap().to_owned();
    for _ in 0..200 {
        if !lives(&child) {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert!(!lives(&child), "process {child} is left");
}
