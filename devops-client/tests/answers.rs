//! How answers are read: errors in each of their forms, lists, what is unknown, and waits.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::*;
use devops_client::api::follow::RunEvent;
use devops_client::api::items::Version;
use devops_client::api::operations::OperationReference;
use devops_client::api::refs::RefUpdate;
use devops_client::api::runs::RunRequest;
use devops_client::{ErrorKind, ObjectId, PipelineId, RunId, Secret, ServiceEndpointId, VariableGroupId, WaitOptions};
use futures::TryStreamExt as _;

const GUID: &str = "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a";

async fn failing(reply: Reply) -> devops_client::Error {
    let script = Script::new(move |_, _| reply.clone());
    client(&script).projects().get("p").await.unwrap_err()
}

#[tokio::test]
async fn a_sign_in_page_is_a_sign_in_error_however_it_comes() {
    let html = ("content-type", "text/html; charset=utf-8");
    let page = "<!DOCTYPE html><html>Sign in</html>";
    for reply in [
        with(203, &[html], page),
        with(302, &[("location", "https://login.example/")], ""),
        with(200, &[html], page),
        with(200, &[("content-type", "application/json")], page),
        with(401, &[], ""),
        json(400, r#"{"message":"expired","typeKey":"AccessCheckException"}"#),
    ] {
        let error = failing(reply).await;
        assert_eq!(error.kind(), &ErrorKind::SignIn, "{error}");
        assert!(error.next_step().contains("sign in"));
    }
}

#[tokio::test]
async fn an_error_names_the_call_the_activity_and_the_next_step_and_hides_the_query() {
    let script = Script::new(|_, _| {
        let body = r#"{"$id":"1","innerException":null,"message":"VS402962: no","typeName":"x","typeKey":"VariableGroupExistsException","errorCode":0,"eventId":3000}"#;
        with(409, &[("activityid", "a-1"), ("content-type", "application/json")], &["\u{feff}", body].concat())
    });
    let error = client(&script).project("p").variable_groups().find("planted-name").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
    let context = error.context().unwrap();
    assert_eq!(context.path, "/org/p/_apis/distributedtask/variablegroups");
    assert_eq!(context.activity_id.as_deref(), Some("a-1"));
    assert_eq!(
        error.to_string(),
        "VS402962: no (GET /org/p/_apis/distributedtask/variablegroups, status 409, VariableGroupExistsException, activity a-1)"
    );
    assert!(!format!("{error:?}").contains("planted-name"), "the query is in no error");
}

#[tokio::test]
async fn a_plain_text_404_is_not_found() {
    let error =
        failing(with(404, &[("content-type", "text/plain")], "The controller for path '/x' was not found")).await;
    assert!(error.is_not_found());
    assert!(error.message().starts_with("The controller for path"), "{error}");
}

#[tokio::test]
async fn a_forbidden_call_names_the_scope_that_it_needs() {
    let error = failing(json(403, r#"{"message":"Access denied"}"#)).await;
    let ErrorKind::Forbidden { missing } = error.kind() else { panic!("{error:?}") };
    assert!(missing.contains("vso.project"), "{missing}");
}

#[tokio::test]
async fn a_body_that_is_not_what_was_expected_is_named_by_its_json_path_and_not_quoted() {
    let script =
        Script::new(|_, _| json(200, r#"{"value":[{"id":1,"name":"a","type":"Vsts"},{"id":"planted","name":"b"}]}"#));
    let error = client(&script).project("p").variable_groups().list().all().await.unwrap_err();
    let ErrorKind::Decode { json_path } = error.kind() else { panic!("{error:?}") };
    assert_eq!(json_path, "value[1].id");
    assert!(!error.to_string().contains("planted"), "{error}");
}

#[tokio::test]
async fn a_missing_variable_group_is_none_whether_null_or_404() {
    for reply in [json(200, "null"), json(200, "\u{feff}null"), json(404, "{}"), with(204, &[], "")] {
        let script = Script::new(move |_, _| reply.clone());
        assert_eq!(client(&script).project("p").variable_groups().get(VariableGroupId(1)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_list_follows_continuation_tokens_and_fetches_no_page_that_is_not_asked_for() {
    let page = |request: &devops_client::WireRequest| {
        let token = request.url.query_pairs().find(|(key, _)| key == "continuationToken").map(|(_, v)| v.into_owned());
        let (id, next) = match token.as_deref() {
            None => (1, "a&b"),
            Some("a&b") => (2, "c"),
            Some("c") => (3, ""),
            other => panic!("{other:?}"),
        };
        with(200, &[("x-ms-continuationtoken", next)], &format!(r#"{{"value":[{{"id":{id},"name":"q"}}]}}"#))
    };
    let script = Script::new(move |request, _| page(request));
    let queues = client(&script).project("p").queues();
    let ids: Vec<_> = queues.list().all().await.unwrap().iter().map(|queue| queue.id.0).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(script.count(), 3);
    queues.list().find(|queue| queue.id.0 == 1).await.unwrap();
    assert_eq!(script.count(), 4, "the first page sufficed");
}

#[tokio::test]
async fn a_list_whose_token_never_changes_ends() {
    let script = Script::new(|_, _| with(200, &[("x-ms-continuationtoken", "same")], r#"{"value":[]}"#));
    client(&script).project("p").queues().list().all().await.unwrap();
    assert_eq!(script.count(), 2);
}

#[tokio::test]
async fn a_full_replace_loses_nothing() {
    let group = format!(
        r#"{{"id":7,"name":"kv","description":"d","type":"AzureKeyVault","future":{{"a":[1,null]}},
        "providerData":{{"serviceEndpointId":"{GUID}","vault":"v","lastRefreshedOn":"2026-01-01T00:00:00.1234567Z","more":true}},
        "variables":{{"s":{{"value":null,"isSecret":true,"enabled":true,"contentType":"text","expires":"2027-01-01T00:00:00Z"}}}},
        "variableGroupProjectReferences":[{{"name":"kv","description":"d","projectReference":{{"id":"{GUID}","name":"p","x":1}},"y":2}}]}}"#
    );
    let sent = Arc::new(Mutex::new(String::new()));
    let (keep, answer) = (sent.clone(), group.clone());
    let script = Script::new(move |request, _| {
        if !request.body.is_empty() {
            *keep.lock().unwrap() = String::from_utf8(request.body.to_vec()).unwrap();
        }
        json(200, &answer)
    });
    let groups = client(&script).project("p").variable_groups();
    let read = groups.get(VariableGroupId(7)).await.unwrap().unwrap();
    groups.update(&read).await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent.lock().unwrap()).unwrap();
    assert_eq!(sent, serde_json::from_str::<serde_json::Value>(&group).unwrap());
}

#[tokio::test]
async fn a_refused_ref_is_an_error_although_the_status_is_200() {
    let body = |status: &str| {
        format!(
            r#"{{"value":[{{"name":"refs/heads/x","success":false,"updateStatus":"{status}","newObjectId":"{}"}}]}}"#,
            "0".repeat(40)
        )
    };
    for (status, wanted) in
        [("staleOldObjectId", "Conflict"), ("createBranchPermissionRequired", "Forbidden"), ("new", "Invalid")]
    {
        let reply = json(200, &body(status));
        let script = Script::new(move |_, _| reply.clone());
        let repository = client(&script).project("p").repositories().repository("r");
        let error = repository.update_ref(&RefUpdate::create("refs/heads/x", ObjectId::zero())).await.unwrap_err();
        assert!(format!("{:?}", error.kind()).starts_with(wanted), "{error:?}");
        assert!(error.message().contains(status), "{error}");
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test]
async fn a_preview_error_points_into_the_file() {
    let body = r#"{"message":"/a.yml (Line: 2, Col: 9): Unexpected value","typeKey":"PipelineValidationException"}"#;
    let script = Script::new(move |_, _| json(400, body));
    let error = client(&script)
        .project("p")
        .pipelines()
        .preview(PipelineId(1), &RunRequest::new(), Some("x"))
        .await
        .unwrap_err();
    let ErrorKind::Invalid { problems } = error.kind() else { panic!("{error:?}") };
    assert_eq!((problems[0].file.as_deref(), problems[0].line, problems[0].column), (Some("/a.yml"), Some(2), Some(9)));
}

#[tokio::test]
async fn a_wait_reports_progress_and_ends_well() {
    let script = Script::new(|_, n| {
        let status = ["queued", "inProgress", "succeeded"][n];
        json(200, &format!(r#"{{"id":"{GUID}","status":"{status}"}}"#))
    });
    let started: OperationReference = serde_json::from_str(&format!(r#"{{"id":"{GUID}","status":"queued"}}"#)).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let options =
        WaitOptions::default().on_progress(move |p| tell.lock().unwrap().push((p.state.clone(), p.elapsed.as_secs())));
    client(&script).operations().wait(&started, &options).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [("queued".to_owned(), 0), ("inProgress".to_owned(), 2)]);
}

#[tokio::test]
async fn a_wait_fails_with_the_services_reason_and_ends_when_the_time_is_over() {
    let started: OperationReference = serde_json::from_str(&format!(r#"{{"id":"{GUID}","status":"queued"}}"#)).unwrap();
    let script =
        Script::new(|_, _| json(200, &format!(r#"{{"id":"{GUID}","status":"failed","detailedMessage":"no quota"}}"#)));
    let error = client(&script).operations().wait(&started, &WaitOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Failed);
    assert!(error.message().contains("no quota"));
    let script = Script::new(|_, _| json(200, &format!(r#"{{"id":"{GUID}","status":"queued"}}"#)));
    let options = WaitOptions::timeout(Duration::from_secs(60));
    let error = client(&script).operations().wait(&started, &options).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::TimedOut);
    assert_eq!(script.count(), 31);
}

#[tokio::test]
async fn a_connection_is_waited_for_until_it_is_ready() {
    let endpoint = |ready: bool, state: &str| {
        json(
            200,
            &format!(
                r#"{{"id":"{GUID}","name":"c","type":"AzureRM","isReady":{ready},"operationStatus":{{"state":"{state}","statusMessage":"denied"}},
                "authorization":{{"scheme":"WorkloadIdentityFederation","parameters":{{"workloadIdentityFederationIssuer":"i","workloadIdentityFederationSubject":"s"}}}}}}"#
            ),
        )
    };
    let id = ServiceEndpointId::parse(GUID).unwrap();
    let script = Script::new(move |_, n| if n < 2 { endpoint(false, "InProgress") } else { endpoint(true, "Ready") });
    let ready = client(&script).project("p").service_endpoints().wait_ready(id, &WaitOptions::default()).await.unwrap();
    assert_eq!(ready.federation().unwrap().subject, "s");
    assert_eq!(script.count(), 3);
    let script = Script::new(move |_, _| endpoint(false, "Failed"));
    let error =
        client(&script).project("p").service_endpoints().wait_ready(id, &WaitOptions::default()).await.unwrap_err();
    assert!(error.message().contains("denied"), "{error}");
}

#[tokio::test]
async fn a_run_is_followed_to_its_end_with_every_line_once() {
    let looks = Mutex::new(0_usize);
    let script = Script::new(move |request, _| {
        let mut looks = looks.lock().unwrap();
        let path = request.url.path().to_owned();
        if path.ends_with("/builds/5") {
            *looks += 1;
        }
        let over = *looks >= 3;
        let lines = [0, 2, 3, 3][(*looks).min(3)];
        if path.ends_with("/timeline") {
            let state = if over { r#""state":"completed","result":"succeeded""# } else { r#""state":"inProgress""# };
            return json(
                200,
                &format!(
                    r#"{{"records":[{{"id":"{GUID}","type":"Task","name":"Train",{state},"attempt":1,"log":{{"id":9}}}}]}}"#
                ),
            );
        }
        if path.ends_with("/logs") {
            return json(200, &format!(r#"{{"value":[{{"id":9,"lineCount":{lines}}}]}}"#));
        }
        if path.ends_with("/logs/9") {
            return with(200, &[("content-type", "text/plain")], &["same\n", "same\n", "last\n"][..lines].concat());
        }
        let status = if over { r#""completed","result":"succeeded""# } else { r#""inProgress""# };
        json(200, &format!(r#"{{"id":5,"status":{status}}}"#))
    });
    let runs = client(&script).project("p").runs();
    let events: Vec<_> = runs.follow(RunId(5), &WaitOptions::default()).try_collect().await.unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| match event {
            RunEvent::Run(build) => format!("run {}", build.status),
            RunEvent::Record(record) => format!("{} {}", record.name, record.state.as_ref().unwrap()),
            RunEvent::Log { lines, .. } => lines.join(","),
            RunEvent::Finished(build) => format!("finished {}", build.result.as_ref().unwrap()),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "run inProgress",
            "Train inProgress",
            "same,same",
            "last",
            "run completed",
            "Train completed",
            "finished succeeded"
        ]
    );
}

#[tokio::test]
async fn a_secret_that_the_service_repeats_is_masked_in_the_error() {
    let script = Script::new(|request, _| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        json(400, &serde_json::json!({ "message": format!("bad value in {body} by {}", planted::PAT) }).to_string())
    });
    let group = devops_client::api::variable_groups::NewVariableGroup::plain("g")
        .variable("password", Secret::new(planted::SECRET));
    let error = client(&script).project("p").variable_groups().create(&group).await.unwrap_err();
    let shown = format!("{error} {error:?} {}", error.next_step());
    assert!(!shown.contains(planted::MARK), "{shown}");
    assert!(shown.contains("***"), "{shown}");
    let sent = script.seen.lock().unwrap()[0].body.clone();
    let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
    assert_eq!(sent["variables"]["password"]["value"], planted::SECRET, "the service gets the value");
}

/// The futures can be spawned.
#[tokio::test]
async fn every_call_can_be_made_on_another_thread() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let script = Script::new(|_, _| json(500, "{}"));
    let client = client(&script);
    let project = client.project("p");
    let group = devops_client::api::variable_groups::NewVariableGroup::plain("g");
    sendable(project.variable_groups().create(&group)).await.unwrap_err();
    let repository = project.repositories().repository("r");
    sendable(repository.file("/a", &Version::branch("main"))).await.unwrap_err();
    sendable(project.runs().queue(PipelineId(1), &RunRequest::new())).await.unwrap_err();
    let wait = WaitOptions::default();
    sendable(project.runs().wait(RunId(1), &wait)).await.unwrap_err();
    tokio::spawn(async move { project.definitions().find("a", "\\").await }).await.unwrap().unwrap_err();
}
