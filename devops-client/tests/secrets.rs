//! Nothing that is secret is shown: the whole table of operations, and faults, with every event of every crate recorded.

mod world;

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use devops_emulator::{Action, Fault};
use world::operations::OPERATIONS;
use world::planted;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_in_any_event_error_or_debug_output_at_trace_level() {
    let kept = Kept::default();
    let writer = kept.clone();
    // Every event of every crate, and those of crates that use `log`.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let (emulator, world) = world::world().await;
    let seeded = emulator.state();
    let mut shown = format!("{:?} {:?} {:?}", world.client, world.plain_group, world.endpoint);
    let faults = [
        None,
        Some(Action::Unauthorized),
        Some(Action::SignInPage { status: 203 }),
        Some(Action::ResetBefore),
        Some(Action::TruncatedBody),
        Some(Action::Error { status: 400, type_key: "X".into(), message: ["bad ", planted::SECRET].concat() }),
    ];
    for fault in faults {
        for operation in OPERATIONS.iter() {
            emulator.clear_faults();
            emulator.with_state(|state| *state = seeded.clone());
            if let Some(action) = &fault {
                emulator.add_fault(Fault::new(operation.method, &operation.pattern(), action.clone()));
            }
            if let Err(error) = (operation.work)(&world).await
                && !matches!(fault, Some(Action::Error { .. }))
            {
                shown.push_str(&format!("{error} {error:?} {}", error.next_step()));
            }
        }
    }
    shown.push_str(&String::from_utf8_lossy(&kept.0.lock().unwrap()));
    assert!(shown.contains("azure_devops"), "the client's own events are there");
    assert!(shown.contains("hyper"), "and those of other crates");
    let encoded = base64::engine::general_purpose::STANDARD.encode([":", planted::PAT].concat());
    for secret in [planted::MARK, encoded.as_str()] {
        let place = shown.find(secret).map(|at| shown[at.saturating_sub(200)..at].to_owned());
        assert_eq!(place, None, "a secret is shown");
    }
}
