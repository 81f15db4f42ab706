//! Authentication and the budget; the order of the layers is in `order.rs`.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::*;
use devops_client::{Clock, Credential, ErrorKind, Stage, SystemClock, ThrottleOptions, VariableGroupId};
use futures::future::join_all;

const PROJECT: &str = r#"{"id":"0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a","name":"p"}"#;
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn many_calls_ask_for_one_token() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let tokens = Arc::new(Tokens::new(clock.clone(), HOUR));
    let script = Script::new(|_, _| json(200, PROJECT));
    let client = builder(&script).clock(clock).credential(Credential::entra(tokens.clone())).build().unwrap();
    let projects = client.projects();
    join_all((0..50).map(|_| projects.get("p"))).await.into_iter().for_each(|result| drop(result.unwrap()));
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 1);
    assert_eq!(script.count(), 50);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_the_old_one_serves_while_that_fails() {
    let clock = Arc::new(JumpingClock::default());
    let tokens = Arc::new(Tokens { fails_from: 3, ..Tokens::new(clock.clone(), HOUR) });
    let script = Script::new(|_, _| json(200, PROJECT));
    let client = builder(&script).clock(clock.clone()).credential(Credential::entra(tokens.clone())).build().unwrap();
    let call = async |minutes: u64| {
        clock.jump(Duration::from_secs(60 * minutes));
        client.projects().get("p").await.map(drop)
    };
    call(0).await.unwrap();
    call(54).await.unwrap();
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 1, "six minutes are left");
    call(2).await.unwrap();
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 2, "four minutes are left");
    call(56).await.unwrap();
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 3, "renewing failed, and the old one is good for four minutes");
    let error = call(5).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::SignIn);
    assert!(error.message().contains("no token today"), "{error}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let clock: Arc<dyn Clock> = Arc::new(JumpingClock::default());
    let tokens = Arc::new(Tokens::new(clock.clone(), HOUR));
    let script = Script::new(|request, _| match header(request, "authorization").ends_with("-1") {
        true => with(401, &[], ""),
        false => json(200, PROJECT),
    });
    let client = builder(&script).clock(clock.clone()).credential(Credential::entra(tokens)).build().unwrap();
    client.projects().get("p").await.unwrap();
    assert_eq!(script.count(), 2);

    let script = Script::new(|_, _| with(401, &[], ""));
    let tokens = Arc::new(Tokens::new(clock.clone(), HOUR));
    let client = builder(&script).clock(clock).credential(Credential::entra(tokens)).build().unwrap();
    assert_eq!(client.projects().get("p").await.unwrap_err().kind(), &ErrorKind::SignIn);
    assert_eq!(script.count(), 2, "once, not for ever");
}

#[tokio::test]
async fn a_token_that_is_used_no_more_is_still_masked_in_errors() {
    let clock: Arc<dyn Clock> = Arc::new(JumpingClock::default());
    // The renewed token is refused too, and the answer names both.
    let tokens = Arc::new(Tokens::new(clock.clone(), HOUR));
    let said = r#"{"message":"T-1 was renewed, T-2 is not good"}"#.replace('T', planted::TOKEN);
    let script = Script::new(move |_, _| json(401, &said));
    let client = builder(&script).clock(clock).credential(Credential::entra(tokens)).build().unwrap();
    let error = client.projects().get("p").await.unwrap_err();
    assert!(error.message().contains("*** was renewed, *** is not good"), "{error}");
}

