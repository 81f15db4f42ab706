//! What the tool makes in Azure DevOps, against the emulator: made, seen, changed by hand, repaired, adopted, removed.

#![allow(clippy::print_stdout, reason = "figures are printed for whoever asks for them")]

mod drift;
mod usage;
mod world;

use std::collections::BTreeMap;

use devops_client::api::definitions::NewDefinition;
use devops_client::api::environments::NewEnvironment;
use devops_client::api::repositories::NewRepository;
use devops_client::api::service_endpoints::{AzureIdentity, NewServiceEndpoint};
use devops_client::api::variable_groups::NewVariableGroup;
use devops_emulator::{Action as Wrong, Fault};
use mlops_gen::remote::plan::Action;
use mlops_gen::remote::resource::{Kind, Resource};
use serde_json::json;
use world::{World, case, example, key};

/// A pipeline, a repository and a connection of somebody else's, which drift leads to.
async fn neighbours(world: &World) {
    let devops = &world.target.site.devops;
    let repository = devops.repositories().create(&NewRepository::new("elsewhere")).await.unwrap();
    let foreign = NewDefinition::yaml("foreign", "/x.yml", repository.id, "refs/heads/main");
    devops.definitions().create(&foreign).await.unwrap();
    let identity = AzureIdentity {
        tenant_id: "t".into(),
        client_id: "c".into(),
        subscription_id: "s".into(),
        subscription_name: "s".into(),
    };
    let project = world.target.site.client.projects().get(devops.name_or_id()).await.unwrap();
    let connection = NewServiceEndpoint::azure_rm("elsewhere", &identity).project(&project);
    devops.service_endpoints().create(&connection).await.unwrap();
}

#[tokio::test]
async fn what_was_made_is_as_the_spec_wants_it() {
    for spec in [example(), case("own-agent-pool"), case("names-and-groups"), case("four-environments")] {
        let world = World::of(&spec).await;
        let made = world.apply().await;
        // A queue is there before anybody uses it.
        let of_queue = |step: &mlops_gen::remote::plan::Step| step.key.name.starts_with("queue/");
        assert!(made.plan.changes().all(|step| step.action == Action::Create || of_queue(step)));
        assert_eq!(made.plan.changes().count(), world.wanted().len());
        world.is_settled().await;
        let before = world.writes();
        world.apply().await;
        assert_eq!(world.writes(), before, "a second apply writes nothing");
    }
}

/// Changes each field of each thing by hand, one after the other: the plan says exactly that, apply repairs exactly that.
#[tokio::test(flavor = "multi_thread")]
async fn each_field_that_somebody_changes_is_seen_alone_and_repaired_alone() {
    let specs = [example(), case("own-agent-pool")];
    let each = specs.iter().flat_map(|spec| world::KINDS.map(|kind| tokio::spawn(each_field(spec.clone(), kind))));
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for task in each.collect::<Vec<_>>() {
        let (kind, count) = task.await.unwrap();
        *counts.entry(kind).or_default() += count;
    }
    let total: usize = counts.values().sum();
    println!("fields changed by hand, seen and repaired: {total}: {counts:?}");
    assert!(counts.values().all(|count| *count > 0), "{counts:?}");
}

/// The same for one kind; how many fields there were.
async fn each_field(spec: String, kind: Kind) -> (Kind, usize) {
    let world = World::of(&spec).await;
    neighbours(&world).await;
    world.apply().await;
    world.is_settled().await;
    let mut count = 0;
    for thing in world.wanted().iter().filter(|thing| thing.key.kind == kind) {
        for field in thing.fields.keys() {
            drift::change(&world, thing, field);
            let planned = world.plan().await;
            assert_seen(thing, field, &world::changes(&planned));
            let outcome = world.carry_out(&planned).await;
            assert!(outcome.is_whole(), "{:?}", outcome.failed);
            world.is_settled().await;
            count += 1;
        }
    }
    (kind, count)
}

/// That `field` of `thing` is all that is to be done.
fn assert_seen(thing: &Resource, field: &str, changes: &[(String, Action, Vec<String>)]) {
    let name = thing.key.to_string();
    if thing.fixed.contains(&field) {
        // Made anew, and with it the permissions on it, which go with it.
        let (key, action, fields) = changes.iter().find(|(key, ..)| *key == name).expect("it is seen");
        assert!(*action == Action::Replace && fields.iter().any(|other| other == field), "{key}: {fields:?}");
        let hangs_on = |key: &str| key.parse::<mlops_gen::remote::resource::Key>().unwrap().host();
        assert!(changes.iter().all(|(key, ..)| *key == name || hangs_on(key).as_ref() == Some(&thing.key)));
        return;
    }
    assert_eq!(changes, [(name, Action::Update, vec![field.to_owned()])]);
}

