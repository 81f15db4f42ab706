//! Results of tests that runs have published, and what tests reach. Of results those that failed are kept.

use serde_json::{Value, json};

use super::builds_api::not_found as build_not_found;
use crate::core::locations::{CODE_COVERAGE, TEST_RESULTS, TEST_RUNS};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::runs::{Build, Tests};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/test/runs", &TEST_RUNS, list),
    Route::get("{project}/_apis/test/runs/{runId}/results", &TEST_RESULTS, results),
    Route::get("{project}/_apis/test/codecoverage", &CODE_COVERAGE, coverage),
];

/// Publications that a run can have: their ids are those of their runs, and behind that which of them it is.
const EACH: i64 = 1000;

fn id_of(build: &Build, at: usize) -> i64 {
    build.id * EACH + i64::try_from(at).unwrap_or(EACH - 2) + 1
}

/// The runs of the project that a route names.
fn of_project<'a>(call: &'a Call<'_>) -> Result<Vec<&'a Build>, ServiceError> {
    let project = call.project_id()?;
    Ok(call.organization.builds.values().filter(|build| build.project == project).collect())
}

fn list(call: &mut Call<'_>) -> Outcome {
    let call: &Call<'_> = call;
    let wanted = call.request.query("buildUri");
    let is_wanted = |build: &Build| {
        wanted.is_none_or(|uri| uri.eq_ignore_ascii_case(&format!("vstfs:///Build/Build/{}", build.id)))
    };
    let own = of_project(call)?.into_iter().filter(|build| is_wanted(build));
    let rows = own.flat_map(|build| {
        let all = build.tests.iter().enumerate();
        all.map(move |(at, tests)| to_json(call, build, id_of(build, at), tests))
    });
    Ok(Response::list(rows.collect()))
}

fn to_json(call: &Call<'_>, build: &Build, id: i64, tests: &Tests) -> Value {
    let passed = tests.total.saturating_sub(tests.failed.len() + tests.skipped);
    let statistic =
        |(outcome, count): (&str, usize)| json!({ "state": "Completed", "outcome": outcome, "count": count });
    let counts = [("Passed", passed), ("Failed", tests.failed.len()), ("NotExecuted", tests.skipped)];
    let mut parts = tests.job.split('.');
    json!({
        "id": id,
        "name": tests.title,
        "url": call.project_url(build.project, &format!("_apis/test/Runs/{id}")),
        "isAutomated": true,
        "state": "Completed",
        "totalTests": tests.total,
        "passedTests": passed,
        "incompleteTests": 0,
        "notApplicableTests": 0,
        "unanalyzedTests": tests.failed.len(),
        "build": { "id": build.id.to_string(), "name": build.number },
        "runStatistics": counts.into_iter().filter(|(_, count)| *count > 0).map(statistic).collect::<Vec<_>>(),
        "pipelineReference": {
            "pipelineId": build.id,
            "stageReference": { "stageName": parts.next(), "attempt": 1 },
            "jobReference": { "jobName": parts.next(), "attempt": 1 },
        },
    })
}

fn results(call: &mut Call<'_>) -> Outcome {
    let id = call.number("runId")?;
    let all = of_project(call)?;
    let found = all.into_iter().find(|build| build.id == id / EACH);
    let at = usize::try_from(id % EACH - 1).ok();
    let missing = || {
        ServiceError::not_found(
            "Microsoft.TeamFoundation.TestManagement.Server",
            "TestObjectNotFoundException",
            format!("Test run {id} cannot be found."),
        )
    };
    let (build, tests) =
        found.zip(at).and_then(|(build, at)| Some((build, build.tests.get(at)?))).ok_or_else(missing)?;
    let outcomes = call.request.query("outcomes").unwrap_or_default().to_lowercase();
    let wanted = outcomes.is_empty() || outcomes.split(',').any(|outcome| outcome.trim() == "failed");
    let most = call.request.query_number("$top").and_then(|top| usize::try_from(top).ok()).unwrap_or(EACH as usize);
    let row = |(at, (name, why)): (usize, &(String, String))| {
        json!({
            "id": 100_000 + at, "testCaseTitle": name, "automatedTestName": name, "outcome": "Failed",
            "state": "Completed", "errorMessage": build.masked(why), "testRun": { "id": id.to_string(), "name": tests.title },
        })
    };
    Ok(Response::list(tests.failed.iter().enumerate().filter(|_| wanted).take(most).map(row).collect()))
}

fn coverage(call: &mut Call<'_>) -> Outcome {
    let id = call.request.query_number("buildId").ok_or_else(|| ServiceError::missing("buildId"))?;
    let build = of_project(call)?.into_iter().find(|build| build.id == id).ok_or_else(|| build_not_found(id))?;
    let (total, covered) =
        build.coverage.iter().fold((0, 0), |(total, covered), one| (total + one.valid, covered + one.covered));
    let lines =
        json!({ "label": "Lines", "position": 4, "total": total, "covered": covered, "isDeltaAvailable": false });
    let data = match total {
        0 => Vec::new(),
        _ => vec![json!({ "coverageStats": [lines], "buildPlatform": "", "buildFlavor": "" })],
    };
    Ok(Response::ok(json!({ "coverageData": data, "build": { "id": id.to_string() }, "status": "finalized" })))
}
