//! The records of a run's timeline: stage, phase, job, task, and the checkpoints before a stage.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Job, Plan, Stage};
use crate::core::ids::IdSource;

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Not begun.
    Pending,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// The record that it is part of.
    pub parent: Option<Uuid>,
    /// `Stage`, `Phase`, `Job`, `Task`, `Checkpoint`, `Checkpoint.Approval`, `Checkpoint.Authorization`, …
    pub kind: String,
    /// What it is shown as.
    pub name: String,
    /// Names from the stage on, with dots.
    pub identifier: String,
    /// Its place among its siblings.
    pub order: u32,
    /// Where it is.
    pub state: State,
    /// `succeeded`, `succeededWithIssues`, `failed`, `canceled`, `skipped` or `abandoned`.
    pub result: Option<String>,
    /// When it began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub finish: Option<Timestamp>,
    /// Counts retries, from 1.
    pub attempt: u32,
    /// Its log.
    pub log: Option<i64>,
    /// The task's reference, of a task.
    pub task: Option<String>,
    /// Errors to show: type and text.
    pub issues: Vec<(String, String)>,
    /// Earlier attempts: number and record id.
    pub previous: Vec<(u32, Uuid)>,
}

impl Record {
    /// A record that has not begun.
    pub fn new(id: Uuid, parent: Option<Uuid>, kind: &str, name: &str, identifier: &str, order: u32) -> Record {
        Record {
            id,
            parent,
            kind: kind.to_owned(),
            name: name.to_owned(),
            identifier: identifier.to_owned(),
            order,
            state: State::Pending,
            result: None,
            start: None,
            finish: None,
            attempt: 1,
            log: None,
            task: None,
            issues: Vec::new(),
            previous: Vec::new(),
        }
    }

    /// Begins it.
    pub fn begin(&mut self, now: Timestamp) {
        self.state = State::InProgress;
        self.start.get_or_insert(now);
    }

    /// Ends it.
    pub fn end(&mut self, result: &str, now: Timestamp) {
        self.state = State::Completed;
        self.result = Some(result.to_owned());
        self.finish = Some(now);
    }

    /// Whether it ended well enough for what comes after it.
    pub fn is_good(&self) -> bool {
        self.state == State::Completed && matches!(self.result.as_deref(), Some("succeeded" | "succeededWithIssues"))
    }
}

/// The records of a run that has not begun.
pub fn of_plan(plan: &Plan, skip: &[String], ids: &mut IdSource) -> Vec<Record> {
    let mut records = Vec::new();
    for (at, stage) in plan.stages.iter().enumerate() {
        let mut made = of_stage(stage, at as u32 + 1, 1, ids);
        if skip.iter().any(|name| name.eq_ignore_ascii_case(&stage.name)) {
            for record in &mut made {
                record.state = State::Completed;
                record.result = Some("skipped".to_owned());
            }
        }
        records.extend(made);
    }
    records
}

/// The records of one stage, the stage's own first.
pub fn of_stage(stage: &Stage, order: u32, attempt: u32, ids: &mut IdSource) -> Vec<Record> {
    let own = Record::new(ids.guid(), None, "Stage", &stage.display, &stage.name, order);
    let parent = own.id;
    let mut records = vec![own];
    for (at, job) in stage.jobs.iter().enumerate() {
        records.extend(of_job(stage, job, parent, at as u32 + 1, ids));
    }
    for record in &mut records {
        record.attempt = attempt;
    }
    records
}

fn of_job(stage: &Stage, job: &Job, parent: Uuid, order: u32, ids: &mut IdSource) -> Vec<Record> {
    let identifier = format!("{}.{}", stage.name, job.name);
    let phase = Record::new(ids.guid(), Some(parent), "Phase", &job.display, &identifier, order);
    let identifier = format!("{identifier}.__default");
    let own = Record::new(ids.guid(), Some(phase.id), "Job", &job.display, &identifier, 1);
    let parent = own.id;
    let mut records = vec![phase, own];
    if !job.server {
        records.push(Record::new(
            ids.guid(),
            Some(parent),
            "Task",
            "Initialize job",
            &format!("{identifier}.__system_1"),
            1,
        ));
    }
    for (at, step) in job.steps.iter().enumerate() {
        let name = step.name.clone().unwrap_or_else(|| format!("step{}", at + 1));
        let mut task = Record::new(
            ids.guid(),
            Some(parent),
            "Task",
            &step.display,
            &format!("{identifier}.{name}"),
            at as u32 + 2,
        );
        task.task = Some(step.task.clone());
        records.push(task);
    }
    if !job.server {
        let order = job.steps.len() as u32 + 2;
        records.push(Record::new(
            ids.guid(),
            Some(parent),
            "Task",
            "Finalize Job",
            &format!("{identifier}.__system_2"),
            order,
        ));
    }
    records
}
