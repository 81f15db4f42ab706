//! Sign-in, versions, negotiation, faults, throttling, the journal, the control API, saved states.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::planted;
use crate::world::{World, group};
use devops_emulator::{Action, Emulator, Fault, HeaderSeconds, Throttle};

#[tokio::test]
async fn bad_credentials_get_401_without_a_body_or_the_sign_in_page() {
    let mut world = World::new().await;
    world.token = String::new();
    let missing = world.get("_apis/projects").await;
    assert_eq!((missing.status, missing.text.as_str()), (401, ""));
    assert!(missing.header("x-tfs-serviceerror").is_some());
    world.token = planted::WRONG_TOKEN.to_owned();
    assert_eq!(world.get("_apis/projects").await.status, 401);
    let mut world = World::with(Emulator::builder().token(planted::TOKEN).sign_in_page()).await;
    world.token = planted::WRONG_TOKEN.to_owned();
    let page = world.get("_apis/projects").await;
    assert_eq!(page.status, 203);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn api_versions_are_negotiated_as_the_service_does() {
    let world = World::new().await;
    let options =
        world.client.request(reqwest::Method::OPTIONS, format!("{}/_apis", world.running.url())).send().await.unwrap();
    let table: Value = serde_json::from_str(&options.text().await.unwrap()).unwrap();
    let pushes = table["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == "ea98d07b-3c87-4971-8ede-a613694ffb55")
        .unwrap();
    assert_eq!(pushes["routeTemplate"], "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pushId}");
    let git = world
        .client
        .request(reqwest::Method::OPTIONS, format!("{}/_apis/git", world.running.url()))
        .send()
        .await
        .unwrap();
    assert!(git.text().await.unwrap().contains("\"area\":\"git\""));
    let areas = world.get("_apis/ResourceAreas").await.ok();
    assert!(
        areas["value"]
            .as_array()
            .unwrap()
            .iter()
            .all(|area| area["locationUrl"] == json!(format!("{}/", world.running.url())))
    );
    let bare = world
        .client
        .post(format!("{}/_apis/distributedtask/variablegroups", world.running.url()))
        .bearer_auth(planted::TOKEN)
        .json(&group("g"))
        .send()
        .await
        .unwrap();
    assert!(bare.text().await.unwrap().contains("VssVersionNotSpecifiedException"));
    let accepted = world
        .client
        .post(format!("{}/_apis/distributedtask/variablegroups", world.running.url()))
        .bearer_auth(planted::TOKEN)
        .header("accept", "application/json;api-version=7.1")
        .json(&group("g"))
        .send()
        .await
        .unwrap();
    assert_eq!(accepted.status(), 200);
    world.get("_apis/projects?api-version=9.0").await.refused(400, "VssVersionOutOfRangeException");
    let unknown = world.get("shop/_apis/nothing/here").await;
    assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("text/plain; charset=utf-8")));
    assert!(unknown.text.starts_with("The controller for path '/emulator/shop/_apis/nothing/here' was not found"));
}

/// Whether a group of that name is there, with no fault in the way.
async fn made(world: &World, name: &str) -> bool {
    world.running.clear_faults();
    world.get(&format!("shop/_apis/distributedtask/variablegroups?groupName={name}")).await.ok()["count"] == 1
}

#[tokio::test]
async fn each_fault_does_what_it_says_and_the_effect_is_known() {
    let world = World::new().await;
    let path = "_apis/distributedtask/variablegroups";
    let fault = |action: Action| Fault::new("POST", "*/variablegroups", action);
    let cases = [
        ("busy", Action::TooManyRequests { retry_after: Some(2.0) }, Some(429), false),
        ("down", Action::ServiceUnavailable { retry_after: None }, Some(503), false),
        ("denied", Action::Unauthorized, Some(401), false),
        ("page", Action::SignInPage { status: 203 }, Some(203), false),
        ("error", Action::Error { status: 403, type_key: "X".into(), message: "m".into() }, Some(403), false),
        ("before", Action::ResetBefore, None, false),
        ("after", Action::ResetAfter, None, true),
        ("half", Action::TruncatedBody, None, true),
        ("slow-down", Action::RetryAfterOnSuccess { seconds: 3.0 }, Some(200), true),
    ];
    for (name, action, status, effect) in cases {
        world.running.add_fault(fault(action.clone()));
        world.running.clear_requests();
        let answer = world.try_send("POST", path, Some(&group(name))).await;
        assert_eq!(answer.as_ref().ok().map(|answer| answer.status), status, "{name}: {answer:?}");
        if let (Ok(answer), Action::TooManyRequests { .. }) = (&answer, &action) {
            assert_eq!((answer.header("retry-after"), answer.header("x-ratelimit-remaining")), (Some("2"), Some("0")));
        }
        if let (Ok(answer), Action::RetryAfterOnSuccess { .. }) = (&answer, &action) {
            assert_eq!(answer.header("retry-after"), Some("3"));
        }
        let entries = world.running.requests();
        assert_eq!(entries.iter().map(|entry| entry.effect).collect::<Vec<_>>(), [effect], "{name}");
        assert_eq!(entries[0].faults.len(), 1);
        assert_eq!(made(&world, name).await, effect, "{name}");
    }
}

