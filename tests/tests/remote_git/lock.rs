//! The lock that keeps a second apply out.

use std::time::Duration;

use devops_client::api::pushes::Change;
use devops_emulator::Running;
use futures::future::join_all;
use mlops_gen::edge::remote::fleet::Refused;
use mlops_gen::edge::remote::lock::{BRANCH, Holder, Lock, Terms};

use super::world::{Here, Ours, branches, commits, emulator, repository};

fn holder(who: &str) -> Holder {
    Holder { who: who.to_owned(), ..Holder::here() }
}

/// Somebody of whom this machine cannot tell whether he lives.
fn far(who: &str) -> Holder {
    Holder { place: "elsewhere".to_owned(), ..holder(who) }
}

/// A repository that holds nothing yet.
async fn empty(emulator: &Running) -> Here {
    let here = Ours::new().at(emulator, &[]);
    let new = devops_client::api::repositories::NewRepository::new("churn");
    here.site.devops.repositories().create(&new).await.unwrap();
    here
}

fn told(refused: Refused) -> String {
    match refused {
        Refused::Held(why) => why,
        Refused::Failed(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn of_many_who_ask_at_the_same_moment_exactly_one_gets_it() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    for round in 0..20 {
        let asked = (0..8).map(|n| Lock::acquire(&here.site, holder(&format!("user {n}")), Terms::default()));
        let (got, refused): (Vec<_>, Vec<_>) = join_all(asked).await.into_iter().partition(Result::is_ok);
        assert_eq!((got.len(), refused.len()), (1, 7), "round {round}");
        for refused in refused {
            let why = told(refused.unwrap_err());
            assert!(why.contains("has been applying churn since 20") && why.contains(BRANCH), "{why}");
        }
        for lock in got {
            lock.unwrap().release(&here.site).await.unwrap();
        }
        assert_eq!(branches(&emulator), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_lock_of_a_dead_holder_is_taken_over_and_one_of_a_live_one_is_not() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let dropped = Lock::acquire(&here.site, holder("ada"), Terms::default()).await.unwrap();
    assert!(Lock::acquire(&here.site, holder("bob"), Terms::default()).await.is_err());
    drop(dropped);
    let taken = Lock::acquire(&here.site, holder("bob"), Terms::default()).await.unwrap();
    assert!(taken.is_held());
    let why = told(Lock::acquire(&here.site, far("eve"), Terms::default()).await.unwrap_err());
    assert!(why.starts_with("bob on "), "{why}");
    taken.release(&here.site).await.unwrap();

    // A process of this machine that has ended.
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let dead = Holder { pid: child.id(), began: "1".to_owned(), ..holder("dead") };
    child.wait().unwrap();
    let left = Lock::acquire(&here.site, dead, Terms::default()).await.unwrap();
    let taken = Lock::acquire(&here.site, holder("bob"), Terms::default()).await.unwrap();
    taken.release(&here.site).await.unwrap();
    let error = left.release(&here.site).await.unwrap_err();
    assert!(error.to_string().contains("taken the lock over"), "{error}");
}

#[tokio::test]
async fn a_lock_is_extended_while_it_is_held_and_lapses_when_it_is_not() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let short = Terms { lease: Duration::from_secs(2), beat: Duration::from_millis(100), grace: Duration::ZERO };
    let lock = Lock::acquire(&here.site, far("ada"), short).await.unwrap();
    // More beats than the lease has: without them it would have lapsed.
    while commits(&emulator, BRANCH) <= 22 {
        assert!(lock.is_held());
        tokio::time::sleep(short.beat).await;
    }
    let why = told(Lock::acquire(&here.site, holder("bob"), short).await.unwrap_err());
    assert!(why.starts_with("ada on "), "{why}");
    drop(lock);
    let taken = loop {
        match Lock::acquire(&here.site, holder("bob"), short).await {
            Ok(lock) => break lock,
            Err(_) => tokio::time::sleep(short.beat).await,
        }
    };
    taken.release(&here.site).await.unwrap();
}

#[tokio::test]
async fn whoever_lost_his_lock_gets_to_know() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let terms = Terms { beat: Duration::from_millis(100), ..Terms::default() };
    let lock = Lock::acquire(&here.site, holder("ada"), terms).await.unwrap();
    here.push(BRANCH, Change::edit("apply.json", "by hand")).await;
    while lock.is_held() {
        tokio::time::sleep(terms.beat).await;
    }
    let why = told(Lock::acquire(&here.site, holder("bob"), terms).await.unwrap_err());
    assert!(why.contains("does not know") && why.contains("delete the branch mlops-gen/lock"), "{why}");
    assert!(lock.release(&here.site).await.is_err());
}

#[tokio::test]
async fn whoever_deletes_the_branch_of_a_lock_ends_it_and_its_holder_gets_to_know() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let terms = Terms { beat: Duration::from_millis(50), ..Terms::default() };
    let lock = Lock::acquire(&here.site, holder("ada"), terms).await.unwrap();
    emulator.with_state(|state| {
        let mut all = state.repositories.values_mut();
        assert!(all.any(|repository| repository.refs.remove(&format!("refs/heads/{BRANCH}")).is_some()));
    });
    while lock.is_held() {
        tokio::time::sleep(terms.beat).await;
    }
    // Further beats, had there been any, would come now.
    tokio::time::sleep(4 * terms.beat).await;
    assert_eq!(branches(&emulator), Vec::<String>::new(), "an extension does not bring it back");
    Lock::acquire(&here.site, holder("bob"), terms).await.unwrap().release(&here.site).await.unwrap();
}

#[tokio::test]
async fn a_lock_of_a_repository_that_is_gone_is_given_back() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let lock = Lock::acquire(&here.site, holder("ada"), Terms::default()).await.unwrap();
    here.site.devops.repositories().delete(here.repository_id().await).await.unwrap();
    lock.release(&here.site).await.unwrap();
}

#[tokio::test]
async fn the_lock_of_an_empty_repository_does_not_end_as_its_default_branch() {
    let emulator = emulator(true).await;
    let here = empty(&emulator).await;
    let before = here.look().await;
    let lock = Lock::acquire(&here.site, holder("ada"), Terms::default()).await.unwrap();
    assert_eq!(here.look().await, before, "the lock is nothing that a plan could see");
    here.apply().await.unwrap();
    lock.release(&here.site).await.unwrap();
    assert_eq!(branches(&emulator), ["main"]);
    assert_eq!(repository(&emulator).default_branch.as_deref(), Some("refs/heads/main"));
    here.converge().await;
}
