//! From nothing to what the spec wants, and no further.

use crate::remote::program::run;
use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{apply, destroy, emulator, fleet, known, lead, plan, reference, writes};

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_one_apply_makes_everything_and_a_second_one_writes_nothing() {
    let emulator = emulator(&known()).await;
    run(&emulator, &["plan", "--only", "devops"]).await.code(1).says("to create");
    assert_eq!(writes(&emulator), 0, "a plan writes nothing");
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0).says("read back");
    let (requests, first) = (emulator.requests().len(), writes(&emulator));
    emulator.clear_requests();
    run(&emulator, &["plan", "--only", "devops"]).await.code(0).says("nothing to do");
    let reads = emulator.requests().len();
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0).says("nothing to do");
    assert_eq!(writes(&emulator), 0, "{:#?}", emulator.requests().iter().filter(|e| e.effect).collect::<Vec<_>>());
    println!("first apply: {requests} requests, {first} writes; then a plan: {reads} requests; second apply: 0 writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_and_the_engine_make_the_same() {
    let emulator = emulator(&known()).await;
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0);
    assert_eq!(difference(&snapshot(&emulator.state()), &reference().await.0), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_leaves_nothing_of_ours_and_an_apply_after_it_makes_all_of_it_again() {
    let emulator = emulator(&known()).await;
    lead(&fleet(&emulator, &known(), apply())).await.unwrap();
    let before = snapshot(&emulator.state());
    lead(&fleet(&emulator, &known(), destroy())).await.unwrap();
    assert!(plan(&fleet(&emulator, &known(), destroy())).await.unwrap().plan.is_empty());
    let state = emulator.state();
    let left = [
        state.endpoints.len(),
        state.groups.len(),
        state.environments.len(),
        state.checks.len(),
        state.definitions.len(),
    ];
    assert_eq!(left, [0; 5], "connections, groups, environments, checks, pipelines");
    assert_eq!(
        state.policies.len()
            + state
                .repositories
                .values()
                .filter(|r| r.deleted.is_none() && r.name == known().project.devops.repository.as_str())
                .count(),
        0
    );
    assert_eq!(state.projects.len(), 1, "the team project stays");
    lead(&fleet(&emulator, &known(), apply())).await.unwrap();
    assert_eq!(difference(&snapshot(&emulator.state()), &before), None);
}
