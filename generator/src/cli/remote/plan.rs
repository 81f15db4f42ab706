//! `mlops-gen plan`, and how plans are shown.

use std::collections::{BTreeMap, BTreeSet};

use mlops_gen::artifacts::infra::start_pipelines;
use mlops_gen::edge::connect::variables;
use mlops_gen::edge::disk;
use mlops_gen::edge::remote::fleet::Fleet;
use mlops_gen::edge::remote::target::{Diagnostic, Planned};
use mlops_gen::remote::admin::admin_commands;
use mlops_gen::remote::brief;
use mlops_gen::remote::desired::{Missing, Scope, Wanted, azure};
use mlops_gen::remote::kinds::membership::{self, PRINCIPAL_ID};
use mlops_gen::remote::observed::State;
use mlops_gen::remote::page;
use mlops_gen::remote::plan::{Action, InTheWay, RemotePlan};
use mlops_gen::remote::resource::Kind;
use mlops_gen::remote::saved::{SavedPlan, SavedProject};
use mlops_gen::remote::shell::word;
use mlops_gen::remote::show;
use serde_json::{Value, json};

use super::args::{self, Look, Plan};
use super::former::{self, Former, Formers};
use super::{block_on, changed_lines, targets};
use crate::cli::cost;
use crate::cli::failure::Failure;
use crate::cli::loaded::Loaded;
use crate::cli::outcome::Outcome;
use crate::cli::output::Output;

pub(crate) fn plan(options: &Plan, output: Output) -> Result<Outcome, Failure> {
    let specs = targets::specs(&options.which)?;
    let loaded = match targets::load(&specs, true)? {
        Ok(loaded) => loaded,
        Err(stale) => return Err(Failure::Services(stale.iter().map(ToString::to_string).collect())),
    };
    let goal = args::goal(&options.adopt, options.adopt_all);
    let scope = options.which.scope();
    let mut fleet = targets::fleet(&loaded, scope, &goal)?;
    let formers = block_on(former::take_along(&loaded, &mut fleet, scope))?;
    let found = block_on(fleet.plan())?;
    let costs = block_on(costs(&loaded, &fleet, &found))?;
    show(&loaded, &found, &View { scope, look: &options.look, costs: &costs, formers: &formers }, output);
    let diagnostics = diagnostics(&loaded, &found);
    if !diagnostics.is_empty() {
        return Err(Failure::Services(diagnostics));
    }
    let planned: Vec<&RemotePlan> = found.iter().flatten().map(|planned| &planned.plan).collect();
    if let Some(path) = &options.html {
        let shown: Vec<page::Shown<'_>> = loaded
            .iter()
            .zip(&planned)
            .map(|(one, plan)| page::Shown {
                project: one.project.name.as_str(),
                organization: one.project.devops.organization.as_str(),
                plan,
            })
            .collect();
        disk::write(path, page::file(&shown).as_bytes())?;
        output.say(&format!("the plan as a page is in {}", path.display()));
    }
    if let Some(path) = &options.out {
        let saved = loaded.iter().zip(&specs).zip(&planned).map(|((one, spec), plan)| SavedProject {
            spec: targets::shown(spec),
            project: one.project.name.to_string(),
            organization: one.project.devops.organization.as_str().to_owned(),
            plan: (*plan).clone(),
        });
        // Whoever carries the plan out takes over what it shows, and nothing that has come since.
        let shown = planned.iter().flat_map(|plan| plan.changes()).filter(|step| step.action == Action::Adopt);
        let adopt = match options.adopt_all {
            true => shown.map(|step| step.key.clone()).collect(),
            false => options.adopt.clone(),
        };
        let saved = SavedPlan::new(options.which.only.is_some(), adopt, saved.collect());
        disk::write(path, saved.to_text().as_bytes())?;
        output.say(&format!("saved; `mlops-gen apply {}` carries it out", word(&path.display())));
    }
    Ok(if planned.iter().all(|plan| plan.is_settled()) { Outcome::Clean } else { Outcome::Different })
}

