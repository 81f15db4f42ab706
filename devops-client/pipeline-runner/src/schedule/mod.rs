//! A whole run: stages as soon as what they wait for has ended, jobs likewise, as many at once as there are agents.

mod matrix;
mod order;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use azure_pipelines::template::runtime;

use crate::agents::Agents;
use crate::cancel::Cancel;
use crate::conditions::{Asking, Board, Done, Moment, holds, known};
use crate::host::{Event, Gate, Host, Where};
use crate::job::{self, Start};
use crate::mask::Mask;
use crate::outcome::Outcome;
use crate::plan::{Hook, Job, Plan, Stage, Step, Variable, Work};
use crate::predefined::{self, Paths};
use crate::settings::{Facts, Settings};
use crate::variables::{Value, Variables};
use matrix::{Entries, entries};
use order::{Graph, in_order, indirect};

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What it came to.
    pub outcome: Outcome,
    /// Each stage, in the order of the pipeline.
    pub stages: Vec<(String, Outcome)>,
}

struct Run<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    facts: &'a Facts,
    host: &'a dyn Host,
    cancel: &'a Cancel,
    mask: Mask,
    board: Mutex<Board>,
    agents: Agents,
    /// Variables of the whole pipeline whose values count runs, by name.
    counted: BTreeMap<String, String>,
}

/// Carries a run out, to its end.
pub fn run(plan: &Plan, settings: &Settings, facts: &Facts, host: &dyn Host, cancel: &Cancel) -> Ended {
    let mut run = Run {
        plan,
        settings,
        facts,
        host,
        cancel,
        mask: Mask::default(),
        board: Mutex::default(),
        agents: settings.shared.clone().unwrap_or_else(|| Agents::of(settings.agents)),
        counted: BTreeMap::new(),
    };
    run.counted = run.count();
    if let Some(token) = &facts.token {
        run.mask.add(token);
    }
    run.stages();
    let board = run.board();
    let outcome = |name: &str| board.stages.get(name).copied().unwrap_or(Outcome::Skipped);
    let stages: Vec<_> = plan.stages.iter().map(|stage| (stage.name.clone(), outcome(&stage.name))).collect();
    let worst = stages.iter().map(|(_, outcome)| *outcome).fold(Outcome::Succeeded, Outcome::and);
    Ended { outcome: if cancel.is_asked() { worst.and(Outcome::Canceled) } else { worst }, stages }
}

