//! What is repeated, what is not, and how a lost answer is settled.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use devops_client::api::checks::NewCheck;
use devops_client::api::pipeline_permissions::ProtectedResource;
use devops_client::api::service_endpoints::{NewServiceEndpoint, ServiceEndpointKind};
use devops_client::api::variable_groups::NewVariableGroup;
use devops_client::{Clock, Effect, EnvironmentId, ErrorKind, ProjectId, RetryOptions, Stage, VariableGroupId};
use reqwest::{Method, StatusCode};

const GROUP: &str = r#"{"id":7,"name":"kv","type":"Vsts","variables":{"A":{"value":"1"}}}"#;
const NONE: &str = r#"{"count":0,"value":[]}"#;

fn groups(items: &str) -> String {
    format!(r#"{{"count":1,"value":[{items}]}}"#)
}

fn group() -> NewVariableGroup {
    NewVariableGroup::plain("kv").variable("A", "1")
}

#[tokio::test]
async fn a_read_is_repeated_until_the_service_is_well_again() {
    let script = Script::list(vec![
        lost(Stage::Connect),
        lost(Stage::Sent),
        json(502, "{}"),
        lost(Stage::Body(StatusCode::OK)),
        json(200, GROUP),
    ]);
    let found = client(&script).project("p").variable_groups().get(VariableGroupId(7)).await.unwrap();
    assert_eq!(found.unwrap().name, "kv");
    assert_eq!(script.count(), 5);
}

#[tokio::test]
async fn tries_are_limited() {
    let script = Script::new(|_, _| json(503, r#"{"message":"down"}"#));
    let error = client(&script).project("p").variable_groups().get(VariableGroupId(7)).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Server);
    assert_eq!(error.context().unwrap().attempts, 5);
    assert_eq!(script.count(), 5);
    assert!(error.to_string().contains("5 attempts"), "{error}");
}

#[tokio::test]
async fn a_500_is_not_taken_for_a_passing_failure() {
    let script = Script::list(vec![json(500, r#"{"message":"broken"}"#)]);
    let error = client(&script).project("p").variable_groups().get(VariableGroupId(7)).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Server);
}

#[tokio::test]
async fn a_duplicate_service_connection_is_already_there_and_never_repeated() {
    let body = r#"{"message":"Service connection with name n already exists","typeKey":"DuplicateServiceConnectionException"}"#;
    let script = Script::list(vec![json(500, body)]);
    let endpoint = NewServiceEndpoint::new("n", ServiceEndpointKind::Generic, "https://example.com", "None");
    let error = client(&script).project("p").service_endpoints().create(&endpoint).await.unwrap_err();
    assert!(error.is_already_exists());
    assert_eq!(error.effect(), Effect::None);
}

#[tokio::test]
async fn a_write_that_was_never_sent_is_sent_again() {
    let script = Script::list(vec![lost(Stage::Connect), json(200, GROUP)]);
    client(&script).project("p").variable_groups().create(&group()).await.unwrap();
    assert_eq!(script.log(), ["POST variablegroups", "POST variablegroups"]);
}

#[tokio::test]
async fn a_write_that_is_refused_with_retry_after_is_sent_again_after_that_time() {
    for status in [429, 503] {
        let script = Script::list(vec![with(status, &[("retry-after", "30")], ""), json(200, GROUP)]);
        let clock = Arc::new(JumpingClock::default());
        let client = builder(&script).clock(clock.clone()).build().unwrap();
        client.project("p").variable_groups().create(&group()).await.unwrap();
        let waited = clock.now();
        assert!(waited >= Duration::from_secs(30) && waited < Duration::from_secs(32), "{status}: {waited:?}");
    }
}

#[tokio::test]
async fn a_retry_after_beyond_the_bound_is_an_error_and_not_a_wait() {
    let script = Script::list(vec![with(429, &[("retry-after", "900")], r#"{"message":"TF400733: blocked"}"#)]);
    let error = client(&script).project("p").variable_groups().create(&group()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Throttled);
    assert_eq!(error.effect(), Effect::None);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_found_and_not_made_twice() {
    for reply in [lost(Stage::Sent), lost(Stage::Body(StatusCode::OK)), json(200, "{\"id\":7,\"na"), json(504, "")] {
        let script = Script::list(vec![reply, json(200, &groups(GROUP))]);
        let made = client(&script).project("p").variable_groups().create(&group()).await.unwrap();
        assert_eq!(made.id, VariableGroupId(7));
        assert_eq!(script.log(), ["POST variablegroups", "GET variablegroups"]);
    }
}

#[tokio::test]
async fn a_write_that_had_no_effect_is_made_again_where_the_name_is_unique() {
    let script =
        Script::list(vec![lost(Stage::Sent), json(200, NONE), json(200, NONE), json(200, NONE), json(200, GROUP)]);
    client(&script).project("p").variable_groups().create(&group()).await.unwrap();
    assert_eq!(script.log().iter().filter(|line| line.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn a_late_effect_is_found_by_the_refusal_of_the_second_write() {
    let exists = r#"{"message":"there is one","typeKey":"VariableGroupExistsException"}"#;
    let script = Script::list(vec![
        lost(Stage::Sent),
        json(200, NONE),
        json(200, NONE),
        json(200, NONE),
        json(409, exists),
        json(200, &groups(GROUP)),
    ]);
    assert_eq!(client(&script).project("p").variable_groups().create(&group()).await.unwrap().id, VariableGroupId(7));
}

#[tokio::test]
async fn a_thing_of_the_same_name_made_by_somebody_else_is_not_taken_for_ones_own() {
    let other = r#"{"id":8,"name":"kv","type":"AzureKeyVault","variables":{"B":{"value":null,"isSecret":true}}}"#;
    let exists = r#"{"message":"there is one","typeKey":"VariableGroupExistsException"}"#;
    let script = Script::new(move |request, n| match (request.method.clone(), n) {
        (Method::POST, 0) => lost(Stage::Sent),
        (Method::POST, _) => json(409, exists),
        _ => json(200, &groups(other)),
    });
    let error = client(&script).project("p").variable_groups().create(&group()).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
}

#[tokio::test]
async fn a_write_that_would_make_a_second_thing_is_not_made_again_and_the_error_says_that_nothing_was_done() {
    let script = Script::new(|request, _| match request.method {
        Method::POST => lost(Stage::Sent),
        _ => json(200, NONE),
    });
    let check = NewCheck::exclusive_lock(&ProtectedResource::Environment(EnvironmentId(1)));
    let error = client(&script).project("p").checks().create(&check).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Transport { stage: Stage::Sent });
    assert_eq!(error.effect(), Effect::None);
    assert_eq!(script.log(), ["POST configurations", "GET configurations", "GET configurations", "GET configurations"]);
    assert!(error.next_step().contains("nothing was done"), "{}", error.next_step());
}

#[tokio::test]
async fn when_reading_back_fails_too_the_error_says_that_it_cannot_be_told() {
    let script = Script::new(|_, _| lost(Stage::Sent));
    let error = client(&script).project("p").variable_groups().create(&group()).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    assert!(error.message().contains("looking whether it was done failed too"), "{error}");
}

#[tokio::test]
async fn a_delete_whose_first_answer_was_lost_has_succeeded_when_the_thing_is_gone() {
    let missing = r#"{"message":"not there","typeKey":"VariableGroupNotFoundException"}"#;
    let groups = |script: &Arc<Script>| client(script).project("p").variable_groups();
    let projects = [ProjectId::parse("0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a").unwrap()];
    let script = Script::list(vec![lost(Stage::Sent), json(404, missing)]);
    groups(&script).delete(VariableGroupId(7), &projects).await.unwrap();
    let script = Script::list(vec![json(404, missing)]);
    assert!(groups(&script).delete(VariableGroupId(7), &projects).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_definition_that_was_replaced_is_not_replaced_again() {
    let before = r#"{"id":3,"name":"d","path":"\\","revision":4,"process":{"type":2,"yamlFilename":"a.yml"}}"#;
    let after = before.replace(r#""revision":4"#, r#""revision":5"#);
    let definition = serde_json::from_str(before).unwrap();
    let script = Script::list(vec![lost(Stage::Sent), json(200, &after)]);
    let replaced = client(&script).project("p").definitions().update(&definition).await.unwrap();
    assert_eq!(replaced.revision, 5);
    assert_eq!(script.log(), ["PUT 3", "GET 3"]);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_stay_below_their_bound() {
    let script = Script::new(|_, _| lost(Stage::Connect));
    let options = RetryOptions {
        max_attempts: 6,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(4),
        ..Default::default()
    };
    let client = builder(&script).retry(options).build().unwrap();
    let start = tokio::time::Instant::now();
    client.projects().get("p").await.unwrap_err();
    // At most 1 + 2 + 4 + 4 + 4 seconds; the chance of less than 10 ms in all is nil.
    assert!(
        start.elapsed() <= Duration::from_secs(15) && start.elapsed() > Duration::from_millis(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(script.count(), 6);
}
