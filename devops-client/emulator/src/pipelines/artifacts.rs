//! Artifacts of a run.

use serde_json::{Value, json};

use super::builds_api::of_route;
use super::progress;
use crate::core::json::text;
use crate::core::locations::BUILD_ARTIFACTS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::runs::Artifact;
use crate::state::runs::Build;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/builds/{buildId}/artifacts", &BUILD_ARTIFACTS, list),
    Route::post("{project}/_apis/build/builds/{buildId}/artifacts", &BUILD_ARTIFACTS, create),
];

/// 404 for an artifact.
pub fn not_found(name: &str, build: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Build.WebApi",
        "ArtifactNotFoundException",
        format!("Artifact {name} was not found for build {build}."),
    )
}

fn to_json(call: &Call<'_>, build: &Build, artifact: &Artifact) -> Value {
    let url = call.project_url(
        build.project,
        &format!("_apis/build/builds/{}/artifacts?artifactName={}", build.id, artifact.name),
    );
    json!({
        "id": artifact.id,
        "name": artifact.name,
        "source": artifact.source,
        "resource": {
            "type": "PipelineArtifact",
            "data": crate::core::ids::named(&format!("artifact {} {}", build.plan_id, artifact.name)),
            "properties": { "artifactsize": "0" },
            "url": url,
            "downloadUrl": format!("{url}&$format=zip"),
        },
    })
}

fn list(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    let build = &call.organization.builds[&id];
    let Some(name) = call.request.query("artifactName") else {
        return Ok(Response::list(build.artifacts.iter().map(|artifact| to_json(call, build, artifact)).collect()));
    };
    let found = build.artifacts.iter().find(|artifact| artifact.name == name);
    found.map(|artifact| Response::ok(to_json(call, build, artifact))).ok_or_else(|| not_found(name, id))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let body = call.body()?;
    let name = text(&body, "name").ok_or_else(|| ServiceError::missing("artifact.Name"))?;
    let Some(build) = call.organization.builds.get_mut(&id) else { return Err(super::builds_api::not_found(id)) };
    let source = build.plan_id;
    build.publish(name, source);
    let build = &call.organization.builds[&id];
    let made = build.artifacts.iter().find(|artifact| artifact.name == name);
    Ok(Response::ok(made.map_or(Value::Null, |artifact| to_json(call, build, artifact))))
}
