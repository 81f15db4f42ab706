//! The protocol over resources that live in memory: order, failure, locks, a state that moves, reading back.

mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use self::memory::{Bolt, Memory, Those, key, site, target, those};

use crate::edge::remote::apply::Event;
use crate::edge::remote::error::RemoteError;
use crate::edge::remote::fleet::{Fleet, Locks, Report, Stopped};
use crate::edge::remote::handler::Handler;
use crate::edge::remote::registry::Registry;
use crate::edge::remote::site::Site;
use crate::edge::remote::stop::Stop;
use crate::edge::remote::target::{Goal, Keep, Planned, Target};
use crate::remote::later::Later;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// Project, repository, and a group that needs a connection; an environment beside them.
fn desired() -> Vec<Resource> {
    let on_project = |kind| Resource::new(kind, "a").needs(key(Kind::Project)).field("description", "d");
    vec![
        Resource::new(Kind::Project, "a"),
        on_project(Kind::Repository),
        on_project(Kind::ServiceConnection).fixed(&["scheme"]).field("scheme", "federation"),
        on_project(Kind::VariableGroup)
            .needs(key(Kind::ServiceConnection))
            .field("connection", Later::fact(key(Kind::ServiceConnection), "id")),
        on_project(Kind::Environment),
    ]
}

fn apply() -> Goal {
    Goal::Apply { adopt: BTreeSet::new() }
}

async fn run(target: Target<'_>, locks: Option<Arc<dyn Locks>>) -> Result<Report, Stopped> {
    run_until(target, locks, &Stop::default(), &|_| {}).await
}

async fn run_until(
    target: Target<'_>,
    locks: Option<Arc<dyn Locks>>,
    stop: &Stop,
    seen: &(dyn Fn(Event) + Sync),
) -> Result<Report, Stopped> {
    let mut fleet = Fleet::new(vec![target], None, locks);
    fleet.patience = vec![Duration::from_millis(1); 3];
    let planned: Vec<Option<Planned>> = fleet.plan().await.into_iter().map(|planned| Some(planned.unwrap())).collect();
    fleet.carry_out(&planned, &|_, event| seen(event), stop).await.remove(0)
}

fn at(log: &[String], line: &str) -> usize {
    log.iter().position(|l| l == line).unwrap_or_else(|| panic!("no {line} in {log:?}"))
}

#[tokio::test]
async fn steps_follow_what_they_need_and_a_second_apply_writes_nothing() {
    let memory = Memory::default();
    let kinds = those(&memory);
    let bolt = Arc::new(Bolt::default());
    let open = bolt.open.clone();
    assert_eq!(run(target(&kinds, &desired(), apply()), Some(bolt)).await.unwrap().done.len(), 5);
    assert_eq!(open.load(Ordering::SeqCst), 0, "the lock is given back");
    let log = memory.log();
    assert_eq!(&log[..2], ["create project/a", "create repository/a"], "the place comes before the lock");
    assert!(at(&log, "create service-connection/a") < at(&log, "create variable-group/a"));
    let connection = memory.state.lock().unwrap()[&key(Kind::ServiceConnection)].id.clone();
    let group = memory.state.lock().unwrap()[&key(Kind::VariableGroup)].fields["connection"].clone();
    assert_eq!(group, json!(connection), "what only the service knows is put in");
    assert_eq!(run(target(&kinds, &desired(), apply()), None).await.unwrap().done, []);
    assert_eq!(memory.log(), [""; 0]);
}

#[tokio::test]
async fn a_failure_stops_what_needs_it_and_nothing_else() {
    let memory = Memory { broken: BTreeSet::from([key(Kind::ServiceConnection)]), ..Memory::default() };
    let kinds = those(&memory);
    let stopped = run(target(&kinds, &desired(), apply()), None).await.unwrap_err();
    let Stopped::Failed { errors, done, skipped } = stopped else { panic!("{stopped:?}") };
    assert_eq!((errors.len(), errors[0].next()), (1, Some("mend it")));
    assert_eq!(skipped, [(key(Kind::VariableGroup), key(Kind::ServiceConnection))]);
    assert!(done.contains(&key(Kind::Environment)), "{done:?}");
}

#[tokio::test]
async fn whoever_finds_the_lock_taken_writes_nothing_more() {
    let memory = Memory::default();
    let kinds = those(&memory);
    let bolt = Bolt { held: true, ..Bolt::default() };
    let stopped = run(target(&kinds, &desired(), apply()), Some(Arc::new(bolt))).await.unwrap_err();
    assert!(matches!(&stopped, Stopped::Locked(why) if why == "somebody is at it"), "{stopped:?}");
    assert_eq!(
        memory.log(),
        ["create project/a", "create repository/a"],
        "the place is made before the lock is asked for"
    );
}

