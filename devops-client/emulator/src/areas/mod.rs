//! The areas of the service, one file each: their state, their routes, their operations.

pub mod access;
pub mod approvals;
pub mod checks;
pub mod connection;
pub mod endpoint_proxy;
pub mod endpoint_types;
pub mod endpoints;
pub mod environments;
pub mod graph;
pub mod hooks;
pub mod identities;
pub mod operations;
pub mod permissions;
pub mod policies;
pub mod projects;
pub mod queues;
pub mod references;
pub mod variable_groups;
pub mod webhooks;
pub mod yaml_schema;

use crate::core::route::Route;
use crate::{git, pipelines};

/// The route tables of every area.
pub fn tables() -> &'static [&'static [Route]] {
    &[
        access::ROUTES,
        approvals::ROUTES,
        checks::ROUTES,
        connection::ROUTES,
        endpoint_proxy::ROUTES,
        endpoint_types::ROUTES,
        endpoints::ROUTES,
        environments::ROUTES,
        graph::ROUTES,
        hooks::ROUTES,
        identities::ROUTES,
        operations::ROUTES,
        permissions::ROUTES,
        policies::ROUTES,
        projects::ROUTES,
        queues::ROUTES,
        variable_groups::ROUTES,
        webhooks::ROUTES,
        yaml_schema::ROUTES,
        git::repositories::ROUTES,
        git::refs::ROUTES,
        git::pushes::ROUTES,
        git::items::ROUTES,
        git::commits::ROUTES,
        git::pull_requests::ROUTES,
        git::smart_http::ROUTES,
        pipelines::definitions::ROUTES,
        pipelines::api::ROUTES,
        pipelines::builds_api::ROUTES,
        pipelines::runs::ROUTES,
        pipelines::test_runs::ROUTES,
        pipelines::timeline::ROUTES,
        pipelines::logs::ROUTES,
        pipelines::artifacts::ROUTES,
    ]
}
