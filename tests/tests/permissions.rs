//! Who may do what: of every case nothing is missing and nothing is too much, and nobody's branch can write.
#![allow(clippy::print_stdout, reason = "the conformance check prints how many changes were made and named")]

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use azure_pipelines::expression::{Context, Scope as Names, evaluate, parse};
use azure_pipelines::model::{Job, Pipeline, Stage, Step};
use azure_pipelines::{Node, Place, Value};
use mlops_gen::tree::RenderedTree;
use mlops_gen::verify::permissions::{Giver, Grant, Identity, Permissions, Scope, roles};
use mlops_gen::verify::pipelines::files::Files;
use mlops_gen::verify::pipelines::tasks::CONNECTIONS;
use system_tests::{project, render, specs};

/// A case, read once for all tests.
struct Case {
    name: String,
    tree: Arc<RenderedTree>,
    permissions: Permissions,
}

/// Every case.
fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let read = |(name, spec): (String, PathBuf)| {
            let (tree, project) = (render(&spec), project(&spec));
            let permissions = Permissions::read(&tree, &project);
            Case { name, tree, permissions }
        };
        specs().into_iter().map(read).collect()
    });
    &CASES
}

/// All mutants where `MLOPS_GEN_PERMISSIONS=whole`; otherwise each so many-th.
fn sampled(index: usize, each: usize) -> bool {
    std::env::var("MLOPS_GEN_PERMISSIONS").is_ok_and(|value| value == "whole") || index.is_multiple_of(each)
}

