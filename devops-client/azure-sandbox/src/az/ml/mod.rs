//! `az ml`: assets of a workspace, endpoints, jobs, models.

mod assets;
mod endpoints;
mod files;
mod jobs;
mod models;
mod online;
mod workspace;

use super::call::Command;
pub(crate) use online::revive;

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "ml compute show", options: NAMED, run: assets::show_compute },
    Command { words: "ml compute create", options: FILE, run: assets::create_compute },
    Command { words: "ml datastore create", options: FILE, run: assets::create_datastore },
    Command { words: "ml environment create", options: FILE, run: assets::create_environment },
    Command { words: "ml environment show", options: VERSIONED, run: assets::show_environment },
    Command { words: "ml data create", options: FILE, run: assets::create_data },
    Command { words: "ml data show", options: VERSIONED, run: assets::show_data },
    Command { words: "ml component create", options: FILE, run: assets::create_component },
    Command { words: "ml component show", options: VERSIONED, run: assets::show_component },
    Command { words: "ml batch-endpoint create", options: FILE, run: endpoints::create },
    Command { words: "ml batch-endpoint show", options: NAMED, run: endpoints::show },
    Command { words: "ml batch-deployment create", options: DEPLOYMENT, run: endpoints::deploy },
    Command { words: "ml batch-deployment list", options: OF_ENDPOINT, run: endpoints::deployments },
    Command { words: "ml batch-deployment delete", options: OF_ENDPOINT, run: endpoints::undeploy },
    Command { words: "ml online-endpoint create", options: FILE, run: online::create },
    Command { words: "ml online-endpoint show", options: NAMED, run: online::show },
    Command { words: "ml online-endpoint list", options: SCOPE, run: online::list },
    Command { words: "ml online-endpoint update", options: TRAFFIC, run: online::update },
    Command { words: "ml online-endpoint get-credentials", options: NAMED, run: online::credentials },
    Command { words: "ml online-endpoint delete", options: DELETE, run: online::delete },
    Command { words: "ml online-deployment create", options: ONLINE, run: online::deploy },
    Command { words: "ml online-deployment show", options: OF_ENDPOINT, run: online::show_deployment },
    Command { words: "ml online-deployment list", options: OF_ENDPOINT, run: online::deployments },
    Command { words: "ml online-deployment delete", options: OF_ENDPOINT, run: online::undeploy },
    Command { words: "ml online-deployment get-logs", options: LOGS, run: online::logs },
    Command { words: "ml schedule create", options: FILE, run: endpoints::schedule },
    Command { words: "ml schedule list", options: SCOPE, run: endpoints::schedules },
    Command { words: "ml schedule disable", options: NAMED, run: endpoints::disable },
    Command { words: "ml job create", options: FILE, run: jobs::create },
    Command { words: "ml job show", options: NAMED, run: jobs::show },
    Command { words: "ml job list", options: JOBS, run: jobs::list },
    Command { words: "ml job cancel", options: NAMED, run: jobs::cancel },
    Command { words: "ml job download", options: DOWNLOAD, run: jobs::download },
    Command { words: "ml model show", options: VERSIONED, run: models::show },
    Command { words: "ml model list", options: NAMED, run: models::list },
    Command { words: "ml model update", options: UPDATE, run: models::update },
    Command { words: "ml model download", options: DOWNLOAD, run: models::download },
];

const SCOPE: &[&str] = &["resource-group", "workspace-name"];
const NAMED: &[&str] = &["resource-group", "workspace-name", "name"];
const VERSIONED: &[&str] = &["resource-group", "workspace-name", "name", "version", "label"];
const JOBS: &[&str] = &["resource-group", "workspace-name", "parent-job-name"];
const FILE: &[&str] = &["resource-group", "workspace-name", "file", "name", "version", "set"];
const DEPLOYMENT: &[&str] = &["resource-group", "workspace-name", "file", "set", "set-default"];
const TRAFFIC: &[&str] = &["resource-group", "workspace-name", "name", "traffic"];
const DELETE: &[&str] = &["resource-group", "workspace-name", "name", "yes"];
const ONLINE: &[&str] = &["resource-group", "workspace-name", "endpoint-name", "name", "file", "set"];
const LOGS: &[&str] = &["resource-group", "workspace-name", "endpoint-name", "name", "lines"];
const OF_ENDPOINT: &[&str] = &["resource-group", "workspace-name", "endpoint-name", "name", "yes"];
const UPDATE: &[&str] = &["resource-group", "workspace-name", "name", "version", "set"];
const DOWNLOAD: &[&str] = &["resource-group", "workspace-name", "name", "version", "output-name", "download-path"];
