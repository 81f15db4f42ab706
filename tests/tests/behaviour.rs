//! What rendered files do in the services: their scripts run here, with stand-ins for the programs that they call.

mod canary;
mod cleanup;
mod drift;
mod endpoints;
mod events;
mod identities;
mod images;
mod looks;
mod previews;
mod router;
mod runs;
mod stand;
mod transport;
mod versions;
