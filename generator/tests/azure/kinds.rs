//! Groups, identities, trust, roles and deployments.

use std::collections::BTreeSet;

use devops_emulator::{Action as Faulty, Fault};
use mlops_gen::edge::remote::what_if::what_if;
use mlops_gen::remote::plan::{Action, RemotePlan};
use mlops_gen::remote::resource::{Key, Kind, Resource};
use serde_json::{Value, json};

use super::support::{Place, SPEC, SUBSCRIPTION};

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_everything_is_made_and_a_second_time_nothing_is_written() {
    let place = Place::new().await;
    let made = place.apply().await;
    assert_eq!(made.len(), place.azure().count());
    let writes = place.writes();
    assert!(writes >= made.len(), "{writes}");
    let plan = place.plan().await;
    assert!(plan.is_empty(), "{:#?}", plan.changes().collect::<Vec<_>>());
    assert!(place.apply().await.is_empty());
    assert_eq!(place.writes(), writes);
}

/// Where a field of a thing stands in the double: the id of the resource, and the path in its body.
fn at(resource: &Resource, field: &str, id: &str) -> Option<(String, String)> {
    let path = match (resource.key.kind, field) {
        // a field that tells where the thing is: elsewhere it is another thing
        (_, "subscription" | "scope" | "name" | "identity") => return None,
        (_, tag) if tag.starts_with("tags.") => format!("/tags/{}", &tag[5..]),
        (Kind::ResourceGroup | Kind::Identity, "location") => "/location".to_owned(),
        (Kind::RoleAssignment, "role") => "/properties/roleDefinitionId".to_owned(),
        (Kind::Deployment, "template") => "/tags/template".to_owned(),
        (Kind::Deployment, parameter) if parameter.starts_with("parameters.") => {
            format!("/properties/parameters/{}/value", &parameter[11..])
        }
        (_, field) => format!("/properties/{field}"),
    };
    Some((id.to_lowercase(), path))
}

