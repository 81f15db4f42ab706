//! A project at a glance, with few calls: pipelines, their newest runs, environments and approvals at the same time.

use std::collections::BTreeMap;

use devops_client::PipelineId;
use devops_client::api::deployments::Deployment;
use devops_client::api::environments::Environment;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Runs, RunsError, convert, or_nothing};
use crate::project::Project;
use crate::project::variables::PipelineKind;
use crate::remote::runs::status::{Deployed, EnvironmentStatus, PipelineStatus, Status, models};
use crate::remote::runs::{Run, model_version};

/// Runs that are looked at for model versions.
const RUNS: usize = 100;

/// Deployments that are looked at in each environment.
const DEPLOYMENTS: usize = 50;

impl Runs {
    /// The project at a glance.
    ///
    /// # Errors
    /// If the team project is not there or something cannot be read.
    pub async fn status(&self, project: &Project, kinds: &[PipelineKind]) -> Result<Status, RunsError> {
        let pipelines = self.pipelines().await?;
        let (newest, there, mut approvals) =
            futures::try_join!(self.newest_by_pipeline(kinds, &pipelines), self.environments(), self.pending())?;
        let (last, runs) = newest;
        let own: Vec<i64> = pipelines.values().map(|id| id.0).collect();
        approvals.retain(|approval| approval.pipeline_id.is_some_and(|id| own.contains(&id)));
        self.name_stages(&mut approvals).await?;
        let model = project.model.name.as_str();
        let environments = futures::stream::iter(&project.environments)
            .map(|wanted| async {
                let name = wanted.devops_environment.as_str();
                let found = there.iter().find(|environment| environment.name.eq_ignore_ascii_case(name));
                self.environment(wanted.name.as_str(), name, found, &runs, model).await
            })
            .buffered(8)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(Status {
            project: project.name.to_string(),
            place: format!("{}/{}", self.devops.client().organization(), project.devops.project.as_str()),
            pipelines: last,
            models: models(&runs, &environments, model),
            environments,
            approvals,
        })
    }

    /// The last run of each pipeline, and the newest runs of all of them.
    async fn newest_by_pipeline(
        &self,
        kinds: &[PipelineKind],
        pipelines: &BTreeMap<String, PipelineId>,
    ) -> Result<(Vec<PipelineStatus>, Vec<Run>), RunsError> {
        let ids: Vec<_> = kinds.iter().filter_map(|kind| pipelines.get(kind.as_str()).copied()).collect();
        let runs = self.newest(&ids, RUNS).await?;
        let mut last = Vec::new();
        for kind in kinds {
            let id = pipelines.get(kind.as_str());
            let mut run = runs.iter().find(|run| run.pipeline == kind.as_str()).cloned();
            if let (None, Some(id), true) = (&run, id, runs.len() == RUNS) {
                // Others have run so often that this one's last run is further back.
                run = self.newest(&[*id], 1).await?.pop();
            }
            last.push(PipelineStatus { name: kind.as_str().to_owned(), exists: id.is_some(), last: run });
        }
        Ok((last, runs))
    }

    async fn environments(&self) -> Result<Vec<Environment>, RunsError> {
        or_nothing(self.devops.environments().list().all().await, "list the environments")
    }

    async fn environment(
        &self,
        name: &str,
        environment: &str,
        found: Option<&Environment>,
        runs: &[Run],
        model: &str,
    ) -> Result<EnvironmentStatus, RunsError> {
        let mut status = EnvironmentStatus {
            name: name.to_owned(),
            environment: environment.to_owned(),
            exists: found.is_some(),
            deployed: None,
            last_attempt: None,
        };
        let Some(found) = found else { return Ok(status) };
        let records = self.devops.environments().deployments(found.id).take(DEPLOYMENTS).try_collect::<Vec<_>>().await;
        let records = records.map_err(RunsError::of(format!("read what was deployed to {environment}")))?;
        let over: Vec<&Deployment> = records.iter().filter(|record| record.result.is_some()).collect();
        let mut known: BTreeMap<i64, Run> = runs.iter().map(|run| (run.id, run.clone())).collect();
        let good = over.iter().find(|record| convert::result_state(record.result.as_ref()).is_good());
        if let Some(good) = good {
            status.deployed = self.deployed(good, &mut known, model).await?;
        }
        if let Some(newest) = over.first().filter(|newest| Some(newest.id) != good.map(|good| good.id)) {
            status.last_attempt = self.deployed(newest, &mut known, model).await?;
        }
        Ok(status)
    }

    async fn deployed(
        &self,
        record: &Deployment,
        known: &mut BTreeMap<i64, Run>,
        model: &str,
    ) -> Result<Option<Deployed>, RunsError> {
        let Some(owner) = &record.owner else { return Ok(None) };
        if !known.contains_key(&owner.id) {
            // Deleted runs leave their deployments behind.
            let build = self.devops.builds().get(devops_client::RunId(owner.id)).await;
            let build = build.map_err(RunsError::of(format!("read run {}", owner.id)))?;
            known.extend(build.map(|build| (owner.id, convert::run(&build))));
        }
        let run = known.get(&owner.id);
        Ok(Some(Deployed {
            run: owner.id,
            number: run.map_or_else(|| owner.name.clone(), |run| run.number.clone()),
            version: run.and_then(|run| model_version::of(run, model)),
            state: convert::result_state(record.result.as_ref()),
            at: convert::moment(record.finish_time.as_ref()),
        }))
    }
}
