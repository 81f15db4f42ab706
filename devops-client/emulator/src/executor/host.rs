//! What a run hears from, and asks of, the organization that it belongs to.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use jiff::Timestamp;
use pipeline_runner::{Cancel, Connection, Event, Gate, Host, Outcome, Plan, Validation, Value, Verdict, Where};
use serde_json::json;

use super::execution::Execution;
use super::records;
use crate::core::Organization;
use crate::core::json::{shown, text};
use crate::pipelines::gates;
use crate::server::shared::Shared;
use crate::state::checks::{Approval, Step};
use crate::state::runs::{Build, Covered, Tests};

/// Pause between two looks at a gate.
const LOOK: Duration = Duration::from_millis(50);

/// The host of one run.
pub(super) struct RunHost<'a> {
    pub shared: &'a Arc<Shared>,
    pub execution: &'a Execution,
    pub id: i64,
    pub plan: &'a Plan,
}

impl RunHost<'_> {
    /// Changes the run.
    fn with<T>(&self, change: impl FnOnce(&mut Organization, &mut Build, Timestamp) -> T) -> Option<T> {
        let mut inner = self.shared.lock();
        let organization = &mut inner.organization;
        // apart, so that what is changed may look at the others
        let mut build = organization.builds.remove(&self.id)?;
        let now = Timestamp::now();
        let done = change(organization, &mut build, now);
        build.touch(now);
        organization.builds.insert(self.id, build);
        Some(done)
    }
}

/// Waits a moment; true if the run is to end.
fn pause(cancel: &Cancel) -> bool {
    let (asked, asks) = channel();
    cancel.listen(asked);
    asks.recv_timeout(LOOK).is_ok()
}

