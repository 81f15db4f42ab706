//! An apply that ends in the middle of any request, before or after that had its effect: the next one finishes the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use devops_client::{HttpTransport, Transport, TransportError, WireRequest, WireResponse};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::world::{Ours, branches, commits, emulator, files, repository};

/// Lets so many requests through; from the next one on nothing is ever answered.
struct Dies {
    inner: HttpTransport,
    left: AtomicUsize,
    /// Whether the last request still has its effect.
    after: bool,
    dead: Arc<Notify>,
}

impl Transport for Dies {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before.is_ok_and(|left| left > 1) {
            return self.inner.send(request);
        }
        let dead = self.dead.clone();
        if self.after && before.is_ok() {
            let sent = self.inner.send(request);
            return async move {
                _ = sent.await;
                dead.notify_one();
                std::future::pending().await
            }
            .boxed();
        }
        dead.notify_one();
        std::future::pending().boxed()
    }
}

/// Applies until the request with this number; true when that was never made.
async fn apply_until(
    ours: &Ours,
    emulator: &devops_emulator::Running,
    pipelines: &[&str],
    n: usize,
    after: bool,
) -> bool {
    let inner = HttpTransport::new(Duration::from_secs(10)).unwrap();
    let dies = Arc::new(Dies { inner, left: AtomicUsize::new(n), after, dead: Arc::default() });
    let here = ours.through(emulator, pipelines, Some(dies.clone()));
    tokio::select! {
        done = here.apply() => { done.unwrap(); true }
        () = dies.dead.notified() => false,
    }
}

#[tokio::test]
#[ignore = "long: tests/conformance/long-tests.sh"]
async fn a_first_apply_that_dies_at_any_request_is_finished_by_the_next() {
    let ours = Ours::new();
    let mut deaths = 0;
    for after in [false, true] {
        for n in 1.. {
            let emulator = emulator(false).await;
            if apply_until(&ours, &emulator, &[], n, after).await {
                break;
            }
            deaths += 1;
            ours.at(&emulator, &[]).converge().await;
            assert_eq!(branches(&emulator), ["main"], "request {n}, after its effect: {after}");
            assert_eq!(commits(&emulator, "main"), 1, "request {n}, after its effect: {after}");
            assert_eq!(repository(&emulator).default_branch.as_deref(), Some("refs/heads/main"));
            assert_eq!(emulator.state().projects.len(), 1);
            assert_eq!(emulator.state().repositories.len(), 2, "the project's own and ours");
        }
    }
    assert!(deaths >= 20, "{deaths}");
}

#[tokio::test]
async fn a_later_apply_that_dies_at_any_request_is_finished_by_the_next_with_one_commit() {
    let ours = Ours::new();
    let later = ours.with("pipelines/build.yml", Some("steps: [{script: echo}]\n"));
    let mut deaths = 0;
    for after in [false, true] {
        for n in 1.. {
            let emulator = emulator(true).await;
            let here = ours.at(&emulator, &[]);
            here.converge().await;
            here.make_pipelines(&["build"]).await;
            if apply_until(&later, &emulator, &["build"], n, after).await {
                break;
            }
            deaths += 1;
            later.at(&emulator, &["build"]).converge().await;
            assert_eq!(branches(&emulator), ["main"], "request {n}, after its effect: {after}");
            assert_eq!(commits(&emulator, "main"), 2, "request {n}, after its effect: {after}");
            assert_eq!(files(&emulator, "main")["pipelines/build.yml"], b"steps: [{script: echo}]\n");
        }
    }
    assert!(deaths >= 16, "{deaths}");
}

#[tokio::test]
async fn a_pull_request_is_opened_once_wherever_the_apply_dies() {
    let ours = Ours::new();
    let later = ours.with("kubernetes/extra.yml", Some("a: 1\n"));
    let pipelines = ["pull-request"];
    let mut deaths = 0;
    for after in [false, true] {
        for n in 1.. {
            let emulator = emulator(true).await;
            let here = ours.at(&emulator, &[]);
            here.converge().await;
            here.make_pipelines(&pipelines).await;
            ours.at(&emulator, &pipelines).converge().await;
            if apply_until(&later, &emulator, &pipelines, n, after).await {
                break;
            }
            deaths += 1;
            later.at(&emulator, &pipelines).apply().await.unwrap();
            assert_eq!(repository(&emulator).pull_requests.len(), 1, "request {n}, after its effect: {after}");
            assert_eq!(commits(&emulator, "mlops-gen/candidate"), 2, "request {n}, after its effect: {after}");
            assert_eq!(commits(&emulator, "main"), 1);
        }
    }
    assert!(deaths >= 16, "{deaths}");
}
