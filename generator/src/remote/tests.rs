//! What a plan says for every way in which the state can differ from the spec.

use std::collections::BTreeSet;

use super::observed::{Observed, Owner, PULL_REQUEST, State};
use super::order::Order;
use super::plan::{Action, RemotePlan};
use super::resource::{Fields, KINDS, Key, Kind, Resource};
use super::show;

fn group(name: &str) -> Resource {
    Resource::new(Kind::VariableGroup, name).field("description", "d").field("kind", "plain").fixed(&["kind"])
}

fn state(things: &[(&Resource, Owner)]) -> State {
    let observed = |(resource, owner): &(&Resource, Owner)| {
        let found = Observed::new("1", *owner, resource.fields.clone());
        (resource.key.clone(), found)
    };
    things.iter().map(observed).collect()
}

fn plan(desired: &[Resource], state: &State) -> RemotePlan {
    RemotePlan::new(desired, state, &BTreeSet::new()).unwrap()
}

fn actions(plan: &RemotePlan) -> Vec<(String, Action)> {
    plan.steps.iter().map(|step| (step.key.name.clone(), step.action)).collect()
}

#[test]
fn what_is_missing_is_created_and_what_is_there_is_left() {
    let (a, b) = (group("a"), group("b"));
    let plan = plan(&[a.clone(), b], &state(&[(&a, Owner::Ours)]));
    assert_eq!(actions(&plan), [("a".into(), Action::Unchanged), ("b".into(), Action::Create)]);
}

#[test]
fn a_field_that_differs_is_the_only_one_shown() {
    let found = group("a").field("description", "by hand");
    let plan = plan(&[group("a")], &state(&[(&found, Owner::Ours)]));
    assert_eq!(show::text(&plan), "  ~ variable-group/a\n      description  \"by hand\" -> \"d\"\nplan: 1 to update\n");
}

#[test]
fn a_field_that_somebody_added_goes() {
    let found = group("a").field("variables.EXTRA", "1");
    let plan = plan(&[group("a")], &state(&[(&found, Owner::Ours)]));
    assert_eq!(show::text(&plan), "  ~ variable-group/a\n      variables.EXTRA  \"1\" -> (gone)\nplan: 1 to update\n");
}

#[test]
fn what_cannot_be_changed_is_replaced() {
    let found = group("a").field("kind", "key-vault");
    assert_eq!(actions(&plan(&[group("a")], &state(&[(&found, Owner::Ours)]))), [("a".into(), Action::Replace)]);
}

#[test]
fn what_is_ours_and_no_longer_wanted_goes_and_what_is_not_ours_stays() {
    let (ours, theirs) = (group("ours"), group("theirs"));
    let plan = plan(&[], &state(&[(&ours, Owner::Ours), (&theirs, Owner::Foreign)]));
    assert_eq!(actions(&plan), [("ours".into(), Action::Delete)]);
}

#[test]
fn what_somebody_else_made_is_touched_only_when_adopted() {
    let found = state(&[(&group("a"), Owner::Foreign)]);
    let refused = RemotePlan::new(&[group("a")], &found, &BTreeSet::new()).unwrap_err();
    assert!(refused[0].to_string().contains("--adopt variable-group/a"), "{}", refused[0]);
    let adopt = BTreeSet::from([Key::new(Kind::VariableGroup, "a")]);
    let plan = RemotePlan::new(&[group("a")], &found, &adopt).unwrap();
    assert_eq!(actions(&plan), [("a".into(), Action::Adopt)]);
}

#[test]
fn a_plan_is_for_the_world_it_was_made_for() {
    let before = state(&[(&group("a"), Owner::Ours)]);
    let after = state(&[(&group("a").field("description", "by hand"), Owner::Ours)]);
    assert_ne!(plan(&[], &before).state, plan(&[], &after).state);
    assert_eq!(plan(&[], &before).state, plan(&[], &before).state);
}

#[test]
fn steps_come_after_what_they_need_and_beside_each_other_otherwise() {
    let need = |name| Key::new(Kind::VariableGroup, name);
    let desired = [group("a"), group("b").needs(need("a")), group("c").needs(need("a")), group("d").needs(need("b"))];
    let plan = plan(&desired, &State::new());
    let mut order = Order::new(&plan.steps).unwrap();
    assert_eq!(order.critical_path(), 3);
    assert_eq!(order.ready(), [need("a")]);
    assert!(order.ready().is_empty());
    order.done(&need("a"));
    assert_eq!(order.ready(), [need("b"), need("c")]);
}