#[tokio::test]
async fn latency_delays_and_a_stale_read_answers_from_before_the_last_write() {
    let world = World::new().await;
    world.running.add_fault(Fault::new("GET", "*/projects", Action::Latency { millis: 150 }));
    let start = Instant::now();
    world.get("_apis/projects").await.ok();
    assert!(start.elapsed() >= Duration::from_millis(150));
    world.running.add_fault(Fault::new("GET", "*/variablegroups", Action::StaleRead).times(1));
    world.group("g").await;
    let list = "shop/_apis/distributedtask/variablegroups";
    assert_eq!(world.get(list).await.ok()["count"], 0);
    assert_eq!(world.get(list).await.ok()["count"], 1);
}

#[tokio::test]
async fn the_nth_call_of_a_route_is_hit_and_no_other() {
    let world = World::new().await;
    world.running.add_fault(
        Fault::new("GET", "/emulator/_apis/projects", Action::ServiceUnavailable { retry_after: None }).nth(2).times(2),
    );
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(world.get("_apis/projects").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200, 200]);
}

#[tokio::test]
async fn throttling_warns_before_it_blocks_and_opens_again() {
    let limit =
        Throttle { units: 4.0, window_millis: 2_000, seconds: HeaderSeconds::Milliseconds, ..Throttle::default() };
    let world = World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN).throttle(limit)).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(world.get("_apis/projects").await);
    }
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 200, 200, 429]);
    assert_eq!(answers[0].header("x-ratelimit-remaining"), None);
    assert_eq!(answers[2].header("x-ratelimit-remaining"), Some("1"));
    assert!(answers[3].header("retry-after").is_some(), "the last that goes through says when to come again");
    assert!(answers[4].json()["message"].as_str().unwrap().starts_with("TF400733"));
    let wait: f64 = answers[4].header("retry-after").unwrap().parse().unwrap();
    tokio::time::sleep(Duration::from_secs_f64(wait)).await;
    assert_eq!(world.get("_apis/projects").await.status, 200);
}

#[tokio::test]
async fn the_journal_counts_and_the_session_is_echoed() {
    let world = World::new().await;
    let id = world.group("g").await;
    let answer = world
        .client
        .get(format!("{}/_apis/projects", world.running.url()))
        .bearer_auth(planted::TOKEN)
        .header("X-TFS-Session", "abc")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-tfs-session"], "abc");
    assert!(answer.headers().contains_key("activityid"));
    world.delete(&format!("_apis/distributedtask/variablegroups/{id}?projectIds={}", world.project().await)).await;
    let seen: Vec<(String, u16, bool)> =
        world.running.requests().into_iter().map(|entry| (entry.method, entry.status, entry.effect)).collect();
    let expected = [("POST", 200, true), ("GET", 200, false), ("GET", 200, false), ("DELETE", 204, true)];
    assert_eq!(seen, expected.map(|(method, status, effect)| (method.to_owned(), status, effect)));
}

#[tokio::test]
async fn the_control_api_sets_faults_limits_and_settings_and_shows_no_secret() {
    let world = World::new().await;
    let url = |path: &str| format!("{}/_emulator/{path}", world.running.origin());
    world.group("g").await;
    let state = world.client.get(url("state")).send().await.unwrap().text().await.unwrap();
    assert!(state.contains("\"shop\"") && !state.contains(planted::MARK));
    let fault = json!({ "method": "GET", "path": "*/projects", "count": 1, "action": { "serviceUnavailable": {} } });
    assert_eq!(world.client.post(url("faults")).json(&fault).send().await.unwrap().status(), 204);
    assert_eq!(world.get("_apis/projects").await.status, 503);
    assert_eq!(world.get("_apis/projects").await.status, 200);
    assert_eq!(
        world.client.post(url("faults")).json(&json!({ "action": "nonsense" })).send().await.unwrap().status(),
        400
    );
    world.client.put(url("throttle")).json(&json!({ "units": 1 })).send().await.unwrap();
    assert_eq!([world.get("_apis/projects").await.status, world.get("_apis/projects").await.status], [200, 429]);
    world.client.delete(url("throttle")).send().await.unwrap();
    world.client.post(url("projects")).json(&json!({ "name": "second" })).send().await.unwrap();
    assert_eq!(world.get("_apis/projects").await.ok()["count"], 2);
    let requests: Value =
        serde_json::from_str(&world.client.get(url("requests")).send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(requests["value"].as_array().unwrap().iter().filter(|entry| entry["status"] == 429).count(), 1);
}

#[tokio::test]
async fn a_saved_state_is_the_same_organization_when_loaded() {
    let world = World::new().await;
    let tip = world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let pipeline = world.pipeline("p").await;
    let run = world.run(pipeline, json!({})).await;
    world.group("g").await;
    let state = world.running.stop().await;
    let saved = state.save().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&saved.to_string()).unwrap(), saved);
    let again = World::with(Emulator::builder().load(saved).unwrap().token(planted::TOKEN)).await;
    assert_eq!(again.tip("main").await, tip);
    assert_eq!(again.finish(run).await["result"], "succeeded");
    let kept = again
        .running
        .with_state(|state| state.groups.values().next().unwrap().secrets["s"].expose() == planted::SECRET);
    assert!(kept);
    assert!(Emulator::builder().load(json!({ "name": "half" })).is_err());
}
