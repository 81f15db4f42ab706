//! `mlops-gen apply` and `mlops-gen destroy`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mlops_gen::edge::project_dir;
use mlops_gen::edge::remote::fleet::{Fleet, Report, Stopped};
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::edge::remote::target::{Diagnostic, Goal, Keep, Planned};
use mlops_gen::remote::desired::Scope;
use mlops_gen::remote::observed::Owner;
use mlops_gen::remote::plan::Action;
use mlops_gen::remote::resource::Key;
use mlops_gen::remote::saved::SavedPlan;
use mlops_gen::spec::{are, counted};
use serde_json::{Value, json};

use super::args::{self, Apply, Consent, Destroy, Look};
use super::consent::{self, Proposal};
use super::plan::{View, diagnostics, said, show};
use super::progress::{Progress, word};
use super::{block_on, former, histories, targets};
use crate::cli::failure::Failure;
use crate::cli::loaded::Loaded;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;

/// What is to be done, and with whose consent.
struct Task<'a> {
    verb: &'static str,
    specs: Vec<PathBuf>,
    scope: Scope,
    goal: Goal,
    saved: Option<SavedPlan>,
    /// The former name that is meant instead of the one of now.
    former: Option<&'a str>,
    consent: &'a Consent,
}

pub(crate) fn apply(options: &Apply, output: Output) -> Result<Outcome, Failure> {
    let saved = match &options.plan {
        None => None,
        Some(path) => {
            let wrong = |why| Failure::Usage(format!("cannot use {}: {why}", path.display()));
            Some(SavedPlan::parse(&project_dir::read_text(path)?).map_err(wrong)?)
        }
    };
    let (specs, scope, goal) = match &saved {
        None => (targets::specs(&options.which)?, options.which.scope(), args::goal(&options.adopt, options.adopt_all)),
        Some(saved) => {
            let scope = if saved.only_devops { Scope::DevOps } else { Scope::Everything };
            let own = saved.projects.iter().map(|project| PathBuf::from(&project.spec)).collect();
            let specs = if options.which.spec.is_empty() { own } else { options.which.spec.clone() };
            (specs, scope, args::goal(&saved.adopt, false))
        }
    };
    // A plan that was saved was seen: applying it is agreeing to it, but not to the loss of data.
    let consent = Consent { yes: options.consent.yes || saved.is_some(), ..options.consent.clone() };
    run(&Task { verb: "apply", specs, scope, goal, saved, former: None, consent: &consent }, output)
}

pub(crate) fn destroy(options: &Destroy, output: Output) -> Result<Outcome, Failure> {
    let mut keep = Keep::default();
    for text in &options.keep {
        match text.as_str() {
            "data" => keep.data = true,
            key => drop(keep.keys.insert(key.parse().map_err(Failure::Usage)?)),
        }
    }
    let (specs, scope) = (targets::specs(&options.which)?, options.which.scope());
    let goal = Goal::Destroy { keep };
    let former = options.former.as_deref();
    run(&Task { verb: "destroy", specs, scope, goal, saved: None, former, consent: &options.consent }, output)
}