impl Run<'_> {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the run where variables of the whole pipeline count runs, whether or not a job comes to them.
    fn count(&self) -> BTreeMap<String, String> {
        let counts = |variable: &Variable| match variable {
            Variable::Value { name, value, .. } => {
                let counts = runtime(value).is_some_and(|text| text.to_lowercase().contains("counter("));
                counts.then(|| name.clone())
            }
            Variable::Group(_) => None,
        };
        let names: Vec<String> = self.plan.variables.iter().filter_map(counts).collect();
        if names.is_empty() {
            return BTreeMap::new();
        }
        let mut variables = Variables::default();
        for (name, value) in &self.facts.variables {
            variables.set(name, value.clone());
        }
        predefined::of_run(self.facts, &mut variables);
        // what is wrong with one is said by the job that needs it
        self.layer(&self.plan.variables, &mut variables, Some(("", &Board::default())));
        let known = |name: String| variables.get(&name).map(|value| value.text().to_owned()).map(|text| (name, text));
        names.into_iter().filter_map(known).collect()
    }

    fn stages(&self) {
        let graph: Graph<'_> =
            self.plan.stages.iter().map(|stage| (stage.name.as_str(), stage.depends.as_slice())).collect();
        in_order(&graph, &|at| {
            let stage = &self.plan.stages[at];
            let (outcome, reason) = self.stage(stage, &indirect(&graph, &stage.name));
            self.board().stages.insert(stage.name.clone(), outcome);
            self.host.event(&Event::StageEnded(&stage.name, outcome, reason.as_deref()));
        });
    }

    fn stage(&self, stage: &Stage, before: &[&str]) -> (Outcome, Option<String>) {
        let board = self.board().clone();
        let result = |name: &str| {
            let found = board.stages.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            (name.to_owned(), found.map_or(Outcome::Skipped, |(_, outcome)| *outcome))
        };
        let mut variables = Variables::default();
        // groups are asked for by jobs, behind the stage's checks; a condition sees what the files say
        self.layer(&self.plan.variables, &mut variables, None);
        self.layer(&stage.variables, &mut variables, None);
        predefined::of_run(self.facts, &mut variables);
        let moment = Moment {
            asking: Asking::Stage,
            board: &board,
            variables: &variables,
            direct: stage.depends.iter().map(|name| result(name)).collect(),
            indirect: before.iter().map(|name| result(name)).collect(),
            cancelled: self.cancel.is_asked(),
            counters: None,
        };
        match holds(stage.condition.as_deref(), &moment) {
            Ok(true) => {}
            Ok(false) => return (Outcome::Skipped, None),
            Err(message) => return (Outcome::Failed, Some(message)),
        }
        if let Gate::Shut(outcome, reason) = self.host.gate(&stage.name, self.cancel) {
            return (outcome, Some(reason));
        }
        self.host.event(&Event::StageBegan(&stage.name));
        let graph: Graph<'_> = stage.jobs.iter().map(|job| (job.name.as_str(), job.depends.as_slice())).collect();
        in_order(&graph, &|at| {
            let job = &stage.jobs[at];
            let done = self.job(stage, job, &indirect(&graph, &job.name));
            self.board().jobs.insert((stage.name.clone(), job.name.clone()), done);
        });
        let board = self.board();
        let own = stage.jobs.iter().filter_map(|job| board.jobs.get(&(stage.name.clone(), job.name.clone())));
        let parts: Vec<Outcome> = own.map(|done| done.outcome).collect();
        let all_skipped = !parts.is_empty() && parts.iter().all(|outcome| *outcome == Outcome::Skipped);
        let worst = parts.into_iter().fold(Outcome::Skipped, Outcome::and);
        (if all_skipped { Outcome::Skipped } else { worst.max(Outcome::Succeeded) }, None)
    }

    /// Adds the variables of a block; `$[ … ]` and groups only where `moment` says what is known.
    fn layer(&self, block: &[Variable], variables: &mut Variables, stage: Option<(&str, &Board)>) -> Option<String> {
        for variable in block {
            match (variable, stage) {
                (Variable::Group(_), None) => {}
                (Variable::Group(name), Some(_)) => match self.host.group(name) {
                    Ok(group) => group.into_iter().for_each(|(name, value)| variables.set(&name, value)),
                    Err(message) => return Some(message),
                },
                (Variable::Value { name, value, readonly }, stage) => {
                    let text = match stage {
                        None => Ok(self.counted.get(name).cloned().unwrap_or_else(|| value.clone())),
                        Some((stage, board)) => {
                            let moment = Moment {
                                asking: Asking::Job(stage),
                                board,
                                variables,
                                direct: Vec::new(),
                                indirect: Vec::new(),
                                cancelled: false,
                                counters: Some(self.host),
                            };
                            known(value, &moment)
                        }
                    };
                    match text {
                        Ok(text) => {
                            let value = Value::plain(text);
                            variables.set(name, if *readonly { value.readonly() } else { value });
                        }
                        Err(message) => return Some(format!("variable `{name}`: {message}")),
                    }
                }
            }
        }
        None
    }

    fn job(&self, stage: &Stage, job: &Job, before: &[&str]) -> Done {
        let whole = Where { stage: stage.name.clone(), job: job.name.clone(), instance: String::new() };
        let refuse = |outcome: Outcome, reason: Option<String>| {
            self.host.event(&Event::JobEnded(&whole, outcome, reason.as_deref()));
            Done { outcome, ..Done::default() }
        };
        let board = self.board().clone();
        let mut variables = Variables::default();
        for (name, value) in &self.facts.variables {
            variables.set(name, value.clone());
        }
        predefined::of_run(self.facts, &mut variables);
        for block in [&self.plan.variables, &stage.variables, &job.variables] {
            if let Some(message) = self.layer(block, &mut variables, Some((&stage.name, &board))) {
                return refuse(Outcome::Failed, Some(message));
            }
        }
        predefined::of_run(self.facts, &mut variables);
        let result = |name: &str| {
            let found =
                board.jobs.iter().find(|((of, known), _)| *of == stage.name && known.eq_ignore_ascii_case(name));
            (name.to_owned(), found.map_or(Outcome::Skipped, |(_, done)| done.outcome))
        };
        let moment = Moment {
            asking: Asking::Job(&stage.name),
            board: &board,
            variables: &variables,
            direct: job.depends.iter().map(|name| result(name)).collect(),
            indirect: before.iter().map(|name| result(name)).collect(),
            cancelled: self.cancel.is_asked(),
            counters: None,
        };
        match holds(job.condition.as_deref(), &moment) {
            Ok(true) => {}
            Ok(false) => return refuse(Outcome::Skipped, None),
            Err(message) => return refuse(Outcome::Failed, Some(message)),
        }
        let mut done = match &job.work {
            Work::Steps(steps, matrix) => match entries(matrix, &variables, &moment) {
                Ok(entries) => self.matrix(stage, job, steps, &entries, &variables),
                Err(message) => return refuse(Outcome::Failed, Some(message)),
            },
            Work::Deployment { strategy, hooks, increments } => match strategy.as_str() {
                "rolling" => {
                    let reason = "a rolling deployment needs virtual machines, of which there are none here";
                    return refuse(Outcome::Failed, Some(reason.to_owned()));
                }
                _ => self.deployment(stage, job, strategy, hooks, increments, &variables),
            },
        };
        if done.outcome == Outcome::Failed && job.continue_on_error {
            done.outcome = Outcome::SucceededWithIssues;
        }
        done
    }

    fn matrix(&self, stage: &Stage, job: &Job, steps: &[Step], entries: &Entries, variables: &Variables) -> Done {
        let all = Mutex::new(Done { outcome: Outcome::Skipped, ..Done::default() });
        // the next begins as soon as one has ended, where it says how many go at a time
        let (list, most) = entries;
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..most.unwrap_or(usize::MAX).clamp(1, list.len().max(1)) {
                scope.spawn(|| {
                    while let Some((name, own)) = list.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut variables = variables.clone();
                        for (name, value) in own {
                            variables.set(name, Value::plain(value.as_str()));
                        }
                        let done = self.one(stage, job, name, steps, variables);
                        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                        all.outcome = all.outcome.and(done.outcome);
                        let named = |key: String| if name.is_empty() { key } else { format!("{name}.{key}") };
                        all.outputs.extend(done.outputs.into_iter().map(|(key, value)| (named(key), value)));
                    }
                });
            }
        });
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hooks of a deployment, one after the other; each is a job of its own.
    fn deployment(
        &self,
        stage: &Stage,
        job: &Job,
        strategy: &str,
        hooks: &[Hook],
        increments: &[String],
        variables: &Variables,
    ) -> Done {
        let mut all = Done { outcome: Outcome::Skipped, ..Done::default() };
        let mut variables = variables.clone();
        variables.set("Strategy.Name", Value::plain(strategy));
        let resource = job.environment.as_ref().and_then(|(_, resource)| resource.clone());
        let rounds: Vec<Option<&String>> = match increments {
            [] => vec![None],
            shares => shares.iter().map(Some).collect(),
        };
        let mut carry_out = |hook: &Hook, round: Option<&String>, all: &mut Done| {
            variables.set("Strategy.CycleName", Value::plain(hook.name.as_str()));
            if let Some(share) = round {
                variables.set("Strategy.Increment", Value::plain(share.as_str()));
                variables
                    .set("Strategy.Action", Value::plain(if hook.name == "deploy" { "deploy" } else { "promote" }));
            }
            let instance = match round {
                Some(share) => format!("{}_{share}", hook.name.replace('.', "_")),
                None => hook.name.replace('.', "_"),
            };
            let done = self.one(stage, job, &instance, &hook.steps, variables.clone());
            all.outcome = all.outcome.and(done.outcome);
            // `runOnce` names its outputs by the job, or by the hook and the resource
            let first = match (&resource, round, hook.name.as_str()) {
                (Some(resource), None, "deploy") => format!("Deploy_{resource}"),
                (None, None, "deploy") => job.name.clone(),
                _ => instance,
            };
            all.outputs.extend(done.outputs.into_iter().map(|(key, value)| (format!("{first}.{key}"), value)));
        };
        let is = |names: &'static [&'static str]| hooks.iter().filter(move |hook| names.contains(&hook.name.as_str()));
        for hook in is(&["preDeploy"]) {
            carry_out(hook, None, &mut all);
        }
        for round in rounds {
            for hook in is(&["deploy", "routeTraffic", "postRouteTraffic"]) {
                if all.outcome <= Outcome::SucceededWithIssues {
                    carry_out(hook, round, &mut all);
                }
            }
        }
        let after: &'static [&'static str] =
            if all.outcome <= Outcome::SucceededWithIssues { &["on.success"] } else { &["on.failure"] };
        for hook in is(after) {
            carry_out(hook, None, &mut all);
        }
        all
    }

    /// One job at one agent.
    fn one(&self, stage: &Stage, job: &Job, instance: &str, steps: &[Step], mut variables: Variables) -> Done {
        let place = Where { stage: stage.name.clone(), job: job.name.clone(), instance: instance.to_owned() };
        let own = format!("{}-{}-{}-{instance}", self.facts.folder(), stage.name, job.name);
        let kept = self.settings.folder.join("tools/built").join(own);
        // where the job was before, what it has built fits
        let (wanted, of_others) = (job::built::agent(&kept), job::built::agents_of_others(&kept));
        let taken = if job.server { None } else { self.agents.take(wanted, &of_others, self.cancel) };
        if taken.is_none() && !job.server {
            let outcome = Outcome::Canceled;
            self.host.event(&Event::JobEnded(&place, outcome, Some("The run was cancelled before an agent was free.")));
            return Done { outcome, ..Done::default() };
        }
        let agent = taken.as_ref().map_or(0, |taken| taken.number);
        let paths = Paths::of_agent(&self.settings.folder, agent);
        if !job.server {
            variables.read_by_agent();
        }
        predefined::of_job(self.facts, stage, job, &place, agent, &paths, &mut variables);
        self.host.event(&Event::JobBegan(&place, agent));
        let done = job::run(Start {
            settings: self.settings,
            facts: self.facts,
            host: self.host,
            cancel: self.cancel,
            mask: &self.mask,
            place: place.clone(),
            agent,
            server: job.server,
            paths,
            kept,
            variables,
            steps,
            timeout: job.timeout.as_deref(),
            cancel_timeout: job.cancel_timeout.as_deref(),
        });
        drop(taken);
        self.host.event(&Event::JobEnded(&place, done.outcome, None));
        done
    }
}
