//! What is repeated, what is not, and how a lost answer is settled.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use devops_client::api::checks::NewCheck;
use devops_client::api::definitions::NewDefinition;
use devops_client::api::pipeline_permissions::ProtectedResource;
use devops_client::api::pipelines::NewPipeline;
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::service_endpoints::{NewServiceEndpoint, ServiceEndpointKind};
use devops_client::api::variable_groups::NewVariableGroup;
use devops_client::{
    Clock, Effect, EnvironmentId, ErrorKind, ObjectId, PipelineId, ProjectId, RepositoryId, RetryOptions, Stage,
    VariableGroupId,
};
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
async fn a_write_that_is_blocked_without_a_time_is_sent_again_after_pauses_that_grow() {
    let blocked = || with(429, &[], r#"{"message":"TF400733: blocked"}"#);
    let script = Script::list(vec![blocked(), blocked(), blocked(), json(200, GROUP)]);
    let clock = Arc::new(JumpingClock::default());
    let retry = RetryOptions { base: Duration::from_secs(4), ..RetryOptions::default() };
    let client = builder(&script).retry(retry).clock(clock.clone()).build().unwrap();
    client.project("p").variable_groups().create(&group()).await.unwrap();
    assert_eq!(script.log(), ["POST variablegroups"; 4], "nothing was done, so nothing is looked for");
    // Each pause is drawn between none and twice as long as the one before; four, eight and sixteen seconds at most.
    assert!(clock.now() <= Duration::from_secs(28), "{:?}", clock.now());
}

#[tokio::test]
async fn a_write_that_is_blocked_each_time_ends_with_an_error_that_says_that_nothing_was_done() {
    let script = Script::new(|_, _| with(429, &[], r#"{"message":"TF400733: blocked"}"#));
    let error = client(&script).project("p").variable_groups().create(&group()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (&ErrorKind::Throttled, Effect::None));
    assert_eq!(script.log(), ["POST variablegroups"; 5]);
}

#[tokio::test]
async fn a_write_that_meets_a_503_without_a_time_is_looked_for_before_it_is_made_again() {
    let script = Script::list(vec![json(503, r#"{"message":"down"}"#), json(200, &groups(GROUP))]);
    client(&script).project("p").variable_groups().create(&group()).await.unwrap();
    assert_eq!(script.log(), ["POST variablegroups", "GET variablegroups"]);
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
async fn a_pipeline_of_the_same_name_that_runs_another_file_is_not_taken_for_ones_own() {
    let id = "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";
    let exists = r#"{"message":"there is one","typeKey":"DefinitionExistsException"}"#;
    let create = async |file: &str, wanted: &str| {
        let definition = format!(
            r#"{{"id":3,"name":"d","path":"\\","revision":1,"process":{{"type":2,"yamlFilename":"{file}"}},"repository":{{"id":"{id}","type":"TfsGit"}}}}"#
        );
        let script = Script::new(move |request, n| match (request.method.clone(), request.url.path()) {
            (Method::POST, _) if n == 0 => lost(Stage::Sent),
            (Method::POST, _) => json(400, exists),
            (_, path) if path.ends_with("/definitions") => json(200, &groups(&definition)),
            (_, path) if path.ends_with("/pipelines/3") => json(200, r#"{"id":3,"name":"d","folder":"\\"}"#),
            _ => json(200, &definition),
        });
        let project = client(&script).project("p");
        let pipeline = NewPipeline::yaml("d", wanted, RepositoryId::parse(id).unwrap());
        let definition = NewDefinition::yaml("d", wanted, RepositoryId::parse(id).unwrap(), "refs/heads/main");
        let made = project.pipelines().create(&pipeline).await.map(|made| made.id);
        script.seen.lock().unwrap().clear();
        (made, project.definitions().create(&definition).await.map(|made| made.id))
    };
    let (pipeline, definition) = create("a.yml", "/a.yml").await;
    assert_eq!((pipeline.unwrap(), definition.unwrap()), (PipelineId(3), PipelineId(3)));
    let (pipeline, definition) = create("b.yml", "/a.yml").await;
    assert!(pipeline.unwrap_err().is_already_exists() && definition.unwrap_err().is_already_exists());
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
async fn a_lost_change_of_a_secret_is_not_taken_for_done_because_the_rest_looks_right() {
    // The value cannot be read back, so that the group looks the same before and after.
    let group = r#"{"id":7,"name":"g","type":"Vsts","variables":{"s":{"value":null,"isSecret":true}}}"#;
    let script = Script::new(move |request, _| match request.method {
        Method::PUT => lost(Stage::Sent),
        _ => json(200, group),
    });
    let groups = client(&script).project("p").variable_groups();
    let mut changed: devops_client::api::variable_groups::VariableGroup = serde_json::from_str(group).unwrap();
    changed.variables.insert("s".into(), devops_client::Secret::new(planted::SECRET).into());
    let error = groups.update(&changed).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (&ErrorKind::Transport { stage: Stage::Sent }, Effect::Unknown));
    assert_eq!(script.log(), ["PUT 7"; 5], "a replacement can be repeated");
}

#[tokio::test]
async fn permissions_that_were_set_and_cannot_be_read_back_are_not_reported_as_not_done() {
    let script = Script::new(|request, _| match request.method {
        Method::PATCH => json(200, "{}"),
        _ => json(403, r#"{"message":"not yours to see"}"#),
    });
    let permissions = client(&script).project("p").pipeline_permissions();
    let error = permissions.allow(&VariableGroupId(7).into(), &[PipelineId(1)]).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Done);
    assert!(error.message().starts_with("the permissions of variablegroup 7 were set, but then:"), "{error}");
}

#[tokio::test]
async fn permissions_that_show_late_are_waited_for() {
    let shown = r#"{"pipelines":[{"id":1,"authorized":true}]}"#;
    let mut replies: Vec<_> = (0..5).map(|_| lost(Stage::Sent)).collect();
    replies.extend([json(200, "{}"), json(200, "{}"), json(200, shown)]);
    let script = Script::list(replies);
    let permissions = client(&script).project("p").pipeline_permissions();
    assert!(permissions.allow(&VariableGroupId(7).into(), &[PipelineId(1)]).await.unwrap().allows(PipelineId(1)));
}

#[tokio::test]
async fn whoever_trusts_answers_reads_permissions_only_where_the_answer_does_not_show_them() {
    let of = |body: &str| format!(r#"{{"pipelines":[{body}]}}"#);
    let (mine, theirs) = (r#"{"id":1,"authorized":true}"#, r#"{"id":2,"authorized":true}"#);
    let good = json(200, &of(mine));
    let both = json(200, &of(&[mine, ",", theirs].concat()));
    for (replies, calls) in [
        (vec![good.clone()], vec!["PATCH"]),
        // The answer shows somebody else, who is sent away.
        (vec![both, good.clone()], vec!["PATCH", "PATCH"]),
        // An answer that says nothing, and one that was lost, are looked after.
        (vec![with(200, &[], ""), good.clone()], vec!["PATCH", "GET"]),
        (
            [vec![lost(Stage::Sent); 5], vec![good.clone()]].concat(),
            vec!["PATCH", "PATCH", "PATCH", "PATCH", "PATCH", "GET"],
        ),
    ] {
        let script = Script::list(replies);
        let permissions = client(&script).project("p").pipeline_permissions().trusting_answers();
        let now = permissions.only(&VariableGroupId(7).into(), &[PipelineId(1)]).await.unwrap();
        assert!(now.allows_only(&[PipelineId(1)]));
        let methods: Vec<String> = script.log().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(methods, calls);
    }
    // One more is allowed: the answer to that is enough too, and one that does not show it is not.
    for (replies, calls) in [(vec![good.clone()], 1), (vec![json(200, &of(theirs)), good.clone()], 2)] {
        let script = Script::list(replies);
        let permissions = client(&script).project("p").pipeline_permissions().trusting_answers();
        permissions.allow(&VariableGroupId(7).into(), &[PipelineId(1)]).await.unwrap();
        assert_eq!(script.count(), calls);
    }
}

#[tokio::test]
async fn parts_that_were_pushed_before_one_failed_are_not_reported_as_not_done() {
    let pushed = r#"{"pushId":1,"refUpdates":[{"name":"refs/heads/main","oldObjectId":"0000000000000000000000000000000000000000","newObjectId":"1111111111111111111111111111111111111111"}]}"#;
    let script = Script::list(vec![json(201, pushed), json(403, r#"{"message":"no more"}"#)]);
    let big = "x".repeat(14 << 20);
    let push = NewPush::onto("main", ObjectId::zero(), "files")
        .change(Change::add("/a", &big))
        .change(Change::add("/b", &big));
    let error = client(&script).project("p").repositories().repository("r").push_in_parts(&push).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Done);
    assert!(error.message().starts_with("1 of 2 parts were pushed, but then: no more"), "{error}");
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
        first_contact: Duration::from_secs(60),
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

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answered_is_given_up_soon_and_one_that_did_is_waited_for() {
    let options = RetryOptions { max_attempts: 50, ..RetryOptions::default() };
    let offline = Script::new(|_, _| lost(Stage::Connect));
    let start = tokio::time::Instant::now();
    let error = builder(&offline).retry(options).build().unwrap().projects().get("p").await.unwrap_err();
    assert!(start.elapsed() <= options.first_contact && error.is_about_the_service(), "{:?}: {error}", start.elapsed());
    assert!(offline.count() > 1, "a connection that fails once is tried again");

    let shaky = Script::new(|_, nth| if nth == 0 { json(404, "{}") } else { lost(Stage::Connect) });
    let client = builder(&shaky).retry(options).build().unwrap();
    client.projects().get("p").await.unwrap_err();
    client.projects().get("p").await.unwrap_err();
    assert_eq!(shaky.count(), 1 + 50, "it is there: every try is made");
}
