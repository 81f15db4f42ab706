//! A run followed to its end.

use std::time::Duration;

use devops_client::api::follow::RunEvent;
use devops_client::api::timelines::{RecordKind, RecordState, TimelineRecord};
use devops_client::{RunId, WaitOptions};
use futures::{Stream, StreamExt as _};

use super::{Runs, RunsError, convert};
use crate::remote::runs::log::clean;
use crate::remote::runs::timeline::Part;
use crate::remote::runs::{PendingApproval, Run};

/// How a run is watched.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// Pause between two looks. Two seconds cost few of the units that the service allows.
    pub interval: Duration,
    /// When to give up; the run goes on all the same.
    pub timeout: Duration,
}

/// Something that was seen in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// The run itself has changed.
    Run(Run),
    /// A stage, job or step is new or has changed.
    Part(Part),
    /// A step has written: the part's id, and whole lines that are fit to be printed.
    Log(String, Vec<String>),
    /// A stage waits for approval.
    Approval(PendingApproval),
    /// The run is over. Nothing follows.
    Finished(Run),
}

/// What a watch remembers.
#[derive(Default)]
struct Known {
    records: Vec<TimelineRecord>,
    /// Phases that stand back until the jobs of the same look are known: a phase is shown only where it has none.
    phases: Vec<TimelineRecord>,
}

impl Known {
    fn held(&mut self) -> Vec<Seen> {
        let phases = std::mem::take(&mut self.phases);
        phases.iter().filter_map(|phase| convert::part(phase, &self.records)).map(Seen::Part).collect()
    }
}

impl Runs {
    // Invariant: who stops to watch does not stop the run
    // (test: an_interrupted_watch_leaves_the_run_alone_and_says_how_to_come_back).
    /// What happens in a run until it is over, beginning with what has happened so far. The stream ends with the first
    /// error.
    pub fn watch(&self, id: i64, options: WatchOptions) -> impl Stream<Item = Result<Seen, RunsError>> + Send + use<> {
        let wait = WaitOptions::timeout(options.timeout).every(options.interval);
        let events = self.devops.runs().follow(RunId(id), &wait);
        let runs = self.clone();
        let state = (Box::pin(events), runs, Known::default());
        futures::stream::try_unfold(state, move |(mut events, runs, mut known)| async move {
            let Some(event) = events.next().await else { return Ok(None) };
            let event = event.map_err(RunsError::of(format!("watch run {id}")))?;
            let seen = runs.seen(event, &mut known).await?;
            Ok(Some((seen, (events, runs, known))))
        })
        .flat_map(|seen: Result<Vec<Seen>, RunsError>| {
            let items: Vec<_> = match seen {
                Ok(seen) => seen.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            futures::stream::iter(items)
        })
    }

    async fn seen(&self, event: RunEvent, known: &mut Known) -> Result<Vec<Seen>, RunsError> {
        let record = match event {
            RunEvent::Record(record) => *record,
            other => {
                let mut seen = known.held();
                seen.push(match other {
                    RunEvent::Finished(build) => Seen::Finished(convert::run(&build)),
                    RunEvent::Log { record, lines, .. } => {
                        Seen::Log(record.to_string(), lines.iter().map(|line| clean(line)).collect())
                    }
                    RunEvent::Run(build) => Seen::Run(convert::run(&build)),
                    RunEvent::Record(_) => return Ok(seen),
                });
                return Ok(seen);
            }
        };
        known.records.retain(|other| other.id != record.id);
        known.records.push(record.clone());
        Ok(match record.kind {
            RecordKind::Phase => {
                known.phases.push(record);
                Vec::new()
            }
            RecordKind::Job => self.of_record(&record, &known.records).await?,
            _ => {
                let mut seen = known.held();
                seen.extend(self.of_record(&record, &known.records).await?);
                seen
            }
        })
    }

    async fn of_record(&self, record: &TimelineRecord, known: &[TimelineRecord]) -> Result<Vec<Seen>, RunsError> {
        if let Some(part) = convert::part(record, known) {
            return Ok(vec![Seen::Part(part)]);
        }
        let gate = record.kind.as_str().starts_with("Checkpoint.");
        if !gate {
            return Ok(Vec::new());
        }
        // A check that opens or closes changes what its stage waits for.
        let above = |id| known.iter().find(|other| Some(other.id) == id);
        let stage = above(record.parent_id).and_then(|point| above(point.parent_id));
        let mut seen: Vec<Seen> = stage
            .filter(|stage| stage.kind == RecordKind::Stage)
            .and_then(|stage| convert::part(stage, known))
            .map(Seen::Part)
            .into_iter()
            .collect();
        if record.kind.as_str() == "Checkpoint.Approval" && record.state != Some(RecordState::Completed) {
            let id = record.id.to_string();
            let run = self.approval_of(&id).await?;
            seen.extend(run.map(|mut approval| {
                approval.stage = convert::stage_of(known, &id);
                Seen::Approval(approval)
            }));
        }
        Ok(seen)
    }

    async fn approval_of(&self, id: &str) -> Result<Option<PendingApproval>, RunsError> {
        let pending = self.pending().await?;
        Ok(pending.into_iter().find(|approval| approval.id.eq_ignore_ascii_case(id)))
    }
}
