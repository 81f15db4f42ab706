//! The scoring server: predictions over HTTP. `SCORING.md` is its interface.
//!
//! The pure core ([`decode`], [`scorer`], [`problem`], [`identity`], [`openapi`]) knows neither sockets nor clocks; [`service`] puts it behind
//! HTTP, [`server`] runs it, [`record`] and [`telemetry`] carry data away off the request path.

pub mod access;
pub mod auth;
pub mod clock;
pub mod connection;
pub mod decode;
pub mod healthcheck;
pub mod http;
pub mod identity;
pub mod intake;
pub mod lines;
pub mod metrics;
pub mod openapi;
pub mod predictor;
pub mod problem;
pub mod protocol;
pub mod record;
pub mod reload;
pub mod scorer;
pub mod server;
pub mod service;
pub mod settings;
pub mod stall;
pub mod telemetry;
pub mod tls;