impl Host for RunHost<'_> {
    fn event(&self, event: &Event<'_>) {
        self.with(|organization, build, now| match event {
            Event::StageBegan(stage) => records::stage_began(build, stage, now),
            Event::StageEnded(stage, outcome, reason) => records::stage_ended(build, stage, *outcome, *reason, now),
            Event::JobBegan(place, agent) => {
                records::job_began(build, self.plan, place, &mut organization.ids, now);
                records::line(build, place, None, &format!("Agent: Sandbox {agent}"), now);
            }
            Event::JobEnded(place, outcome, reason) => {
                records::job_ended(build, place, *outcome, *reason, now);
                records::deployed(organization, build, place, *outcome, now);
            }
            Event::StepBegan(place, step, display) => {
                records::step_began(build, place, *step, display, now);
                records::line(build, place, Some(*step), &format!("##[section]Starting: {display}"), now);
            }
            Event::StepEnded(place, step, outcome) => records::step_ended(build, place, *step, *outcome, now),
            Event::Line(place, step, line) => records::line(build, place, Some(*step), line, now),
            Event::Issue(place, step, kind, text) => records::issue(build, place, *step, kind, text),
            Event::Tag(tag) if build.tags.iter().any(|known| known == tag) => {}
            Event::Tag(tag) => build.tags.push((*tag).to_owned()),
            Event::Number(number) => (*number).clone_into(&mut build.number),
            Event::Artifact(place, artifact) => {
                let source = records::job(build, place).unwrap_or(build.plan_id);
                build.publish(&artifact.name, source);
                // what was published last stands last
                if let Some(kept) = build.artifacts.last_mut() {
                    kept.folder = Some(artifact.folder.display().to_string());
                }
            }
            Event::Tests(place, title, tests) => {
                let line = format!("{title}: {} tests, {} failed", tests.total, tests.failed.len());
                records::line(build, place, None, &line, now);
                build.tests.push(Tests {
                    job: records::job_name(place),
                    title: (*title).to_owned(),
                    total: tests.total,
                    skipped: tests.skipped,
                    failed: tests.failed.clone(),
                });
            }
            Event::Coverage(place, coverage) => {
                let found = Covered { job: records::job_name(place), covered: coverage.covered, valid: coverage.valid };
                build.coverage.push(found);
                records::line(build, place, None, &format!("coverage: {:.1} %", coverage.percent()), now);
            }
            Event::Summary(place, file) | Event::Attachment(place, _, _, file) => {
                records::line(build, place, None, &format!("kept {}", file.display()), now);
            }
        });
    }

    fn gate(&self, stage: &str, cancel: &Cancel) -> Gate {
        loop {
            let passed = self.with(|organization, build, now| {
                let found = build.plan.stages.iter().find(|known| known.name == stage).cloned();
                found.map(|stage| gates::pass(organization, build, &stage, now))
            });
            match passed.flatten() {
                Some(gates::Gate::Open) | None => return Gate::Open,
                Some(gates::Gate::Shut(result, reason)) => {
                    let outcome = if result == "canceled" { Outcome::Canceled } else { Outcome::Failed };
                    return Gate::Shut(outcome, reason);
                }
                Some(gates::Gate::Held) if pause(cancel) => {
                    self.with(|organization, build, now| records::withdraw(organization, build, stage, now));
                    return Gate::Shut(Outcome::Canceled, "The run was cancelled while it waited.".to_owned());
                }
                Some(gates::Gate::Held) => {}
            }
        }
    }

    fn group(&self, name: &str) -> Result<Vec<(String, Value)>, String> {
        let inner = self.shared.lock();
        let organization = &inner.organization;
        let project = organization.builds.get(&self.id).map(|build| build.project).unwrap_or_default();
        let group = organization.find_group(project, name);
        let group = group.ok_or_else(|| format!("Variable group {name} was not found."))?.clone();
        drop(inner);
        let vault = text(&group.provider_data, "vault");
        let one = |(name, variable): (&String, &serde_json::Value)| match (vault, variable["isSecret"] == json!(true)) {
            (Some(vault), _) => {
                let value = (self.execution.secret)(vault, name);
                let value = value.ok_or_else(|| {
                    format!("Secret {name} of variable group {} was not found in key vault {vault}.", group.name)
                })?;
                Ok((name.clone(), Value::secret(value)))
            }
            (None, true) => {
                let value = group.secrets.get(name).map(|secret| secret.expose().to_owned()).unwrap_or_default();
                Ok((name.clone(), Value::secret(value)))
            }
            (None, false) => Ok((name.clone(), Value::plain(shown(&variable["value"])).literal())),
        };
        group.variables.iter().map(one).collect()
    }

    fn connection(&self, name: &str) -> Result<Connection, String> {
        let inner = self.shared.lock();
        let project = inner.organization.builds.get(&self.id).map(|build| build.project).unwrap_or_default();
        match inner.organization.find_endpoint(project, name) {
            Some(endpoint) => {
                let mut environment = (self.execution.connection)(name);
                // as tasks tell tools who signs them in
                let parameters = &endpoint.body["authorization"]["parameters"];
                let own = [("CLIENT_ID", "serviceprincipalid"), ("TENANT_ID", "tenantid")];
                for (variable, key) in own.into_iter().filter(|_| self.execution.roles) {
                    let value = parameters[key].as_str().filter(|value| !value.is_empty());
                    environment.extend(value.map(|value| (format!("AZURESUBSCRIPTION_{variable}"), value.to_owned())));
                }
                Ok(Connection { environment, secrets: Vec::new() })
            }
            None => Err(format!("Service connection {name} was not found.")),
        }
    }

    fn counter(&self, prefix: &str, seed: i32) -> Option<i32> {
        self.with(|organization, build, _| organization.count(build, prefix, seed))
    }

    fn ask(&self, validation: &Validation, cancel: &Cancel) -> Result<Verdict, String> {
        let asked = self.with(|organization, build, now| question(organization, build, validation, now));
        let id = asked.ok_or("the run is gone")?;
        loop {
            let status = {
                let inner = self.shared.lock();
                inner.organization.approvals.get(&id).map(|approval| approval.status.clone())
            };
            match status.as_deref() {
                Some("approved") => return Ok(Verdict::Resume),
                Some("pending") if pause(cancel) => {
                    let mut inner = self.shared.lock();
                    if let Some(approval) = inner.organization.approvals.get_mut(&id) {
                        approval.settle("canceled");
                    }
                    return Ok(Verdict::Silence);
                }
                Some("pending") => {}
                Some("timedOut") => return Ok(Verdict::Silence),
                _ => return Ok(Verdict::Reject),
            }
        }
    }
}

/// A validation waits as an approval does, and is answered the same way.
fn question(organization: &mut Organization, build: &Build, validation: &Validation, now: Timestamp) -> uuid::Uuid {
    let id = organization.ids.guid();
    let names: Vec<&str> =
        validation.approvers.split([',', ';', '\n']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let named = |name: &&str| {
        let same = |person: &&crate::state::people::Identity| {
            person.unique_name.eq_ignore_ascii_case(name) || person.display_name.eq_ignore_ascii_case(name)
        };
        organization.identities.iter().find(same).map(|person| person.id)
    };
    let mut approvers: Vec<uuid::Uuid> = names.iter().filter_map(named).collect();
    if approvers.is_empty() {
        // nobody that is known here: whoever may queue the run
        approvers.push(build.requested_by);
    }
    let step =
        |approver| Step { approver, actual: None, status: "pending".to_owned(), comment: String::new(), modified: now };
    let Where { stage, .. } = &validation.place;
    organization.approvals.insert(
        id,
        Approval {
            id,
            project: build.project,
            build: build.id,
            stage: stage.clone(),
            attempt: build.stage_record(stage).map_or(1, |record| record.attempt),
            check: 0,
            status: "pending".to_owned(),
            instructions: validation.instructions.clone(),
            required: 1,
            in_sequence: false,
            requester_excluded: !validation.own_runs,
            requester: build.requested_by,
            steps: approvers.into_iter().map(step).collect(),
            created: now,
            modified: now,
        },
    );
    id
}
