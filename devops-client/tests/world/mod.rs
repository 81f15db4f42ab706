//! An emulator with one of everything in it, and every operation of the client.
#![allow(dead_code)]

pub mod operations;
#[path = "../common/planted.rs"]
pub mod planted;
pub mod record;
pub mod seed;

use std::sync::Arc;
use std::time::Duration;

use devops_client::{Client, ClientBuilder, Credential, HttpTransport, RetryOptions};
use devops_emulator::state::runs::{Covered, Tests};
use devops_emulator::{Emulator, Running};
use serde_json::json;

use record::Recorder;
use seed::World;

/// An emulator with a vault.
pub async fn emulator() -> Running {
    planted::traced();
    let vault = |emulator: Emulator, name| emulator.vault_secret("vault", name, json!({ "enabled": true }));
    let emulator = Emulator::builder().organization("contoso").token(planted::PAT);
    vault(vault(emulator, "db-password"), "api-key").start().await.unwrap()
}

/// A client of an emulator that loses no time. With `DEVOPS_RECORD` set, its calls are added to that file.
pub fn builder(emulator: &Running) -> ClientBuilder {
    let transport = HttpTransport::new(Duration::from_secs(20)).unwrap();
    Client::builder(emulator.organization())
        .base_url(emulator.url())
        .credential(Credential::pat(planted::PAT))
        .retry(RetryOptions { base: Duration::from_millis(2), ..RetryOptions::default() })
        .transport(Arc::new(Recorder::from_environment(transport)))
}

/// An emulator with one of everything.
pub async fn world() -> (Running, World) {
    let emulator = emulator().await;
    let client = builder(&emulator).build().unwrap();
    let world = World::seed(client).await.unwrap_or_else(|error| panic!("{error}: {}", error.next_step()));
    // steps of the emulator publish nothing by themselves
    emulator.with_state(|state| {
        let run = state.builds.get_mut(&world.run.0).unwrap();
        let failed = vec![("sums".to_owned(), "4 is not 5".to_owned())];
        let job = "Check.Test.__default".to_owned();
        run.tests.push(Tests { job: job.clone(), title: "unit".to_owned(), total: 4, skipped: 1, failed });
        run.coverage.push(Covered { job, covered: 9, valid: 10 });
    });
    (emulator, world)
}