fn run(task: &Task<'_>, output: Output) -> Result<Outcome, Failure> {
    let applies = task.goal.is_apply();
    let loaded = match targets::load(&task.specs, applies)? {
        Ok(loaded) => loaded,
        Err(stale) => return Ok(refuse(&stale.iter().map(ToString::to_string).collect::<Vec<_>>(), output)),
    };
    let (loaded, goal) = match task.former {
        None => (loaded, task.goal.clone()),
        Some(name) => match before(task, loaded, name)? {
            Ok(former) => former,
            Err(why) => return Ok(refuse(&[why], output)),
        },
    };
    let mut fleet = targets::fleet(&loaded, task.scope, &goal)?;
    let formers = match applies {
        true => block_on(former::take_along(&loaded, &mut fleet, task.scope))?,
        false => Vec::new(),
    };
    let found = block_on(fleet.plan())?;
    if let Some(saved) = &task.saved
        && let Some(unfit) = unfit(saved, &loaded, &found)
    {
        return Ok(refuse(&[unfit], output));
    }
    let diagnostics = diagnostics(&loaded, &found);
    let changes: usize = found.iter().flatten().map(|planned| planned.plan.due().count()).sum();
    if changes == 0 || !output.is_json() {
        let view = View { scope: shown_scope(task), look: &Look::default(), costs: &[], formers: &formers };
        show(&loaded, &found, &view, output);
    }
    if changes == 0 {
        if !diagnostics.is_empty() {
            return Err(Failure::Services(diagnostics));
        }
        // What an apply that was killed at its very end has left behind is its lock.
        let planned: Vec<Option<Planned>> = found.into_iter().map(Result::ok).collect();
        let results = block_on(fleet.carry_out(&planned, &|_, _| {}, &Stop::default()))?;
        for address in results.iter().flatten().flat_map(|report| &report.waiting) {
            output.say(&waits(address));
        }
        if applies {
            loaded.iter().for_each(|one| histories::join(one, output));
        }
        return Ok(Outcome::Clean);
    }
    if task.verb == "destroy" {
        output.say("the team project stays, and so does everything that mlops-gen did not make");
        for one in loaded.iter().filter(|one| !one.project.devops.directory.is_top()) {
            let devops = &one.project.devops;
            output.say(&format!(
                "the repository {} stays with its files, since {} is only its folder {}",
                devops.repository,
                one.project.name,
                devops.directory.as_str()
            ));
        }
    }
    let proposal = |(one, found): (&Loaded, &Result<Planned, Vec<Diagnostic>>)| {
        Some((one.project.name.to_string(), found.as_ref().ok()?.plan.clone()))
    };
    let plans: Vec<_> = loaded.iter().zip(&found).filter_map(proposal).collect();
    let proposals: Vec<Proposal<'_>> = plans.iter().map(|(project, plan)| Proposal { project, plan }).collect();
    if let Err(why) = consent::ask(task.verb, &proposals, task.consent, output)? {
        return Ok(refuse(&[why], output));
    }
    let planned: Vec<Option<Planned>> = found.into_iter().map(Result::ok).collect();
    let results = carry_out(&fleet, &loaded, &planned, changes, output)?;
    let outcome = report(task.verb, &loaded, &planned, &results, diagnostics, output);
    if applies {
        let done = loaded.iter().zip(&results).filter(|(_, result)| result.is_ok());
        done.for_each(|(one, _)| histories::join(one, output));
    }
    outcome
}

/// The project as it was under a former name, and what is to go of it: nothing that it goes on using. Refused as long as the
/// services know that by the former name.
fn before(task: &Task<'_>, loaded: Vec<Loaded>, name: &str) -> Result<Result<(Vec<Loaded>, Goal), String>, Failure> {
    let [one] = loaded.as_slice() else {
        return Err(Failure::Usage("--former names what one project was called: give one --spec".to_owned()));
    };
    let former = one.former(name)?;
    let mut now = targets::fleet(&loaded, task.scope, &Goal::Apply { adopt: BTreeSet::new() })?;
    let formers = block_on(former::take_along(&loaded, &mut now, task.scope))?;
    let taken = formers.iter().flatten().filter(|known| known.name == name).flat_map(|known| &known.taken);
    let state = block_on(now.targets[0].look())?.unwrap_or_default();
    let open: Vec<&Key> =
        taken.filter(|key| state.get(*key).is_some_and(|found| found.owner == Owner::Foreign)).collect();
    if let Some(key) = open.first() {
        let (of, number, apply) = (&one.project.name, counted(open.len(), "resource"), one.call("apply"));
        let why = format!("{of} uses {number} of {name}, {key} for one: `{apply}` takes over what goes on first");
        return Ok(Err(why));
    }
    let mut keep = former::kept(one, &former, &now.targets[0].desired);
    if let Goal::Destroy { keep: asked } = &task.goal {
        keep.data = asked.data;
        keep.keys.extend(asked.keys.iter().cloned());
    }
    Ok(Ok((vec![former], Goal::Destroy { keep })))
}