#[test]
fn destroying_goes_the_other_way() {
    let need = |name| Key::new(Kind::VariableGroup, name);
    let desired = [group("a"), group("b").needs(need("a"))];
    let found = state(&[(&desired[0], Owner::Ours), (&desired[1], Owner::Ours)]);
    let plan = RemotePlan::destroy(&desired, &found, |_| false);
    let mut order = Order::new(&plan.steps).unwrap();
    assert_eq!(order.ready(), [need("b")]);
    let kept = RemotePlan::destroy(&desired, &found, |key| key.name == "a");
    assert_eq!(actions(&kept), [("b".into(), Action::Delete)]);
}

#[test]
fn the_team_project_stays_and_files_go_with_their_repository() {
    let found = |kind| Resource::new(kind, "a");
    let all: Vec<Resource> = [Kind::Project, Kind::Repository, Kind::Files, Kind::Pipeline].map(found).into();
    let found = state(&all.iter().map(|resource| (resource, Owner::Ours)).collect::<Vec<_>>());
    let kinds = |plan: RemotePlan| plan.steps.iter().map(|step| step.key.kind).collect::<Vec<_>>();
    assert_eq!(kinds(RemotePlan::destroy(&all, &found, |_| false)), [Kind::Repository, Kind::Pipeline]);
    let keep_data = |key: &Key| key.kind.holds_data();
    assert_eq!(kinds(RemotePlan::destroy(&all, &found, keep_data)), [Kind::Pipeline]);
    assert_eq!(kinds(plan(&[], &found)), [Kind::Repository, Kind::Pipeline, Kind::Files]);
}

#[test]
fn what_nothing_desires_any_more_goes_in_the_opposite_order_of_kinds() {
    let things = [Resource::new(Kind::Environment, "e"), Resource::new(Kind::Check, "e/approval"), group("g")];
    let found = state(&things.iter().map(|resource| (resource, Owner::Ours)).collect::<Vec<_>>());
    for plan in [plan(&[], &found), RemotePlan::destroy(&[], &found, |_| false)] {
        let mut order = Order::new(&plan.steps).unwrap();
        for kind in [Kind::Check, Kind::Environment, Kind::VariableGroup] {
            let ready = order.ready();
            assert_eq!(ready.iter().map(|key| key.kind).collect::<Vec<_>>(), [kind]);
            order.done(&ready[0]);
        }
    }
}