#[tokio::test]
async fn a_world_that_moves_before_the_lock_is_taken_is_left_alone() {
    let memory: &'static Memory = Box::leak(Box::default());
    let kinds = those(memory);
    let meddle = || {
        let found = Observed::new("9", Owner::Ours, Fields::from([("description".into(), json!("by hand"))]));
        memory.state.lock().unwrap().insert(key(Kind::Environment), found);
    };
    let bolt = Arc::new(Bolt { meanwhile: Some(Arc::new(meddle)), ..Bolt::default() });
    let open = bolt.open.clone();
    let stopped = run(target(&kinds, &desired(), apply()), Some(bolt)).await.unwrap_err();
    assert!(matches!(&stopped, Stopped::Moved(keys) if *keys == [key(Kind::Environment)]), "{stopped:?}");
    assert_eq!(memory.log(), ["create project/a", "create repository/a"]);
    assert_eq!(open.load(Ordering::SeqCst), 0, "the lock is given back");
}

#[tokio::test]
async fn a_deployment_that_ends_between_plan_and_lock_has_not_moved_the_world_and_one_that_begins_has() {
    let memory: &'static Memory = Box::leak(Box::default());
    let kinds = [those(memory), vec![Those(memory, Kind::Deployment)]].concat();
    let all = [desired(), vec![Resource::new(Kind::Deployment, "a").field("provisioningState", "Succeeded")]].concat();
    run(target(&kinds, &all, apply()), None).await.unwrap();
    let is = |state: &'static str| {
        let fields = Fields::from([("provisioningState".into(), json!(state))]);
        memory.state.lock().unwrap().insert(key(Kind::Deployment), Observed::new("7", Owner::Ours, fields));
    };
    for (before, now, goes_on) in
        [("Running", "Succeeded", true), ("Running", "Failed", true), ("Failed", "Running", false)]
    {
        is(before);
        let bolt = Bolt { meanwhile: Some(Arc::new(move || is(now))), ..Bolt::default() };
        let result = run(target(&kinds, &all, apply()), Some(Arc::new(bolt))).await;
        assert_eq!(result.is_ok(), goes_on, "{before} {now}: {result:?}");
        assert!(goes_on || matches!(result, Err(Stopped::Moved(_))));
    }
}

#[tokio::test]
async fn a_write_that_leaves_nothing_is_found_out_and_one_that_shows_late_is_waited_for() {
    let memory = Memory { forgetful: BTreeSet::from([key(Kind::Environment)]), ..Memory::default() };
    let kinds = those(&memory);
    let stopped = run(target(&kinds, &desired(), apply()), None).await.unwrap_err();
    let Stopped::Different { rest, done } = stopped else { panic!("{stopped:?}") };
    assert_eq!(rest.changes().map(|step| step.key.clone()).collect::<Vec<_>>(), [key(Kind::Environment)]);
    assert_eq!(done.len(), 5);

    let memory = Memory::default();
    let kinds = those(&memory);
    // Five kinds are looked at twice before the steps; then every look at the last one comes late, twice.
    let seen = AtomicUsize::new(0);
    let tell = |event| {
        if matches!(event, Event::Done(..)) && seen.fetch_add(1, Ordering::SeqCst) == 4 {
            memory.late.store(7, Ordering::SeqCst);
        }
    };
    run_until(target(&kinds, &desired(), apply()), None, &Stop::default(), &tell).await.unwrap();
}

#[tokio::test]
async fn a_permission_that_the_service_has_lost_is_given_again_and_nothing_else_is() {
    let memory = Memory::default();
    let kinds = [those(&memory), vec![Those(&memory, Kind::Permission)]].concat();
    let all = [desired(), vec![Resource::new(Kind::Permission, "a").field("pipelines", json!(["build"]))]].concat();
    let lose = |kind| assert!(memory.absent_minded.lock().unwrap().insert(key(kind)));
    lose(Kind::Permission);
    let report = run(target(&kinds, &all, apply()), None).await.unwrap();
    assert!(report.done.contains(&key(Kind::Permission)), "{report:?}");
    assert_eq!(memory.log().iter().filter(|line| *line == "create permission/a").count(), 2);
    assert_eq!(run(target(&kinds, &all, apply()), None).await.unwrap().done, [], "now it is there");

    memory.state.lock().unwrap().clear();
    lose(Kind::Environment);
    let stopped = run(target(&kinds, &all, apply()), None).await.unwrap_err();
    assert!(matches!(stopped, Stopped::Different { .. }), "making a thing twice could make two: {stopped:?}");
    assert_eq!(memory.log().iter().filter(|line| *line == "create environment/a").count(), 1);
}

#[tokio::test]
async fn what_refers_to_a_thing_that_is_made_anew_is_brought_up_to_date_too() {
    let memory = Memory::default();
    let kinds = those(&memory);
    run(target(&kinds, &desired(), apply()), None).await.unwrap();
    memory.log();
    let connection = key(Kind::ServiceConnection);
    memory.state.lock().unwrap().get_mut(&connection).unwrap().fields.insert("scheme".into(), json!("secret"));
    run(target(&kinds, &desired(), apply()), None).await.unwrap();
    let log = memory.log();
    assert_eq!(log, ["delete service-connection/a", "create service-connection/a", "update variable-group/a"]);
}

