//! Where the time of a sandbox's runs went: steps, what jobs of Azure ML did meanwhile, and what was waited for.

use std::path::Path;

use azure_sandbox::deployed::job_times;
use jiff::Timestamp;
use serde::Serialize;

use super::EdgeError;
use super::sandbox::Sandbox;

/// Something that took time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Took {
    /// When it began: seconds since the moment that was asked from.
    pub began: f64,
    /// How many seconds it took.
    pub seconds: f64,
    /// What it was: pipeline, stage and step; or a job of Azure ML with its step.
    pub what: String,
}

impl Sandbox {
    /// What took at least that many seconds, in the order in which it began.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn took(&self, folder: &Path, from: Timestamp, least: f64) -> Result<Vec<Took>, EdgeError> {
        let mut all = self.doubles().devops.with_state(|organization| {
            let mut all = Vec::new();
            for build in organization.builds.values() {
                let pipeline = organization.definitions.get(&build.definition);
                let pipeline = pipeline.and_then(|definition| definition.revisions.last());
                let pipeline = pipeline.map_or("", |revision| revision.body["name"].as_str().unwrap_or_default());
                let stage_of = |step: &str| {
                    let mut stages = build.records.iter().filter(|record| record.kind == "Stage");
                    let own = stages.find(|stage| is_below(step, &stage.identifier));
                    own.map_or("", |stage| stage.name.as_str())
                };
                for record in build.records.iter().filter(|record| record.kind == "Task") {
                    let (Some(began), Some(ended)) = (record.start, record.finish) else { continue };
                    let stage = stage_of(&record.identifier);
                    all.push(row(from, began, ended, format!("{pipeline} / {stage} / {}", record.name)));
                }
            }
            for approval in organization.approvals.values() {
                let what = format!("run {} waits at {} for people", approval.build, approval.stage);
                all.push(row(from, approval.created, approval.modified, what));
            }
            all
        });
        let jobs = job_times(folder).map_err(|why| EdgeError::new("read", folder, why))?;
        for job in jobs {
            let moment = |millis| Timestamp::from_millisecond(millis).unwrap_or(from);
            let what = format!("  job {} / {}: {}", job.job, job.step, job.what);
            all.push(row(from, moment(job.began), moment(job.ended), what));
        }
        all.retain(|took| took.seconds >= least);
        all.sort_by(|one, other| one.began.total_cmp(&other.began));
        Ok(all)
    }
}

/// Whether the identifier of a record, `stage.job.step`, is one below another.
fn is_below(identifier: &str, above: &str) -> bool {
    identifier.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

fn row(from: Timestamp, began: Timestamp, ended: Timestamp, what: String) -> Took {
    Took { began: began.duration_since(from).as_secs_f64(), seconds: ended.duration_since(began).as_secs_f64(), what }
}