#[test]
fn of_every_case_nothing_is_missing_nothing_is_too_much_and_every_call_is_known() {
    let mut wrong = Vec::new();
    for Case { name, permissions, .. } in cases() {
        wrong.extend(permissions.findings().iter().map(|one| format!("{name}: {}: {}", one.path, one.message)));
        wrong.extend(permissions.unknown.iter().map(|one| format!("{name}: {}: {}", one.path, one.message)));
        assert!(permissions.grants.len() > 15 && permissions.needs.len() > 150, "{name} is hardly read");
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whatever_role_is_taken_away_is_missed_by_who_needs_it() {
    let (mut named, mut all) = (0, 0);
    for Case { name: case, permissions, .. } in cases() {
        let mut without = permissions.clone();
        for index in (0..permissions.grants.len()).filter(|index| sampled(*index, 4)) {
            let taken = without.grants.remove(index);
            let missed = !without.missing().is_empty();
            assert!(missed, "{case}: nobody misses {taken:?}");
            without.grants.insert(index, taken);
            named += usize::from(missed);
            all += 1;
        }
    }
    println!("removed role assignments that are named: {named} of {all}");
    assert!(all > 200, "{all}");
}

/// Every role that is known, for every identity, on every scope that something is given on, as far as it is not given.
fn additions(permissions: &Permissions) -> impl Iterator<Item = Grant> {
    let mut scopes: Vec<&Scope> = permissions.grants.iter().map(|grant| &grant.scope).collect();
    scopes.sort();
    scopes.dedup();
    let each = permissions.identities().into_iter().flat_map(move |identity| {
        let at = move |scope: &Scope| {
            let scope = scope.clone();
            let known = roles::all().iter().chain(roles::of_devops());
            known.map(move |role| (identity.clone(), role.id.clone(), scope.clone()))
        };
        scopes.clone().into_iter().flat_map(at)
    });
    let all = each.enumerate().filter(|(index, _)| sampled(*index, 499)).map(|(_, one)| one);
    let given = |(identity, role, scope): &(Identity, String, Scope)| {
        permissions.grants.iter().any(|old| (&old.identity, &old.role, &old.scope) == (identity, role, scope))
    };
    all.filter(move |new| !given(new)).map(|(identity, role, scope)| Grant {
        identity,
        role,
        scope,
        condition: None,
        from: Giver::Apply,
        reason: None,
    })
}

#[test]
fn whatever_role_is_added_without_need_is_named() {
    let (mut named, mut all) = (0, 0);
    for Case { name: case, permissions, .. } in cases() {
        let mut with = permissions.clone();
        for (index, new) in additions(permissions).enumerate() {
            let found = permissions.is_unneeded(&new);
            assert!(found, "{case}: nobody wonders at {new:?}");
            // Of some, that the findings say it.
            if index.is_multiple_of(499) {
                with.grants.push(new.clone());
                let said = format!("{} is given {} at {} (", new.identity, new.role_name(), new.scope);
                assert!(with.findings().iter().any(|one| one.message.starts_with(&said)), "{case}: {said}");
                with.grants.pop();
            }
            named += usize::from(found);
            all += 1;
        }
    }
    println!("added role assignments that are named: {named} of {all}");
    assert!(all > 200, "{all}");
}

/// What a condition sees in a run of another branch than the default one, where everything before succeeded.
struct OtherBranch;

impl Names for OtherBranch {
    fn value(&self, _: &str) -> Option<Node> {
        None
    }

    fn property(&self, name: &str, key: &str) -> Option<Node> {
        let value = match (name.to_lowercase().as_str(), key.to_lowercase().as_str()) {
            ("variables", "build.sourcebranch") => "refs/heads/somebody",
            ("variables", "default_branch") => "refs/heads/main",
            _ => return None,
        };
        Some(Node::new(Value::text(value), &Place::nowhere()))
    }

    fn call(&self, function: &str, _: &[Value]) -> Option<Value> {
        ["succeeded", "always", "succeededorfailed"].contains(&function).then_some(Value::Boolean(true))
    }
}

/// Whether a stage or job may run there: its condition is not certainly false.
fn may_run(condition: Option<&Node>) -> bool {
    let Some(text) = condition.and_then(Node::text) else { return true };
    let expression = parse::<&str>(text, Context::Condition, &[]).expect("a condition that was proved");
    let value = evaluate(&expression, &OtherBranch, &Place::nowhere()).expect("a condition that has a value");
    !matches!(value.value, Value::Boolean(false))
}

/// What can write in the jobs that may run: a step, and who it signs in as.
fn writers(
    tree: &RenderedTree,
    permissions: &Permissions,
    path: &str,
    runs: &dyn Fn(Option<&Node>) -> bool,
) -> Vec<String> {
    let files = Files::read(tree, &mut Vec::new());
    let expanded = files.expand(path, files.get(path).expect("the pipeline is rendered"));
    let pipeline = Pipeline::read(&expanded);
    let mut skipped: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for stage in &pipeline.stages {
        let after_skipped =
            stage.depends.iter().flatten().any(|one| one.text().is_some_and(|one| skipped.contains(&one)));
        if after_skipped || !runs(stage.condition) {
            skipped.push(stage.name);
            continue;
        }
        for job in stage.jobs.iter().filter(|job| runs(job.condition)) {
            found.extend(in_job(stage, job, permissions));
        }
    }
    found
}

fn in_job(stage: &Stage<'_>, job: &Job<'_>, permissions: &Permissions) -> Vec<String> {
    let place = format!("{}.{}", stage.name, job.name);
    let mut found: Vec<String> = job.steps.iter().filter_map(|step| in_step(step, permissions)).collect();
    // A deployment writes the history of its environment.
    found.extend(job.deployment.then(|| "the environment that it deploys to".to_owned()));
    found.into_iter().map(|what| format!("{place}: {what}")).collect()
}

fn in_step(step: &Step<'_>, permissions: &Permissions) -> Option<String> {
    let connection = CONNECTIONS.iter().find_map(|input| step.input(input)).and_then(Node::text);
    if let Some(name) = connection {
        let own = permissions.grants.iter().filter(|grant| grant.identity == Identity::Connection(name.to_owned()));
        let roles: Vec<&str> = own.map(Grant::role_name).filter(|role| !role.ends_with("Reader")).collect();
        return Some(format!("signs in as {name}: {}", roles.join(", ")));
    }
    let mut token = step.node.get("persistCredentials").is_some_and(|node| node.text() != Some("false"));
    step.node.walk(&mut |node, _| token |= node.text().is_some_and(|text| text.contains("System.AccessToken")));
    token.then(|| "has the token of the build service".to_owned())
}

#[test]
fn no_job_of_a_pull_request_or_of_another_branch_can_write_to_anything() {
    for Case { name, tree, permissions } in cases() {
        assert_eq!(writers(tree, permissions, "pipelines/pull-request.yml", &|_| true), [""; 0], "{name}");
        assert_eq!(writers(tree, permissions, "pipelines/build.yml", &may_run), [""; 0], "{name}");
        // On the default branch it publishes: what is looked for is there to be found.
        let publishes = writers(tree, permissions, "pipelines/build.yml", &|_| true);
        assert!(publishes.iter().any(|one| one.contains("signs in as") && one.contains("Contributor")), "{name}");
    }
}