#[tokio::test]
async fn a_personal_access_token_is_basic_with_an_empty_user_and_is_not_tried_twice() {
    let script = Script::new(|_, _| with(401, &[("x-tfs-serviceerror", "TF400813%3a+The+user+is+not+authorized")], ""));
    let error = client(&script).projects().get("p").await.unwrap_err();
    assert!(error.message().contains("TF400813:"), "{error}");
    assert_eq!(script.count(), 1);
    let seen = script.seen.lock().unwrap();
    assert_eq!(header(&seen[0], "authorization"), "Basic OnBsYW50ZWQtcGF0LTdmM2FjOTFlNTJkOA==");
    assert_eq!(header(&seen[0], "x-tfs-fedauthredirect"), "Suppress");
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_are_limited() {
    let script = Script::slow(Duration::from_millis(50), |_, _| json(200, PROJECT));
    let client = builder(&script).throttle(ThrottleOptions { concurrency: 8, ..Default::default() }).build().unwrap();
    let projects = client.projects();
    let start = tokio::time::Instant::now();
    join_all((0..200).map(|_| projects.get("p"))).await.into_iter().for_each(|result| drop(result.unwrap()));
    assert_eq!(script.most_under_way.load(Ordering::SeqCst), 8);
    assert!(start.elapsed() < Duration::from_millis(25 * 50 + 60), "no time is lost: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_retry_after_on_a_success_paces_the_next_call_and_repeats_nothing() {
    let script = Script::list(vec![
        with(200, &[("retry-after", "7"), ("content-type", "application/json")], PROJECT),
        json(200, PROJECT),
    ]);
    let clock = Arc::new(JumpingClock::default());
    let client = builder(&script).clock(clock.clone()).build().unwrap();
    client.projects().get("p").await.unwrap();
    assert_eq!(clock.now(), Duration::ZERO, "this call is over");
    client.clone().projects().get("p").await.unwrap();
    assert_eq!(clock.now(), Duration::from_secs(7), "and a clone has the same budget");
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_is_used_up_without_a_single_block() {
    // 20 calls in 10 seconds, as the service counts: those that arrived within the last 10 seconds.
    const LIMIT: usize = 20;
    const WINDOW: Duration = Duration::from_secs(10);
    let arrivals = std::sync::Mutex::new(Vec::<tokio::time::Instant>::new());
    let blocked = Arc::new(AtomicUsize::new(0));
    let blocks = blocked.clone();
    let script = Script::slow(Duration::from_millis(30), move |_, _| {
        let now = tokio::time::Instant::now();
        let mut arrivals = arrivals.lock().unwrap();
        arrivals.retain(|arrival| now.duration_since(*arrival) < WINDOW);
        if arrivals.len() >= LIMIT {
            blocks.fetch_add(1, Ordering::SeqCst);
            return with(429, &[("retry-after", "1")], "{}");
        }
        arrivals.push(now);
        let remaining = (LIMIT - arrivals.len()).to_string();
        with(200, &[("x-ratelimit-limit", "20"), ("x-ratelimit-remaining", &remaining)], PROJECT)
    });
    let client = builder(&script).throttle(ThrottleOptions { concurrency: 8, window: WINDOW }).build().unwrap();
    let projects = client.projects();
    let start = tokio::time::Instant::now();
    join_all((0..100).map(|_| projects.get("p"))).await.into_iter().for_each(|result| drop(result.unwrap()));
    assert_eq!(blocked.load(Ordering::SeqCst), 0);
    let least = WINDOW * 4;
    assert!(start.elapsed() < least.mul_f64(1.05), "{:?} for at least {least:?}", start.elapsed());
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let script = Script::slow(Duration::from_secs(60), |_, _| json(200, PROJECT));
    let client = builder(&script).throttle(ThrottleOptions { concurrency: 1, ..Default::default() }).build().unwrap();
    let groups = client.project("p").variable_groups();
    let slow = tokio::time::timeout(Duration::from_millis(20), groups.get(VariableGroupId(1)));
    assert!(slow.await.is_err());
    let second = tokio::time::timeout(Duration::from_millis(20), groups.get(VariableGroupId(2)));
    assert!(second.await.is_err());
    assert_eq!(script.count(), 2, "the second call was sent although the first never ended");
}

#[tokio::test]
async fn an_unreachable_service_is_a_transport_error_that_says_so() {
    let script = Script::new(|_, _| lost(Stage::Connect));
    let error = client(&script).projects().get("p").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Transport { stage: Stage::Connect });
    assert!(error.next_step().contains("network"), "{}", error.next_step());
}