/// Another value of the same type.
fn other(field: &str, value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_i64().unwrap_or(0) + 1),
        Value::Array(_) => json!(["by hand"]),
        Value::Object(_) => json!({ "by": "hand" }),
        Value::Bool(value) => json!(!value),
        _ if field == "role" => json!(format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
        )),
        _ if field == "provisioningState" => json!("Failed"),
        _ if field == "location" => json!("northeurope"),
        _ => json!("by hand"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_that_is_changed_by_hand_is_shown_alone_and_repaired() {
    let place = Place::new().await;
    place.apply().await;
    let world = place.look().await;
    let (mut fields, mut refused) = (0, 0);
    for resource in place.azure() {
        let thing = &world[&resource.key];
        for field in resource.fields.keys() {
            // what makes a thing ours is a test of its own
            if ["tags.project", "tags.managed-by", "tags.service-connection"].contains(&field.as_str()) {
                continue;
            }
            let Some((id, path)) = at(resource, field, &thing.id) else { continue };
            place.arm.with_state(|arm| {
                let body = arm.resources.get_mut(&id).unwrap_or_else(|| panic!("no {id}"));
                let slot = body.pointer_mut(&path).unwrap_or_else(|| panic!("{id} has no {path}"));
                *slot = other(field, slot);
            });
            let plan = place.plan().await;
            let changes: Vec<_> = plan.changes().collect();
            assert_eq!(changes.len(), 1, "{}: {field}: {changes:#?}", resource.key);
            assert_eq!(changes[0].key, resource.key);
            let shown: Vec<&str> = changes[0].changes.iter().map(|change| change.field.as_str()).collect();
            assert_eq!(shown, [field.as_str()], "{}", resource.key);
            if (resource.key.kind, field.as_str()) == (Kind::ResourceGroup, "location") {
                // a group is never made anew
                assert_eq!(changes[0].action, Action::Update);
                let outcome = place.carry_out(&plan).await;
                assert!(outcome.failed[0].next.contains("holds data"), "{:?}", outcome.failed);
                place.arm.with_state(|arm| arm.resources.get_mut(&id).unwrap()["location"] = json!("westeurope"));
                refused += 1;
                continue;
            }
            if changes[0].action == Action::Replace && resource.key.kind == Kind::Identity {
                // what hangs on an identity follows in the next plan
                place.apply().await;
                place.apply().await;
            } else {
                place.apply().await;
            }
            let left = place.plan().await;
            assert!(left.is_empty(), "{}: {field}: {:#?}", resource.key, left.changes().collect::<Vec<_>>());
            fields += 1;
        }
    }
    println!("{fields} fields repaired, {refused} refused");
    assert!(fields > 100 && refused == 3, "{fields} fields repaired, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_somebody_else_is_in_the_way_until_it_is_adopted() {
    let place = Place::new().await;
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/diabetes-qa");
    let theirs = json!({ "id": id, "name": "diabetes-qa", "location": "westeurope", "tags": { "team": "other" } });
    place.arm.with_state(|arm| arm.resources.insert(id.clone(), theirs));
    let world = place.look().await;
    let azure: Vec<Resource> = place.azure().cloned().collect();
    let in_the_way = RemotePlan::new(&azure, &world, &BTreeSet::new()).unwrap_err();
    assert_eq!(in_the_way[0].key.to_string(), "resource-group/diabetes-qa");
    let adopt = BTreeSet::from([Key::new(Kind::ResourceGroup, "diabetes-qa")]);
    let plan = RemotePlan::new(&azure, &world, &adopt).unwrap();
    assert!(place.carry_out(&plan).await.is_whole());
    let tags = place.arm.with_state(|arm| arm.resources[&id]["tags"].clone());
    assert_eq!((&tags["team"], &tags["managed-by"]), (&json!("other"), &json!("mlops-gen")), "their own tags stay");
    assert!(place.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_takes_away_what_was_made_and_nothing_else() {
    let place = Place::new().await;
    place.apply().await;
    let theirs = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/theirs");
    place.arm.with_state(|arm| {
        let group = json!({ "id": theirs, "name": "theirs", "location": "l", "tags": { "managed-by": "mlops-gen", "project": "other" } });
        arm.resources.insert(theirs.clone(), group)
    });
    let world = place.look().await;
    let kept = RemotePlan::destroy(&place.desired, &world, |key| key.kind.holds_data());
    assert!(kept.changes().all(|step| !matches!(step.key.kind, Kind::ResourceGroup | Kind::Deployment)));
    let plan = RemotePlan::destroy(&place.desired, &world, |_| false);
    assert!(place.carry_out(&plan).await.is_whole());
    let left: Vec<String> = place.arm.with_state(|arm| arm.resources.keys().cloned().collect());
    assert_eq!(left, [theirs]);
    let again = RemotePlan::destroy(&place.desired, &place.look().await, |_| false);
    assert!(again.is_empty(), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_identity_that_is_not_known_everywhere_is_waited_for() {
    let place = Place::new().await;
    place.arm.with_state(|arm| arm.principal_unknown_first = 5);
    place.apply().await;
    assert!(place.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_was_made_by_hand_is_taken_and_not_doubled() {
    let place = Place::new().await;
    place.apply().await;
    let world = place.look().await;
    let key = Key::new(Kind::RoleAssignment, "diabetes-qa/Contributor@diabetes-qa");
    let id = world[&key].id.clone();
    let by_hand = "11111111-0000-4000-8000-000000000000";
    place.arm.with_state(|arm| {
        let mut body = arm.resources.remove(&id.to_lowercase()).unwrap();
        let moved = id.replace(body["name"].as_str().unwrap(), by_hand);
        body["id"] = json!(moved);
        body["name"] = json!(by_hand);
        body["properties"].as_object_mut().unwrap().remove("description");
        arm.resources.insert(moved.to_lowercase(), body);
    });
    assert_eq!(place.apply().await, [key.to_string()]);
    assert!(place.look().await[&key].id.ends_with(by_hand));
    assert!(place.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_on_the_way_are_met_by_trying_again() {
    let place = Place::new().await;
    let later = || Some(0.0);
    for (method, path, action) in [
        ("PUT", "*/resourceGroups/diabetes-qa", Faulty::ResetAfter),
        ("PUT", "*/userAssignedIdentities/*", Faulty::ResetBefore),
        ("PUT", "*/roleAssignments/*", Faulty::TooManyRequests { retry_after: later() }),
        ("PUT", "*/deployments/qa", Faulty::ServiceUnavailable { retry_after: later() }),
        ("GET", "*/operations/*", Faulty::TruncatedBody),
        ("GET", "*", Faulty::TooManyRequests { retry_after: later() }),
    ] {
        place.arm.add_fault(Fault::new(method, path, action).times(2));
    }
    place.apply().await;
    assert!(place.plan().await.is_empty());
    let groups = place.arm.with_state(|arm| arm.resources.keys().filter(|id| id.matches('/').count() == 4).count());
    assert_eq!(groups, 3);
}

/// Answers to PUTs of the platform's deployment: status, and whether it changed anything.
fn puts(place: &Place) -> Vec<(u16, bool)> {
    let requests = place.arm.requests();
    let puts = requests.iter().filter(|entry| entry.method == "PUT" && entry.path.ends_with("/deployments/platform"));
    puts.map(|entry| (entry.status, entry.effect)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_runs_already_is_waited_for_and_made_again_only_if_it_is_another_one() {
    // Our own, whose answer was lost.
    let place = Place::new().await;
    place.arm.add_fault(Fault::new("PUT", "*/deployments/platform", Faulty::ResetAfter));
    place.apply().await;
    assert_eq!(puts(&place), [(201, true), (409, false)], "it is active, is waited for, and is not made twice");
    assert!(place.plan().await.is_empty());

    // Another one, which somebody else has begun after the plan was made.
    let deployment = |arm: &mut devops_emulator::Arm, name: &str, value: &str| {
        let found = arm.resources.iter_mut().find(|(id, _)| id.ends_with("/deployments/platform")).unwrap().1;
        if name == "template" { found["tags"][name] = json!(value) } else { found["properties"][name] = json!(value) }
    };
    place.arm.with_state(|arm| deployment(arm, "template", "older"));
    let plan = place.plan().await;
    assert_eq!(plan.changes().map(|step| step.key.to_string()).collect::<Vec<_>>(), ["deployment/platform"]);
    place.arm.with_state(|arm| deployment(arm, "provisioningState", "Running"));
    place.arm.clear_requests();
    assert!(place.carry_out(&plan).await.is_whole());
    assert_eq!(puts(&place), [(409, false), (200, true)]);
    let waited = place.arm.requests();
    let looks = waited.iter().filter(|entry| entry.method == "GET" && entry.path.ends_with("/deployments/platform"));
    assert!(looks.count() >= 2, "it is asked until it has ended");
    assert!(place.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_deployments_would_change_without_values() {
    let place = Place::new().await;
    let plan = place.plan().await;
    let told = what_if(&place.site, &place.desired, &plan).await;
    let platform = Key::new(Kind::Deployment, "platform");
    assert!(told[&platform][0].contains("is not there yet"), "{told:?}");
    place.apply().await;
    place.arm.with_state(|arm| {
        let vault = arm.resources.iter_mut().find(|(id, _)| id.ends_with("/vaults/diabetes-ml-mct4b")).unwrap().1;
        vault["properties"]["sku"]["name"] = json!("premium");
        let deployment = arm.resources.iter_mut().find(|(id, _)| id.ends_with("/deployments/platform")).unwrap().1;
        deployment["tags"]["template"] = json!("older");
    });
    let plan = place.plan().await;
    let told = what_if(&place.site, &place.desired, &plan).await;
    let lines = &told[&platform];
    assert!(lines.iter().any(|line| line == "~ Microsoft.KeyVault/vaults/diabetes-ml-mct4b"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.trim() == "properties.sku.name"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("premium") || line.contains("standard")), "{lines:#?}");
    assert_eq!(told.len(), 1, "only the deployment that changes is asked about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_code_place_and_next_step() {
    let place = Place::new().await;
    let message = "The client 'x' does not have authorization to perform action 'Microsoft.Resources/write'.";
    let refused = Faulty::Error { status: 403, type_key: "AuthorizationFailed".into(), message: message.into() };
    place.arm.add_fault(Fault::new("PUT", "*/resourceGroups/*", refused).always());
    let plan = place.plan().await;
    let outcome = place.carry_out(&plan).await;
    assert_eq!(outcome.failed.len(), 3);
    for error in &outcome.failed {
        assert!(error.to_string().contains("cannot create resource-group/"), "{error}");
        assert!(!error.next.is_empty() && !format!("{error:?}").contains("planted-token"), "{error:?}");
    }
    assert_eq!(place.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn awkward_names_and_tags_arrive_as_they_are() {
    let spec = SPEC
        .replace("    cost-center: ml-research", "    \"co'st $center\": \"a 'b' \\\"c\\\" = d; rm -rf ~\"")
        .replace(
            "azure:\n  location: westeurope",
            "azure:\n  location: westeurope\n  serviceConnection: \"Azure (ML) 'x' & co\"",
        );
    let place = Place::of(&spec).await;
    place.apply().await;
    assert!(place.plan().await.is_empty());
    let tags = place.arm.with_state(|arm| {
        arm.resources[&format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/diabetes-platform")]["tags"].clone()
    });
    assert_eq!(tags["co'st $center"], json!("a 'b' \"c\" = d; rm -rf ~"));
    assert!(place.azure().any(|resource| resource.key.name == "Azure (ML) 'x' & co"));
}