#[tokio::test]
async fn what_somebody_else_made_is_refused_until_it_is_adopted_and_keeps_what_the_spec_does_not_set() {
    let mut world = World::of(&example()).await;
    neighbours(&world).await;
    let devops = world.target.site.devops.clone();
    let project = world.target.site.client.projects().get(devops.name_or_id()).await.unwrap();
    let group = NewVariableGroup::plain("diabetes-settings").variable("OTHER", "x").project(&project);
    devops.variable_groups().create(&group).await.unwrap();
    let environment = devops.environments().create(&NewEnvironment::new("diabetes-qa")).await.unwrap();
    let repository = devops.repositories().get("diabetes").await.unwrap();
    let pipeline = NewDefinition::yaml("build", "/old.yml", repository.id, "refs/heads/old").folder("diabetes");
    let pipeline = devops.definitions().create(&pipeline.variable("KEPT", "1")).await.unwrap();

    let why = world.refused().await;
    for name in ["variable-group/diabetes-settings", "environment/diabetes-qa", "pipeline/build"] {
        assert!(why.contains(&format!("--adopt {name}")), "{why}");
    }
    let writes = world.writes();
    world.adopt(&["variable-group/diabetes-settings", "environment/diabetes-qa", "pipeline/build"]);
    let planned = world.apply().await;
    assert!(world.writes() > writes);
    let adopted = planned.plan.changes().filter(|step| step.action == Action::Adopt).count();
    assert_eq!(adopted, 5, "three things, and the permissions on two of them: {:?}", planned.plan);
    world.adopt(&[]);
    world.is_settled().await;

    let now = devops.definitions().get(pipeline.id).await.unwrap().unwrap();
    assert_eq!(now.variables["KEPT"].value(), Some("1"), "a variable of the pipeline is nobody's business");
    assert_eq!(devops.environments().find("diabetes-qa").await.unwrap().unwrap().id, environment.id);
    assert!(devops.service_endpoints().find("elsewhere").await.unwrap().is_some());
}

#[tokio::test]
async fn what_the_spec_does_not_set_survives_a_repair() {
    let world = World::of(&example()).await;
    world.apply().await;
    let wanted = world.wanted();
    world.change(|state| {
        for definition in state.definitions.values_mut() {
            definition.revisions.last_mut().unwrap().body["variables"] = json!({ "KEPT": { "value": "1" } });
            definition.revisions.last_mut().unwrap().body["jobTimeoutInMinutes"] = json!(77);
        }
        for check in state.checks.values_mut().filter(|check| check.settings["inputs"].is_object()) {
            check.settings["inputs"]["ensureProtectionOfBranch"] = json!("true");
            check.settings["retryInterval"] = json!(5);
        }
        for check in state.checks.values_mut().filter(|check| check.settings["approvers"].is_array()) {
            check.settings["executionOrder"] = json!("inSequence");
        }
        for endpoint in state.endpoints.values_mut() {
            endpoint.body["data"]["environmentUrl"] = json!("https://contoso.example");
        }
    });
    world.is_settled().await;
    for thing in wanted.iter().filter(|thing| {
        ["description", "inputs.startTime", "instructions", "name"].iter().any(|f| thing.fields.contains_key(*f))
    }) {
        let field = ["description", "inputs.startTime", "instructions", "name"]
            .into_iter()
            .find(|f| thing.fields.contains_key(*f));
        drift::change(&world, thing, field.unwrap());
    }
    let before = world.emulator.state();
    world.apply().await;
    world.is_settled().await;
    let after = world.emulator.state();
    for (id, definition) in &before.definitions {
        let body = after.definitions[id].body();
        assert_eq!(body["jobTimeoutInMinutes"], 77);
        assert_eq!(body["variables"]["KEPT"]["value"], definition.body()["variables"]["KEPT"]["value"]);
    }
    for (id, check) in &before.checks {
        for name in ["executionOrder", "retryInterval"] {
            assert_eq!(after.checks[id].settings.get(name), check.settings.get(name));
        }
        let protection = |check: &devops_emulator::areas::checks::Check| {
            check.settings["inputs"]["ensureProtectionOfBranch"].clone()
        };
        assert_eq!(protection(&after.checks[id]), protection(check));
    }
    assert!(
        after.endpoints.values().all(|endpoint| endpoint.body["data"]["environmentUrl"] == "https://contoso.example")
    );
}