/// What changed deployments do to the cost of each project.
async fn costs(
    loaded: &[Loaded],
    fleet: &Fleet<'_>,
    found: &[Result<Planned, Vec<Diagnostic>>],
) -> Vec<Option<cost::Change>> {
    let mut all = Vec::new();
    for ((one, target), found) in loaded.iter().zip(&fleet.targets).zip(found) {
        let deploys = |planned: &Planned| planned.plan.due().any(|step| step.key.kind == Kind::Deployment);
        all.push(match found {
            Ok(planned) if deploys(planned) => cost::change(one, target.applied_spec().await.as_deref()).await,
            _ => None,
        });
    }
    all
}

/// What is shown of plans, and how.
pub(super) struct View<'a> {
    pub scope: Scope,
    pub look: &'a Look,
    /// What changed deployments do to the cost, by project; shorter where that was not asked.
    pub costs: &'a [Option<cost::Change>],
    /// What the projects were called before; empty where that is nobody's business.
    pub formers: &'a Formers,
}

/// Shows every plan that there is, with what it costs, and for more than one project the sum; where Azure is left alone,
/// what an administrator must run there.
pub(super) fn show(
    loaded: &[Loaded],
    found: &[Result<Planned, Vec<Diagnostic>>],
    &View { scope, look: options, costs, formers }: &View<'_>,
    output: Output,
) {
    let plans = || loaded.iter().zip(found).filter_map(|(one, found)| Some((one, found.as_ref().ok()?)));
    // Where Azure is left alone, the ids that a first plan lacks are what the administrator's script prints.
    let unplanned: Vec<&str> = loaded
        .iter()
        .zip(found)
        .filter(|(_, found)| scope == Scope::DevOps && found.as_ref().is_err_and(|why| why.iter().any(is_missing)))
        .map(|(one, _)| one.project.name.as_str())
        .collect();
    loaded.iter().flat_map(|one| &one.left_out).for_each(|line| output.say(line));
    if output.is_json() {
        let projects: Vec<Value> = loaded
            .iter()
            .zip(found)
            .enumerate()
            .filter_map(|(number, (one, found))| match found {
                Ok(planned) => {
                    let mut value = as_json(one, planned, scope, &options.kind);
                    let former = formers.get(number).into_iter().flatten().map(Former::json);
                    value["former"] = former.collect();
                    value["cost"] = json!(costs.get(number).and_then(Option::as_ref).map(cost::Change::json));
                    Some(value)
                }
                Err(_) => unplanned.contains(&one.project.name.as_str()).then(|| {
                    json!({ "project": one.project.name.to_string(), "administrator": administrator(one, &State::new()) })
                }),
            })
            .collect();
        output.data(&json!({ "projects": projects }));
        return;
    }
    for one in loaded.iter().filter(|one| unplanned.contains(&one.project.name.as_str())) {
        output.text(&format!("{}\n\n", administrator(one, &State::new()).join("\n")));
    }
    for (number, (one, planned)) in loaded.iter().zip(found).enumerate() {
        let Ok(Planned { plan, told, state }) = planned else { continue };
        if loaded.len() > 1 {
            output.text(&format!("project {}\n", one.project.name));
        }
        let lines = if options.full { None } else { Some(changed_lines::of(one, plan)) };
        let colors = output.colors_data();
        let look = show::Look { told: Some(told), lines: lines.as_ref(), kinds: &options.kind, colors };
        let spec = changed_lines::of_spec(one, plan);
        output.text(&spec.iter().map(|line| format!("  spec  {line}\n")).collect::<String>());
        output.text(&if options.compact { brief::text(plan, &look) } else { show::look(plan, &look) });
        let adopted: BTreeSet<_> =
            plan.changes().filter(|step| step.action == Action::Adopt).map(|step| step.key.clone()).collect();
        for line in formers.get(number).into_iter().flatten().flat_map(|former| former.lines(one, &adopted)) {
            output.text(&format!("{line}\n"));
        }
        if let Some(change) = costs.get(number).and_then(Option::as_ref) {
            output.text(&format!("{}\n", change.line()));
            change.warnings.iter().for_each(|warning| output.say(&format!("warning: {warning}")));
        }
        if scope == Scope::DevOps {
            output.text(&format!("\n{}\n", administrator(one, state).join("\n")));
        }
    }
    if loaded.len() > 1 {
        let changed = plans().filter(|(_, planned)| !planned.plan.is_settled()).count();
        let unread = found.iter().filter(|found| found.is_err()).count();
        let rest = loaded.len() - changed - unread;
        let unread = if unread == 0 { String::new() } else { format!(", {unread} without a plan") };
        output.text(&format!("{} projects: {changed} with changes, {rest} without{unread}\n", loaded.len()));
    }
}