/// Commands for an administrator are shown with what makes resources, not with what removes them.
fn shown_scope(task: &Task<'_>) -> Scope {
    if matches!(task.goal, Goal::Destroy { .. }) { Scope::Everything } else { task.scope }
}

/// Says why nothing was done.
fn refuse(reasons: &[String], output: Output) -> Outcome {
    for reason in reasons {
        output.say(&format!("refused: {reason}"));
    }
    if output.is_json() {
        output.data(&json!({ "refused": reasons }));
    }
    Outcome::Different
}

/// Why the saved plan is not the one that would be made now.
fn unfit(saved: &SavedPlan, loaded: &[Loaded], found: &[Result<Planned, Vec<Diagnostic>>]) -> Option<String> {
    if saved.projects.len() != loaded.len() {
        return Some(format!("the plan is for {} projects, the specs are {}", saved.projects.len(), loaded.len()));
    }
    saved.projects.iter().zip(loaded).zip(found).find_map(|((saved, one), found)| {
        let (name, organization) = (one.project.name.to_string(), one.project.devops.organization.as_str());
        if saved.project != name || saved.organization != organization {
            return Some(format!("the plan is for {} in {}", saved.project, saved.organization));
        }
        saved.fits(&found.as_ref().ok()?.plan).err().map(|why| why.to_string())
    })
}

fn carry_out(
    fleet: &Fleet<'_>,
    loaded: &[Loaded],
    planned: &[Option<Planned>],
    steps: usize,
    output: Output,
) -> Result<Vec<Result<Report, Stopped>>, Failure> {
    let names = loaded.iter().map(|one| one.project.name.to_string()).collect();
    let progress = Progress::new(output, names, steps);
    let stop = Stop::default();
    let results = block_on(async {
        let signals = Signals::new().map_err(|error| Failure::Usage(format!("cannot listen for Ctrl-C: {error}")))?;
        let listening = tokio::spawn(listen(signals, stop.clone(), output));
        let results = fleet.carry_out(planned, &|number, event| progress.tell(number, event), &stop).await;
        listening.abort();
        Ok(results)
    });
    progress.end();
    results?
}

/// Waits for a signal to stop. The second one ends the program where it is.
async fn listen(mut signals: Signals, stop: Stop, output: Output) {
    signals.next().await;
    stop.ask();
    output.say("stopping: what is under way is finished first; once more to end at once");
    signals.next().await;
    std::process::exit(130);
}

/// Signals to stop: Ctrl-C, and the signal by which a service manager or an agent ends a program. None is missed between
/// two looks.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Signals to stop: Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Says what came of it, project by project, and for several the sum.
fn report(
    verb: &str,
    loaded: &[Loaded],
    planned: &[Option<Planned>],
    results: &[Result<Report, Stopped>],
    diagnostics: Vec<String>,
    output: Output,
) -> Result<Outcome, Failure> {
    let several = loaded.len() > 1;
    let (mut errors, mut refused, mut projects, mut done) = (diagnostics, Vec::new(), Vec::new(), 0);
    let mut waiting = Vec::new();
    for ((one, result), planned) in loaded.iter().zip(results).zip(planned) {
        let name = one.project.name.to_string();
        let of = if several { format!("{name}: ") } else { String::new() };
        let (state, keys, words) = words(verb, result);
        done += keys.len();
        match result {
            Ok(_) => waiting.extend(words.iter().map(|line| format!("{of}{line}"))),
            Err(Stopped::Locked(_) | Stopped::Moved(_) | Stopped::Asked { .. }) => {
                refused.extend(words.iter().map(|line| format!("{of}{line}")));
            }
            Err(Stopped::Failed { errors: found, skipped, .. }) => {
                errors.extend(found.iter().map(|diagnostic| said(&name, several, diagnostic)));
                errors.extend(skipped.iter().map(|(key, need)| format!("{of}{key} was not tried: it needs {need}")));
                errors.push(format!(
                    "{of}{} done; mend the cause and {verb} again for the rest",
                    are(keys.len(), "resource")
                ));
            }
            Err(Stopped::Different { .. } | Stopped::Lost { .. }) => {
                errors.extend(words.iter().map(|line| format!("{of}{line}")))
            }
        }
        let changes = planned.as_ref().map_or(0, |planned| planned.plan.changes().count());
        let done: Vec<String> = keys.iter().map(ToString::to_string).collect();
        projects.push(json!({ "project": name, "state": state, "planned": changes, "done": done, "messages": words }));
    }
    if output.is_json() && errors.is_empty() {
        output.data(&Value::from_iter([("projects", projects)]));
    }
    for line in &refused {
        output.say(&format!("refused: {line}"));
    }
    if !errors.is_empty() {
        return Err(Failure::Services(errors));
    }
    if !refused.is_empty() {
        return Ok(Outcome::Different);
    }
    for line in &waiting {
        output.say(line);
    }
    let projects = if several { format!(" in {} projects", loaded.len()) } else { String::new() };
    // Files that wait in a pull request are pushed, and not where they should be.
    let there = done - waiting.len().min(done);
    let rest = if waiting.is_empty() { String::new() } else { format!("; {} waiting as said above", waiting.len()) };
    let there = counted(there, "resource");
    output.say(&format!("done: {there}{projects}, each read back and found as it should be{rest}"));
    Ok(Outcome::Clean)
}