#[tokio::test]
async fn checks_of_others_are_left_alone() {
    let world = World::of(&example()).await;
    world.apply().await;
    // An approval by hand where the spec wants none, and a second check of business hours.
    let qa = world.target.site.known(&key("environment/diabetes-qa")).unwrap().id;
    let (hours, project) = world.emulator.with_state(|state| {
        let hours =
            state.checks.values().find(|check| check.settings["inputs"]["startTime"].is_string()).unwrap().clone();
        let project = hours.project;
        (hours, project)
    });
    world.change(|state| {
        let approval = state.checks.values().find(|check| check.settings["approvers"].is_array()).unwrap().clone();
        let mut settings = approval.settings.clone();
        settings["instructions"] = json!("ask me");
        let resource = json!({ "type": "environment", "id": qa, "name": "diabetes-qa" });
        let by_hand = devops_emulator::areas::checks::Check { id: 900, settings, resource, project, ..approval };
        state.checks.insert(900, by_hand);
        let mut settings = hours.settings.clone();
        settings["displayName"] = json!("Lunch");
        state.checks.insert(901, devops_emulator::areas::checks::Check { id: 901, settings, ..hours });
    });
    world.is_settled().await;
}

#[tokio::test]
async fn a_thing_is_made_once_however_often_it_is_asked_for() {
    let world = World::of(&example()).await;
    world.apply().await;
    let before = world.emulator.state();
    let site = &world.target.site;
    for thing in world.wanted() {
        let handler = world.target.registry.get(thing.key.kind).unwrap();
        let known = site.known(&thing.key).unwrap();
        let made = handler.create(site, &thing).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((made.id, made.owner), (known.id, known.owner), "{}", thing.key);
    }
    let after = world.emulator.state();
    assert_eq!(after.endpoints.len(), before.endpoints.len());
    assert_eq!(after.groups.len(), before.groups.len());
    assert_eq!(after.environments.len(), before.environments.len());
    assert_eq!(after.checks.len(), before.checks.len());
    assert_eq!(after.definitions.len(), before.definitions.len());
    assert_eq!(after.permissions.len(), before.permissions.len());
    world.is_settled().await;
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice_and_loses_nothing() {
    for wrong in [Wrong::ResetBefore, Wrong::ResetAfter] {
        for thing in
            ["*/serviceendpoint/endpoints*", "*/variablegroups*", "*/environments*", "*/checks/*", "*/definitions*"]
        {
            let world = World::of(&example()).await;
            let fault = json!({ "method": "POST", "path": thing, "nth": 1, "count": 1, "action": wrong });
            world.emulator.add_fault(serde_json::from_value::<Fault>(fault).unwrap());
            // A call that was lost on its way is reported; nobody knows better than to ask again.
            world.try_apply().await;
            world.emulator.clear_faults();
            world.apply().await;
            let state = world.emulator.state();
            let count = |kind: Kind| world.wanted().iter().filter(|thing| thing.key.kind == kind).count();
            assert_eq!(state.endpoints.len(), count(Kind::ServiceConnection));
            assert_eq!(state.groups.len(), count(Kind::VariableGroup));
            assert_eq!(state.environments.len(), count(Kind::Environment));
            assert_eq!(state.checks.len(), count(Kind::Check));
            assert_eq!(state.definitions.len(), count(Kind::Pipeline));
            world.is_settled().await;
        }
    }
}

#[tokio::test]
async fn an_approver_whom_nobody_knows_is_named() {
    let spec = example().replace("ml-leads@contoso.example", "nobody@contoso.example");
    let world = World::of(&spec).await;
    let check =
        world.wanted().into_iter().find(|thing| thing.key == key("check/diabetes-production/approval")).unwrap();
    let environment = world
        .wanted()
        .into_iter()
        .find(|thing| thing.key.kind == Kind::Environment && thing.key.name.ends_with("production"))
        .unwrap();
    let site = &world.target.site;
    let things = |kind| world.target.registry.get(kind).unwrap();
    let made = things(Kind::Environment).create(site, &environment).await.unwrap();
    site.note(environment.key.clone(), made);
    let error = things(Kind::Check).create(site, &check).await.unwrap_err();
    assert!(error.to_string().contains("nobody@contoso.example"), "{error}");
    assert!(error.next.contains("mail address"), "{}", error.next);
}

#[tokio::test]
async fn issuer_and_subject_are_facts_and_no_field_is_a_secret() {
    let world = World::of(&example()).await;
    let group = |state: &mut devops_emulator::Organization| {
        let group = state.groups.values_mut().find(|group| group.name == "diabetes-settings").unwrap();
        group.variables.insert("TOKEN".into(), json!({ "value": null, "isSecret": true }));
    };
    world.apply().await;
    world.change(group);
    let seen = world.plan().await.state;
    let connection = &seen[&key("service-connection/diabetes-qa")];
    assert!(connection.facts["federation.issuer"].starts_with("https://"), "{:?}", connection.facts);
    assert!(connection.facts["federation.subject"].contains("/sc/"), "{:?}", connection.facts);
    assert!(!connection.fields.keys().any(|field| field.contains("Federation")));
    let settings = &seen[&key("variable-group/diabetes-settings")];
    assert_eq!(settings.fields["variables.TOKEN"], "(secret)");
    assert_eq!(
        world.changes().await,
        [("variable-group/diabetes-settings".to_owned(), Action::Update, vec!["variables.TOKEN".to_owned()])]
    );
}

#[tokio::test]
async fn a_value_that_only_the_server_has_is_kept() {
    let mut world = World::of(&example()).await;
    world.apply().await;
    for thing in &mut world.target.desired {
        if thing.key == key("variable-group/diabetes-ids") {
            thing
                .fields
                .insert("variables.AZURE_TENANT_ID".into(), mlops_gen::remote::later::Later::kept("AZURE_TENANT_ID"));
        }
    }
    world.is_settled().await;
    world.change(|state| state.groups.retain(|_, group| group.name != "diabetes-ids"));
    let why = world.refused().await;
    assert!(why.contains("set the environment variable AZURE_TENANT_ID"), "{why}");
}

#[tokio::test]
async fn what_the_spec_wants_no_more_goes_and_destroy_leaves_nothing_of_ours() {
    let mut world = World::of(&example()).await;
    neighbours(&world).await;
    world.apply().await;
    world.target.desired.retain(|thing| {
        !thing.key.to_string().contains("qa-secrets") && thing.key != key("check/diabetes-production/approval")
    });
    let gone: Vec<String> =
        world.changes().await.into_iter().map(|(key, action, _)| format!("{action:?} {key}")).collect();
    let wanted = [
        "Delete variable-group/diabetes-qa-secrets",
        "Delete check/diabetes-production/approval",
        "Delete check/variable-group/diabetes-qa-secrets/branch-control",
    ];
    assert_eq!(gone, wanted);
    world.apply().await;
    world.is_settled().await;
    world.target.goal = mlops_gen::edge::remote::target::Goal::Destroy { keep: Default::default() };
    world.apply().await;
    world.apply().await;
    let state = world.emulator.state();
    assert_eq!((state.endpoints.len(), state.groups.len(), state.environments.len()), (1, 0, 0));
    assert_eq!((state.checks.len(), state.definitions.len()), (0, 1), "the foreign pipeline stays");
}

#[tokio::test]
async fn the_build_service_may_start_the_retraining_that_drift_asks_for_and_nothing_else() {
    let world = World::of(&case("drift")).await;
    world.apply().await;
    world.is_settled().await;
    let given = |world: &World| {
        let mut given = Vec::new();
        world.change(|state| {
            let entries =
                state.acls.iter().flat_map(|(place, entries)| entries.iter().map(move |entry| (place, entry)));
            given = entries.map(|(place, (who, bits))| (place.clone(), who.clone(), *bits)).collect();
        });
        given
    };
    let [(place, who, bits)] = given(&world).try_into().unwrap();
    let pipeline = world.target.site.known(&"pipeline/retrain".parse().unwrap()).unwrap().id;
    assert!(place.ends_with(&format!("/{pipeline}")) && bits == (128, 0), "{place} {bits:?}");
    assert!(who.starts_with("Microsoft.TeamFoundation.ServiceIdentity;") && who.contains(":Build:"), "{who}");
    // Taken away by hand, it is given again.
    world.change(|state| state.acls.clear());
    let changes: Vec<String> = world.changes().await.into_iter().map(|(key, ..)| key).collect();
    assert_eq!(changes, ["permission/pipeline/retrain"]);
    world.apply().await;
    world.is_settled().await;
    // Where no drift starts anything, nothing is given.
    let other = World::of(&example()).await;
    other.apply().await;
    assert!(given(&other).is_empty());
}