fn is_missing(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic, Diagnostic::Missing(_))
}

/// The lines that an administrator of Azure runs in the project's folder, as a bash script.
fn administrator(one: &Loaded, state: &State) -> Vec<String> {
    let values = variables(&one.project, Scope::Everything);
    let wanted = Wanted {
        project: &one.project,
        tree: &one.tree,
        content: &one.content,
        values: &values,
        scope: Scope::Everything,
    };
    let desired = azure::desired(&wanted).and_then(|mut desired| {
        desired.extend(membership::desired(&wanted)?);
        Ok(desired)
    });
    match desired {
        Ok(desired) => {
            let mut lines =
                vec!["# Azure is left alone. An administrator runs this in the project's folder:".to_owned()];
            lines.extend(admin_commands(&desired, state, &one.tree));
            lines.push("# The lines that begin with `export` go to whoever runs `apply --only devops`.".to_owned());
            lines.extend(left_out(one));
            lines
        }
        Err(missing) => {
            let lacks = |missing: &Missing| format!("# the commands for Azure are not known: {missing}");
            missing.iter().map(lacks).collect()
        }
    }
}

/// What a command that leaves Azure alone leaves out besides, as long as nobody says whose membership it is.
fn left_out(one: &Loaded) -> Option<String> {
    let given = variables(&one.project, Scope::DevOps).get(PRINCIPAL_ID).is_some_and(|id| !id.trim().is_empty());
    (!given && start_pipelines(&one.project)).then(|| {
        format!(
            "# Left out is the membership of {} in the project's contributors: without it no event (a registered model, new \
             data) can start a pipeline. The line above that exports {PRINCIPAL_ID} prints its value; set it, and run `apply --only \
             devops` again.",
            one.project.platform.events_identity
        )
    })
}

fn as_json(one: &Loaded, planned: &Planned, scope: Scope, kinds: &[Kind]) -> Value {
    let steps = planned.plan.steps.iter().filter(|step| kinds.is_empty() || kinds.contains(&step.key.kind));
    let told: BTreeMap<String, &Vec<String>> =
        planned.told.iter().map(|(key, lines)| (key.to_string(), lines)).collect();
    let mut value = json!({
        "project": one.project.name.to_string(),
        "organization": one.project.devops.organization.as_str(),
        "state": planned.plan.state,
        "steps": steps.collect::<Vec<_>>(),
        "kinds": brief::counts(&planned.plan),
        "changes": planned.plan.changes().count(),
        "leftOut": one.left_out,
        "waiting": planned.plan.waits_for().collect::<Vec<_>>(),
        "foretold": told,
    });
    if scope == Scope::DevOps {
        value["administrator"] = json!(administrator(one, &planned.state));
    }
    value
}

/// Everything that kept a project from having a plan, in words.
pub(super) fn diagnostics(loaded: &[Loaded], found: &[Result<Planned, Vec<Diagnostic>>]) -> Vec<String> {
    let mut lines = Vec::new();
    for (one, found) in loaded.iter().zip(found) {
        for diagnostic in found.as_ref().err().into_iter().flatten() {
            lines.push(said(&one.project.name.to_string(), loaded.len() > 1, diagnostic));
        }
    }
    let diagnostics: Vec<&Diagnostic> = found.iter().filter_map(|found| found.as_ref().err()).flatten().collect();
    let can = |why: &&&Diagnostic| matches!(why, Diagnostic::InTheWay(InTheWay { fixed: None, holder: None, .. }));
    let taken = diagnostics.iter().filter(can).count();
    if taken > 1 && taken == diagnostics.len() {
        lines.push(format!("`--adopt-all` takes over all {taken} that are named above"));
    } else if taken > 1 {
        lines.push(format!("when the rest is settled, `--adopt-all` takes over the {taken} that can be"));
    }
    lines
}

/// A diagnostic with what to do about it, and with the project's name where there are several.
pub(super) fn said(project: &str, several: bool, diagnostic: &Diagnostic) -> String {
    let of = if several { format!("{project}: ") } else { String::new() };
    match diagnostic.next() {
        Some(next) => format!("{of}{diagnostic}; {next}"),
        None => format!("{of}{diagnostic}"),
    }
}