#[tokio::test]
async fn a_person_who_stops_is_told_what_is_left_and_a_second_apply_does_it() {
    let memory = Memory::default();
    let kinds = those(&memory);
    let stop = Stop::default();
    let tell = |event| {
        if let Event::Done(Key { kind: Kind::ServiceConnection, .. }, ..) = event {
            stop.ask();
        }
    };
    let bolt = Arc::new(Bolt::default());
    let open = bolt.open.clone();
    let stopped = run_until(target(&kinds, &desired(), apply()), Some(bolt), &stop, &tell).await.unwrap_err();
    let Stopped::Asked { left, .. } = stopped else { panic!("{stopped:?}") };
    assert!(left.contains(&key(Kind::VariableGroup)), "{left:?}");
    assert_eq!(open.load(Ordering::SeqCst), 0, "the lock is given back");
    assert_eq!(run(target(&kinds, &desired(), apply()), None).await.unwrap().done.len(), left.len());
}

#[tokio::test]
async fn whoever_loses_the_lock_finishes_what_is_under_way_and_begins_nothing_more() {
    let memory = Memory::default();
    let kinds = those(&memory);
    let bolt = Arc::new(Bolt::default());
    let lost = bolt.lost.clone();
    let tell = |event| {
        if let Event::Done(Key { kind: Kind::ServiceConnection, .. }, ..) = event {
            lost.store(true, Ordering::SeqCst);
        }
    };
    let stop = Stop::default();
    let stopped = run_until(target(&kinds, &desired(), apply()), Some(bolt), &stop, &tell).await.unwrap_err();
    let Stopped::Lost { done, left } = stopped else { panic!("{stopped:?}") };
    assert!(
        done.contains(&key(Kind::ServiceConnection)) && left.contains(&key(Kind::VariableGroup)),
        "{done:?} {left:?}"
    );
    let log = memory.log();
    assert_eq!(log.len(), done.len(), "nothing was begun that is not done: {log:?}");
    assert_eq!(run(target(&kinds, &desired(), apply()), None).await.unwrap().done.len(), left.len());
}

#[tokio::test]
async fn a_destroy_goes_backwards_keeps_what_it_is_told_to_and_leaves_the_project_and_what_others_made() {
    let memory = Memory::default();
    let kinds = those(&memory);
    run(target(&kinds, &desired(), apply()), None).await.unwrap();
    memory.log();
    let theirs = Key::new(Kind::VariableGroup, "theirs");
    memory.state.lock().unwrap().insert(theirs.clone(), Observed::new("7", Owner::Foreign, Fields::new()));
    let keep = Keep { data: true, keys: BTreeSet::from([key(Kind::Environment)]) };
    run(target(&kinds, &desired(), Goal::Destroy { keep }), None).await.unwrap();
    assert_eq!(memory.log(), ["delete variable-group/a", "delete service-connection/a"]);
    run(target(&kinds, &desired(), Goal::Destroy { keep: Keep::default() }), None).await.unwrap();
    let left: Vec<Key> = memory.state.lock().unwrap().keys().cloned().collect();
    assert_eq!(left, [key(Kind::Project), theirs]);
}

#[tokio::test]
async fn steps_that_do_not_need_each_other_go_at_the_same_time() {
    struct Slow(AtomicUsize, AtomicUsize);
    #[async_trait]
    impl Handler for Slow {
        async fn observe(&self, _: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
            let made = self.0.load(Ordering::SeqCst) > 0;
            let there = wanted
                .iter()
                .filter(|_| made)
                .map(|resource| (resource.key.clone(), Observed::new("1", Owner::Ours, Fields::new())));
            Ok(there.collect::<BTreeMap<_, _>>())
        }
        async fn create(&self, _: &Site, _: &Resource) -> Result<Observed, RemoteError> {
            let now = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            self.1.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(Observed::new("1", Owner::Ours, Fields::new()))
        }
        async fn update(&self, _: &Site, _: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
            Ok(found.clone())
        }
        async fn delete(&self, _: &Site, _: &Key, _: &Observed) -> Result<(), RemoteError> {
            Ok(())
        }
    }
    let slow = Slow(AtomicUsize::new(0), AtomicUsize::new(0));
    let desired: Vec<Resource> = (0..20).map(|n| Resource::new(Kind::Environment, n.to_string())).collect();
    let registry = Registry::default().with(Kind::Environment, &slow);
    run(Target { site: site(), desired, registry, goal: apply() }, None).await.unwrap();
    assert_eq!(slow.1.load(Ordering::SeqCst), 20);
}
