//! What rendered files do in the services: their scripts run here, with stand-ins for the programs that they call.

#[path = "behaviour/canary.rs"]
mod canary;
#[path = "behaviour/cleanup.rs"]
mod cleanup;
#[path = "behaviour/drift.rs"]
mod drift;
#[path = "behaviour/endpoints.rs"]
mod endpoints;
#[path = "behaviour/events.rs"]
mod events;
#[path = "behaviour/identities.rs"]
mod identities;
#[path = "behaviour/images.rs"]
mod images;
#[path = "behaviour/looks.rs"]
mod looks;
#[path = "behaviour/router.rs"]
mod router;
#[path = "behaviour/runs.rs"]
mod runs;
#[path = "behaviour/stand.rs"]
mod stand;
#[path = "behaviour/transport.rs"]
mod transport;
#[path = "behaviour/versions.rs"]
mod versions;
