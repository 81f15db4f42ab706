//! Definitions, runs, and what is left of them.

use devops_client::api::builds::{BuildFilter, BuildStatus};
use devops_client::api::definitions::{DefinitionFilter, NewDefinition};
use devops_client::api::pipelines::NewPipeline;
use devops_client::api::runs::RunRequest;
use devops_client::api::timelines::RecordKind;
use devops_client::{Result, RunId};

use super::super::seed::{World, quick};
use super::Operation;

/// A run that has just been queued.
async fn fresh(w: &World) -> Result<RunId> {
    Ok(w.project.runs().queue(w.build, &RunRequest::new()).await?.id)
}

operations! {
    "pipelines.list" GET "{project}/_apis/pipelines" |w|
        Ok(w.project.pipelines().list().all().await?.len() == 3);
    "pipelines.get" GET "{project}/_apis/pipelines/{pipelineId}" |w|
        Ok(w.project.pipelines().get(w.build).await?.is_some_and(|p| p.folder == "\\mlops"));
    "pipelines.find" GET "{project}/_apis/build/definitions" |w|
        Ok(w.project.pipelines().find("build", "mlops").await?.is_some_and(|p| p.id == w.build));
    "pipelines.create" POST "{project}/_apis/pipelines" |w| {
        let pipeline = NewPipeline::yaml("again", "/build.yml", w.code.id).folder("other");
        Ok(w.project.pipelines().create(&pipeline).await?.name == "again")
    };
    "preview.preview" POST "{project}/_apis/pipelines/{pipelineId}/preview" |w| {
        let request = RunRequest::new().parameter("model", "wine");
        Ok(w.project.pipelines().preview(w.build, &request, None).await?.final_yaml.contains("wine"))
    };
    "preview.override" POST "{project}/_apis/pipelines/{pipelineId}/preview" |w| {
        let yaml = "trigger: none\npool:\n  vmImage: ubuntu-24.04\nsteps:\n- script: echo override\n";
        let shown = w.project.pipelines().preview(w.build, &RunRequest::new(), Some(yaml)).await?;
        Ok(shown.final_yaml.contains("echo override"))
    };
    "definitions.list" GET "{project}/_apis/build/definitions" |w| {
        let filter = DefinitionFilter::new().name("b*").folder("mlops").yaml("/build.yml");
        Ok(w.project.definitions().list(&filter).all().await?.iter().any(|d| d.id == w.build))
    };
    "definitions.list_whole" GET "{project}/_apis/build/definitions" |w| {
        let all = w.project.definitions().list_whole(&DefinitionFilter::new()).all().await?;
        let build = all.into_iter().find(|d| d.id == w.build);
        Ok(build.and_then(|d| d.process).and_then(|p| p.yaml_filename).is_some_and(|file| file.ends_with("build.yml")))
    };
    "definitions.get" GET "{project}/_apis/build/definitions/{definitionId}" |w| {
        let definition = w.project.definitions().get(w.build).await?;
        Ok(definition.and_then(|d| d.repository).and_then(|r| r.default_branch).as_deref() == Some("refs/heads/main"))
    };
    "definitions.create" POST "{project}/_apis/build/definitions" |w| {
        let definition = NewDefinition::yaml("extra", "/build.yml", w.code.id, "refs/heads/side").queue(w.queue);
        Ok(w.project.definitions().create(&definition.variable("v", "1")).await?.name == "extra")
    };
    "definitions.update" PUT "{project}/_apis/build/definitions/{definitionId}" |w| {
        let Some(mut definition) = w.project.definitions().get(w.build).await? else { return Ok(false) };
        let before = definition.revision;
        definition.path = "\\moved".into();
        let now = w.project.definitions().update(&definition).await?;
        Ok(now.path == "\\moved" && now.revision == before + 1)
    };
    "definitions.delete" DELETE "{project}/_apis/build/definitions/{definitionId}" |w| {
        w.project.definitions().delete(w.failing).await?;
        Ok(w.project.definitions().get(w.failing).await?.is_none())
    };
    "runs.queue" POST "{project}/_apis/pipelines/{pipelineId}/runs" |w| {
        let request = RunRequest::new().branch("refs/heads/main").commit(&w.head).parameter("model", "wine");
        let run = w.project.runs().queue(w.build, &request.skip_stage("Check")).await?;
        Ok(run.id > w.waiting_run)
    };
    "runs.get" GET "{project}/_apis/pipelines/{pipelineId}/runs/{runId}" |w|
        Ok(w.project.runs().get(w.build, w.run).await?.id == w.run);
    "runs.wait" GET "{project}/_apis/build/builds/{buildId}" |w| {
        let run = fresh(w).await?;
        Ok(w.project.runs().wait(run, &quick()).await?.is_over())
    };
    "builds.list" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().list(&BuildFilter::of_any(&[w.build, w.failing]).branch("refs/heads/main").top(1)).all().await?.len() == 2);
    "builds.list_by_status" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().list(&BuildFilter::new().status(BuildStatus::Completed)).all().await?.len() == 2);
    "builds.latest" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().latest(w.build).await?.is_some_and(|b| b.id == w.run));
    "builds.get" GET "{project}/_apis/build/builds/{buildId}" |w|
        Ok(w.project.builds().get(w.run).await?.is_some_and(|build| build.is_over()));
    "builds.cancel" PATCH "{project}/_apis/build/builds/{buildId}" |w| {
        w.project.builds().cancel(w.waiting_run).await?;
        let over = w.project.runs().wait(w.waiting_run, &quick()).await?;
        Ok(over.result == Some(devops_client::api::builds::BuildResult::Canceled))
    };
    "timelines.get" GET "{project}/_apis/build/builds/{buildId}/timeline" |w|
        Ok(w.project.builds().timeline(w.run).await?.of_kind(&RecordKind::Stage).len() == 2);
    "logs.list" GET "{project}/_apis/build/builds/{buildId}/logs" |w|
        Ok(!w.project.builds().logs(w.run).all().await?.is_empty());
    "logs.get" GET "{project}/_apis/build/builds/{buildId}/logs/{logId}" |w| {
        let Some(log) = w.project.builds().logs(w.run).find(|log| log.line_count > 0).await? else { return Ok(false) };
        Ok(w.project.builds().log(w.run, log.id).await?.lines().count() as u64 == log.line_count)
    };
    "logs.range" GET "{project}/_apis/build/builds/{buildId}/logs/{logId}" |w| {
        let Some(log) = w.project.builds().logs(w.run).find(|log| log.line_count > 0).await? else { return Ok(false) };
        Ok(w.project.builds().log_range(w.run, log.id, 1, Some(1)).await?.lines().count() <= 1)
    };
    "artifacts.list" GET "{project}/_apis/build/builds/{buildId}/artifacts" |w|
        w.project.builds().artifacts(w.run).all().await.map(|_| true);
    "test_runs.of_run" GET "{project}/_apis/test/runs" |w| {
        let all = w.project.test_runs().of_run(w.run).all().await?;
        let found = |tests: &devops_client::api::test_runs::TestRun| {
            tests.name == "unit" && (tests.total_tests, tests.passed_tests, tests.with_outcome("failed")) == (4, 2, 1)
        };
        Ok(matches!(all.as_slice(), [tests] if found(tests)))
    };
    "test_runs.failures" GET "{project}/_apis/test/runs/{runId}/results" |w| {
        let Some(tests) = w.project.test_runs().of_run(w.run).find(|_| true).await? else { return Ok(false) };
        let failed = w.project.test_runs().failures(tests.id).all().await?;
        Ok(failed.len() == 1 && failed[0].test_case_title == "sums" && failed[0].error_message.as_deref() == Some("4 is not 5"))
    };
    "test_runs.coverage" GET "{project}/_apis/test/codecoverage" |w| {
        let lines = w.project.test_runs().coverage(w.run).await?.coverage_data;
        Ok(lines[0].coverage_stats.iter().any(|lines| (lines.covered, lines.total) == (9, 10)))
    };
    "stages.retry" PATCH "{project}/_apis/build/builds/{buildId}/stages/{stageRefName}" |w| {
        w.project.builds().retry_stage(w.failed_run, "Broken", false).await?;
        let timeline = w.project.builds().timeline(w.failed_run).await?;
        Ok(timeline.of_kind(&RecordKind::Stage).iter().any(|stage| stage.attempt == Some(2)))
    };
    "stages.cancel" PATCH "{project}/_apis/build/builds/{buildId}/stages/{stageRefName}" |w| {
        w.project.builds().cancel_stage(w.waiting_run, "Release").await?;
        Ok(w.project.runs().wait(w.waiting_run, &quick()).await?.is_over())
    };
    "yaml_schema.get" GET "_apis/distributedtask/yamlschema" |w|
        Ok(w.client.yaml_schema().get(true).await?.is_object());
}
