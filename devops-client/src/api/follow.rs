//! Watching a run: what changes in its timeline, its logs line by line, and its end.
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! use devops_client::{WaitOptions, api::follow::RunEvent};
//! use futures::TryStreamExt as _;
//!
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! let mut events = std::pin::pin!(project.runs().follow(run, &WaitOptions::default()));
//! while let Some(event) = events.try_next().await? {
//!     if let RunEvent::Log { name, lines, .. } = event {
//!         println!("{name}: {}", lines.join("\n"));
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use futures::Stream;
use futures::TryStreamExt as _;

use super::builds::{Build, Builds};
use super::runs::Runs;
use super::timelines::TimelineRecord;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::id::{LogId, RecordId, RunId};
use crate::wait::{Progress, WaitOptions};

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// The run itself has changed.
    Run(Box<Build>),
    /// A stage, phase, job or task is new or has changed.
    Record(Box<TimelineRecord>),
    /// A task has written.
    Log {
        /// The task.
        record: RecordId,
        /// The task's name.
        name: String,
        /// Whole lines, without line ends.
        lines: Vec<String>,
    },
    /// The run is over. Nothing follows.
    Finished(Box<Build>),
}

impl Runs {
    /// What happens in a run until it is over, beginning with what has happened so far. Fails when the time is over;
    /// the run goes on all the same.
    pub fn follow(&self, run: RunId, options: &WaitOptions) -> impl Stream<Item = Result<RunEvent>> + Send + use<> {
        let watch = Watch::new(self.project.builds(), run, options.clone());
        futures::stream::try_unfold(watch, |mut watch| async move {
            loop {
                if let Some(event) = watch.events.pop_front() {
                    return Ok(Some((event, watch)));
                }
                if watch.over {
                    return Ok(None);
                }
                watch.look().await?;
            }
        })
    }

    /// Waits until a run is over, and returns how it ended, well or not.
    ///
    /// # Errors
    /// Kind `NotFound` if there is no such run, `TimedOut` when the time is over; otherwise what any call fails with.
    pub async fn wait(&self, run: RunId, options: &WaitOptions) -> Result<Build> {
        let mut events = Box::pin(self.follow(run, options));
        let mut last = None;
        while let Some(event) = events.try_next().await? {
            if let RunEvent::Finished(build) = event {
                last = Some(*build);
            }
        }
        last.ok_or_else(|| Error::without_call(ErrorKind::NotFound, format!("run {run} has vanished"), Effect::None))
    }
}

/// What is known of a run that is watched.
struct Watch {
    builds: Builds,
    run: RunId,
    options: WaitOptions,
    start: Duration,
    looks: u32,
    state: Option<String>,
    records: HashMap<RecordId, TimelineRecord>,
    lines: HashMap<LogId, u64>,
    events: VecDeque<RunEvent>,
    over: bool,
}

impl Watch {
    fn new(builds: Builds, run: RunId, options: WaitOptions) -> Self {
        let start = builds.project.client.pipeline().now();
        Self {
            builds,
            run,
            options,
            start,
            looks: 0,
            state: None,
            records: HashMap::new(),
            lines: HashMap::new(),
            events: VecDeque::new(),
            over: false,
        }
    }

    /// Looks once, after a pause unless it is the first look.
    async fn look(&mut self) -> Result<()> {
        let client = self.builds.project.client.clone();
        if self.looks > 0 {
            let elapsed = client.pipeline().now().saturating_sub(self.start);
            if elapsed + self.options.interval > self.options.timeout {
                let state = self.state.as_deref().unwrap_or("unknown");
                let message = format!("run {} is still {state} after {} s", self.run, elapsed.as_secs());
                return Err(Error::without_call(ErrorKind::TimedOut, message, Effect::Unknown));
            }
            client.pipeline().sleep(self.options.interval).await;
        }
        self.looks += 1;
        // The run before its timeline: when the run is over, the timeline read after it is the last.
        let build = self.builds.get(self.run).await?.ok_or_else(|| {
            Error::without_call(ErrorKind::NotFound, format!("run {} is not there", self.run), Effect::None)
        })?;
        let state = build.status.to_string();
        if self.state.as_ref() != Some(&state) {
            self.state = Some(state.clone());
            self.events.push_back(RunEvent::Run(Box::new(build.clone())));
        }
        self.read_records().await?;
        if let Some(progress) = &self.options.progress {
            progress(&Progress {
                elapsed: client.pipeline().now().saturating_sub(self.start),
                looks: self.looks,
                state,
            });
        }
        if build.is_over() {
            self.over = true;
            self.events.push_back(RunEvent::Finished(Box::new(build)));
        }
        Ok(())
    }

    async fn read_records(&mut self) -> Result<()> {
        let mut records = self.builds.timeline(self.run).await?.records;
        records.sort_by_key(|record| (depth(record), record.order));
        let mut logged = Vec::new();
        for record in records {
            let before = self.records.get(&record.id);
            let changed = before
                .is_none_or(|b| b.state != record.state || b.result != record.result || b.attempt != record.attempt);
            if let Some(log) = &record.log {
                logged.push((log.id, record.id, record.name.clone()));
            }
            if changed {
                self.events.push_back(RunEvent::Record(Box::new(record.clone())));
                self.records.insert(record.id, record);
            }
        }
        if logged.is_empty() {
            return Ok(());
        }
        // One request tells which logs have grown.
        let counts: HashMap<LogId, u64> =
            self.builds.logs(self.run).map_ok(|log| (log.id, log.line_count)).try_collect().await?;
        for (log, record, name) in logged {
            let seen = self.lines.get(&log).copied().unwrap_or(0);
            if counts.get(&log).is_some_and(|count| *count > seen) {
                self.read_log(log, record, name, seen).await?;
            }
        }
        Ok(())
    }

    /// Reads a log that has grown. The whole of it: whether the service counts lines from 0 or 1 is not documented,
    /// and a line that is lost or shown twice is worse than bytes.
    async fn read_log(&mut self, log: LogId, record: RecordId, name: String, seen: u64) -> Result<()> {
        let text = self.builds.log(self.run, log).await?;
        let skip = usize::try_from(seen).unwrap_or(usize::MAX);
        let lines: Vec<String> = text.lines().skip(skip).map(str::to_owned).collect();
        if !lines.is_empty() {
            self.lines.insert(log, seen + lines.len() as u64);
            self.events.push_back(RunEvent::Log { record, name, lines });
        }
        Ok(())
    }
}

/// Outer records first, so that a job is told of before its tasks.
fn depth(record: &TimelineRecord) -> u8 {
    use super::timelines::RecordKind;
    match record.kind {
        RecordKind::Stage => 0,
        RecordKind::Checkpoint => 1,
        RecordKind::Phase => 2,
        RecordKind::Job => 3,
        _ => 4,
    }
}
