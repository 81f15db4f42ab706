//! An emulator with one of everything in it, and every operation of the client.
#![allow(dead_code)]

pub mod operations;
pub mod record;
pub mod seed;

use std::sync::Arc;
use std::time::Duration;

use devops_client::{Client, ClientBuilder, Credential, HttpTransport, RetryOptions};
use devops_emulator::{Emulator, Running};
use serde_json::json;

use record::Recorder;
use seed::World;

/// The token that the emulator takes; it must be seen nowhere but on the wire.
pub const PLANTED_TOKEN: &str = "planted-token-52c19d";

/// An emulator with a vault.
pub async fn emulator() -> Running {
    let vault = |emulator: Emulator, name| emulator.vault_secret("vault", name, json!({ "enabled": true }));
    let emulator = Emulator::builder().organization("contoso").token(PLANTED_TOKEN);
    vault(vault(emulator, "db-password"), "api-key").start().await.unwrap()
}

/// A client of an emulator that loses no time. With `DEVOPS_RECORD` set, its calls are added to that file.
pub fn builder(emulator: &Running) -> ClientBuilder {
    let transport = HttpTransport::new(Duration::from_secs(20)).unwrap();
    Client::builder(emulator.organization())
        .base_url(emulator.url())
        .credential(Credential::pat(PLANTED_TOKEN))
        .retry(RetryOptions { base: Duration::from_millis(2), ..RetryOptions::default() })
        .transport(Arc::new(Recorder::from_environment(transport)))
}

/// An emulator with one of everything.
pub async fn world() -> (Running, World) {
    let emulator = emulator().await;
    let client = builder(&emulator).build().unwrap();
    let world = World::seed(client).await.unwrap_or_else(|error| panic!("{error}: {}", error.next_step()));
    (emulator, world)
}