/// (Document branch-policies: whatever files they name, a branch with required policies takes no push.)
fn waits(address: &str) -> String {
    let why =
        "the branch has required policies, and takes no push; once it is completed, `apply` does what needs the files";
    format!("the files wait in a pull request until it is completed: {address} ({why})")
}

/// What came of a project: a word, what was done, and sentences.
fn words(verb: &str, result: &Result<Report, Stopped>) -> (&'static str, BTreeSet<Key>, Vec<String>) {
    let list = |keys: &[Key]| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match result {
        Ok(report) => {
            let state = if report.waiting.is_empty() { "done" } else { "waiting" };
            (
                state,
                report.done.iter().cloned().collect(),
                report.waiting.iter().map(|address| waits(address)).collect(),
            )
        }
        Err(Stopped::Locked(why)) => ("locked", BTreeSet::new(), vec![why.clone()]),
        Err(Stopped::Moved(keys)) => {
            let why = format!("resources have changed since they were looked at ({}); plan again", list(keys));
            ("moved", BTreeSet::new(), vec![why])
        }
        Err(Stopped::Asked { done, left }) => {
            let why = format!(
                "stopped when asked to; {} done, left are {}; {verb} again for them",
                are(done.len(), "resource"),
                list(left)
            );
            ("stopped", done.iter().cloned().collect(), vec![why])
        }
        Err(Stopped::Lost { done, left }) => {
            let why = format!(
                "the lock was lost on the way: somebody else has taken it over or away, or it could not be extended in \
                 time; what was under way was finished, {} done, left are {}; look who else is at it, and {verb} \
                 again when that has ended",
                are(done.len(), "resource"),
                list(left)
            );
            ("lost", done.iter().cloned().collect(), vec![why])
        }
        Err(Stopped::Failed { errors, done, .. }) => {
            ("failed", done.iter().cloned().collect(), errors.iter().map(ToString::to_string).collect())
        }
        Err(Stopped::Different { rest, done }) => {
            let mut lines = Vec::new();
            for step in rest.changes() {
                let fields: Vec<&str> = step.changes.iter().map(|change| change.field.as_str()).collect();
                let what = match step.action {
                    Action::Create => "is not there after all".to_owned(),
                    Action::Delete => "is still there".to_owned(),
                    action => {
                        format!("is not as it was written, one would have to {} {}", word(action), fields.join(", "))
                    }
                };
                lines.push(format!("{} {what}; {verb} again, and look who else changes it", step.key));
            }
            ("different", done.iter().cloned().collect(), lines)
        }
    }
}