#[test]
fn kinds_and_keys_are_read_as_they_are_written() {
    for kind in KINDS {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!(KINDS.is_sorted(), "no kind needs a later one");
    let key = Key::new(Kind::Check, "diabetes-qa/approval");
    assert_eq!(key.to_string().parse(), Ok(key));
    for (bad, why) in
        [("groups/a", "the kinds are project,"), ("check/", "names no resource"), ("check", "names no resource")]
    {
        let error = bad.parse::<Key>().unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn steps_that_wait_for_each_other_are_named() {
    let need = |name| Key::new(Kind::VariableGroup, name);
    let plan = plan(&[group("a").needs(need("b")), group("b").needs(need("a"))], &State::new());
    assert_eq!(Order::new(&plan.steps).unwrap_err().0, [need("a"), need("b")]);
}

#[test]
fn files_go_with_their_repository_or_stay_with_it() {
    let seen = |kind, name| (Key::new(kind, name), Observed::new("1", Owner::Ours, Fields::new()));
    let repository = Key::new(Kind::Repository, "r");
    let state = State::from([seen(Kind::Repository, "r"), seen(Kind::Files, "main"), seen(Kind::Pipeline, "build")]);
    let going = |keep: &dyn Fn(&Key) -> bool| {
        let plan = RemotePlan::destroy(&[], &state, keep);
        plan.changes().map(|step| step.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(going(&|_| false), ["repository/r", "pipeline/build"]);
    assert_eq!(going(&|key| *key == repository), ["pipeline/build"]);
    let theirs = State::from([
        (repository.clone(), Observed::new("1", Owner::Foreign, Fields::new())),
        seen(Kind::Files, "main"),
    ]);
    assert!(RemotePlan::destroy(&[], &theirs, |_| false).is_empty());
}

#[test]
fn a_plan_survives_being_saved() {
    let plan = plan(&[group("a")], &State::new());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<RemotePlan>(&text).unwrap(), plan);
}

#[test]
fn what_hangs_on_a_thing_is_adopted_with_it_and_made_anew_with_it() {
    let group = || Resource::new(Kind::VariableGroup, "g").field("type", "Vsts").fixed(&["type"]);
    let permission = || Resource::new(Kind::Permission, "variable-group/g").field("pipelines", vec!["build"]);
    let check = || Resource::new(Kind::Check, "team/qa/approval");
    let environment = || Resource::new(Kind::Environment, "team/qa");
    let state = |owner, kind: &str| {
        let seen = |resource: Resource| (resource.key.clone(), Observed::new("1", owner, resource.fields));
        State::from([seen(group().field("type", kind)), seen(permission()), seen(check()), seen(environment())])
    };
    let desired = [group(), permission(), check(), environment()];
    let adopt = [group().key, environment().key].into_iter().collect();
    let plan = RemotePlan::new(&desired, &state(Owner::Foreign, "Vsts"), &adopt).unwrap();
    assert!(plan.steps.iter().all(|step| step.action == Action::Adopt), "{plan:?}");
    let refused = RemotePlan::new(&desired, &state(Owner::Foreign, "Vsts"), &[group().key].into_iter().collect());
    assert_eq!(refused.unwrap_err().len(), 2, "the environment and its check");
    let plan = RemotePlan::new(&desired, &state(Owner::Ours, "AzureKeyVault"), &BTreeSet::new()).unwrap();
    let actions: Vec<(String, Action)> = plan.changes().map(|step| (step.key.to_string(), step.action)).collect();
    let wanted = [("variable-group/g", Action::Replace), ("permission/variable-group/g", Action::Create)];
    assert_eq!(actions, wanted.map(|(key, action)| (key.to_owned(), action)));
}

#[test]
fn a_step_waits_for_the_pull_request_that_is_open_and_what_needs_it_waits_too() {
    let files = Resource::new(Kind::Files, "main").field("a", "1");
    let behind = group("behind").needs(files.key.clone());
    let seen = |field: &str| {
        let fields = Fields::from([("a".to_owned(), "0".into()), (field.to_owned(), "address".into())]);
        State::from([(files.key.clone(), Observed::new("1", Owner::Ours, fields))])
    };
    let desired = [files.clone(), behind, group("apart")];
    let waiting = plan(&desired, &seen(PULL_REQUEST));
    assert_eq!(waiting.waits_for().collect::<Vec<_>>(), ["address"]);
    assert_eq!(waiting.due().map(|step| step.key.to_string()).collect::<Vec<_>>(), ["variable-group/apart"]);
    assert!(!waiting.is_settled() && plan(&desired[..2], &seen(PULL_REQUEST)).is_settled());
    assert_eq!(plan(&desired, &seen("git:candidate")).due().count(), 3);
}

#[test]
fn what_cannot_become_ours_without_being_made_anew_is_refused() {
    let group = || Resource::new(Kind::VariableGroup, "g").field("type", "AzureKeyVault").fixed(&["type"]);
    let theirs = group().field("type", "Vsts");
    let adopt = BTreeSet::from([theirs.key.clone()]);
    let refused = RemotePlan::new(&[group()], &state(&[(&theirs, Owner::Foreign)]), &adopt).unwrap_err();
    assert!(
        refused[0].to_string().contains("its type is \"Vsts\", the spec needs \"AzureKeyVault\""),
        "{}",
        refused[0]
    );
    let alike = RemotePlan::new(&[group()], &state(&[(&group(), Owner::Foreign)]), &adopt).unwrap();
    assert_eq!(alike.steps[0].action, Action::Adopt);
}

#[test]
fn what_is_so_for_everybody_is_neither_taken_over_nor_ended() {
    let found = state(&[(&group("a"), Owner::Everybody)]);
    assert!(plan(&[group("a")], &found).is_empty());
    assert!(RemotePlan::destroy(&[group("a")], &found, |_| false).is_empty());
}
