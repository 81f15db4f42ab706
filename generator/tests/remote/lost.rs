//! Somebody takes the lock away in the middle of an apply.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use devops_emulator::{Action, Fault, Running};
use mlops_gen::edge::remote::apply::Event;
use mlops_gen::edge::remote::fleet::Stopped;
use mlops_gen::edge::remote::lock::{BRANCH, Holder, LEASE, Lock, RepositoryLocks, Terms};
use mlops_gen::edge::remote::site::Site;
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::remote::resource::Kind;

use crate::remote::program::{ended, program, run};
use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{apply, client, emulator, fleet, known, lead, reference};

/// Somebody on another machine, who deletes the lock's branch and takes the lock.
async fn take(emulator: &Running) -> (Site, Lock) {
    emulator.with_state(|state| {
        for repository in state.repositories.values_mut() {
            repository.refs.remove(&format!("refs/heads/{BRANCH}"));
        }
    });
    let site = Site::new(known().project.clone(), client(emulator).0);
    let other = Holder { who: "eve".to_owned(), place: "elsewhere".to_owned(), ..Holder::here() };
    for _ in 0..100 {
        // An extension that is on its way may make the branch once more, for a moment.
        if let Ok(lock) = Lock::acquire(&site, other.clone(), Terms::default()).await {
            return (site, lock);
        }
    }
    panic!("the lock that was deleted is still held")
}

fn slow(emulator: &Running, millis: u64) {
    emulator.add_fault(Fault::new("*", "*", Action::Latency { millis }).always());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_the_lock_in_the_middle_begins_nothing_more_and_the_next_one_finishes() {
    let (wanted, _) = reference().await;
    let emulator = emulator(&known()).await;
    slow(&emulator, 100);
    let mut fleet = fleet(&emulator, &known(), apply());
    let terms = Terms { beat: Duration::from_millis(20), ..Terms::default() };
    fleet.locks = Some(Arc::new(RepositoryLocks::new(Holder::here()).terms(terms)));
    let planned = vec![Some(fleet.plan().await.remove(0).unwrap())];
    let (begun, made) = (Mutex::new(Vec::new()), tokio::sync::Notify::new());
    let tell = |_, event| match event {
        Event::Started(key, _) => begun.lock().unwrap().push((key, Instant::now())),
        Event::Done(key, ..) if key.kind == Kind::Pipeline => made.notify_one(),
        _ => {}
    };
    let taking = async {
        made.notified().await;
        (take(&emulator).await, Instant::now())
    };
    let stop = Stop::default();
    let (mut results, ((site, other), taken)) = tokio::join!(fleet.carry_out(&planned, &tell, &stop), taking);
    let Err(Stopped::Lost { done, left }) = results.remove(0) else {
        panic!("the lock was taken, and that was not seen")
    };
    let begun = begun.into_inner().unwrap();
    let keys: Vec<_> = begun.iter().map(|(key, _)| key.clone()).collect();
    assert!(!left.is_empty() && left.iter().all(|key| !keys.contains(key)), "{left:?}");
    assert_eq!(done.len(), begun.len(), "what was under way is finished");
    // An extension that is on its way when the lock goes ends two requests later at most.
    let known_by = taken + Duration::from_secs(1);
    assert!(begun.iter().all(|(_, at)| *at < known_by), "{begun:?}");
    other.release(&site).await.unwrap();
    emulator.clear_faults();
    lead(&crate::remote::world::fleet(&emulator, &known(), apply())).await.unwrap();
    assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None);
}

/// Waits until the program has made so many pipelines.
async fn has_made_pipelines(emulator: &Running, child: &mut Child, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while emulator.with_state(|state| state.definitions.len()) < count {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_that_the_lock_was_lost_and_what_to_do_and_ends_with_2() {
    const APPLY: [&str; 4] = ["apply", "--yes", "--only", "devops"];
    let (wanted, _) = reference().await;
    let emulator = emulator(&known()).await;
    slow(&emulator, 400);
    let mut command = program(&emulator, &APPLY);
    // It is extended every second.
    let mut child = command.env(LEASE, "4").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    has_made_pipelines(&emulator, &mut child, 1).await;
    let (site, other) = take(&emulator).await;
    let said = ended(child).await.code(2).says("the lock was lost on the way").says("apply again when that has ended");
    assert!(said.err.contains("resources are done, left are") && said.err.contains("files/main"), "{}", said.err);
    emulator.clear_faults();
    run(&emulator, &APPLY).await.code(1).says("eve on ");
    other.release(&site).await.unwrap();
    run(&emulator, &APPLY).await.code(0);
    assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None);
    let mut command = program(&emulator, &APPLY);
    command.env(LEASE, "soon");
    crate::remote::program::run_to_end(command).await.code(2).says("MLOPS_GEN_LOCK_LEASE is `soon`");
}
