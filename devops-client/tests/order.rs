//! The order of the layers.
//!
//! A test binary of its own with one test: which callsites anybody is interested in is kept once for a process, so a
//! subscriber that is set for one thread can miss spans while tests without one run beside it.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::*;
use devops_client::{Clock as _, Credential};
use tracing_subscriber::layer::SubscriberExt as _;

const PROJECT: &str = r#"{"id":"0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a","name":"p"}"#;
const HOUR: Duration = Duration::from_secs(3600);

/// Counts the spans of calls.
struct Spans(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Spans {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        if attributes.metadata().name() == "azure_devops" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn the_order_is_tracing_then_retry_then_auth_then_throttle_then_transport() {
    let spans = Arc::new(AtomicUsize::new(0));
    let subscriber = tracing_subscriber::registry().with(Spans(spans.clone()));
    let _guard = tracing::subscriber::set_default(subscriber);
    let clock = Arc::new(JumpingClock::default());
    let tokens = Arc::new(Tokens::new(clock.clone(), HOUR));
    // The token dies while the first try is under way: the second try must have a new one.
    let dying = clock.clone();
    let script = Script::new(move |_, n| match n {
        0 => {
            dying.jump(HOUR);
            with(503, &[("retry-after", "10")], "")
        }
        _ => json(200, PROJECT),
    });
    let client = builder(&script).clock(clock.clone()).credential(Credential::entra(tokens.clone())).build().unwrap();
    client.projects().get("p").await.unwrap();
    assert_eq!(spans.load(Ordering::SeqCst), 1, "tracing is outside of retry: one span for two tries");
    let seen = script.seen.lock().unwrap();
    let authorization: Vec<_> = seen.iter().map(|request| header(request, "authorization")).collect();
    let expected = ["-1", "-2"].map(|n| ["Bearer ", planted::TOKEN, n].concat());
    assert_eq!(authorization, expected, "auth is inside of retry");
    assert!(clock.now() >= HOUR + Duration::from_secs(10), "each try waits for the budget");
}
