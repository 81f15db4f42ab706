//! Who can do what before anybody has looked at a change, and after.

use std::collections::{BTreeMap, BTreeSet};

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Stage, Variable};
use mlops_gen::project::Project;
use mlops_gen::project::variables::GroupContent;
use mlops_gen::remote::content::Content;
use mlops_gen::remote::desired::{Scope, Wanted, desired, variables};
use mlops_gen::remote::resource::Kind;
use mlops_gen::tree::RenderedTree;
use mlops_gen::verify::pipelines::files::Files;
use mlops_gen::verify::pipelines::tasks::CONNECTIONS;
use system_tests::{render, specs};

/// The condition of a stage that no other branch than the default one enters.
const DEFAULT_BRANCH: &str = "and(succeeded(), eq(variables['Build.SourceBranch'], variables['DEFAULT_BRANCH']))";

/// Tasks that sign in to nothing: they read and write the agent's disk, and results of the run itself.
const HARMLESS: [&str; 4] = ["Cache@2", "PublishTestResults@2", "PublishCodeCoverageResults@2", "UsePythonVersion@0"];

/// Service connections that a job uses, with the lines of everything else that would give it an identity.
fn identities(job: &Job<'_>) -> (BTreeSet<String>, Vec<String>) {
    let (mut connections, mut others) = (BTreeSet::new(), Vec::new());
    if job.deployment {
        others.push("an environment".to_owned());
    }
    for step in &job.steps {
        let inputs = step.node.get("inputs").map(Node::entries).unwrap_or_default();
        for (name, value) in inputs {
            let name = name.text().unwrap_or_default();
            if CONNECTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                connections.insert(value.text().unwrap_or_default().to_owned());
            }
        }
        match (step.kind, step.node.text_at(step.kind)) {
            ("task", Some(task)) if HARMLESS.contains(&task) => {}
            ("task", Some(task)) if task == "AzureCLI@2" && !inputs.is_empty() => {}
            ("bash" | "publish", Some(_)) | ("checkout", Some("self" | "none")) | ("download", Some("none")) => {}
            (kind, what) => others.push(format!("{kind} {}", what.unwrap_or_default())),
        }
        // The token of the build service may push, queue and tag.
        step.node.walk(&mut |node, _| {
            let token = |text: &str| {
                let text = text.to_lowercase().replace('_', ".");
                text.contains("system.accesstoken") || text.contains("persistcredentials")
            };
            let keys = node.entries().iter().flat_map(|(key, value)| [key.text(), value.text()]);
            others.extend(keys.flatten().filter(|text| token(text)).map(str::to_owned));
        });
    }
    (connections, others)
}

fn groups<'a>(variables: &[Variable<'a>]) -> Vec<&'a str> {
    let group = |variable: &Variable<'a>| match variable {
        Variable::Group(name) => name.text(),
        Variable::Named { .. } => None,
    };
    variables.iter().filter_map(group).collect()
}

/// The groups of `project` that read a vault.
fn vaults(project: &Project) -> BTreeSet<&str> {
    let vault = project.variable_groups.iter().filter(|g| matches!(g.content, GroupContent::KeyVault { .. }));
    vault.map(|group| group.name.as_str()).collect()
}

/// Calls `see` with every job of a pipeline in any run that its parameters allow, and the groups that it reads.
fn jobs(tree: &RenderedTree, path: &str, mut see: impl FnMut(&Stage<'_>, &Job<'_>, &[&str])) {
    let mut findings = Vec::new();
    let files = Files::read(tree, &mut findings);
    let expanded = files.expand(path, files.get(path).unwrap_or_else(|| panic!("there is no {path}")));
    let pipeline = Pipeline::read(&expanded);
    let problems = [expanded.problems.clone(), pipeline.problems()].concat();
    assert!(!pipeline.open && findings.is_empty() && problems.is_empty(), "{path}: {findings:?} {problems:?}");
    for (stage, job) in pipeline.jobs() {
        let seen = [groups(&pipeline.variables), groups(&stage.variables), groups(&job.variables)].concat();
        see(stage, job, &seen);
    }
}

fn load(spec: &std::path::Path) -> Project {
    let text = std::fs::read_to_string(spec).unwrap();
    mlops_gen::load("mlops.yaml", &text).unwrap_or_else(|_| panic!("{} is right", spec.display()))
}

#[test]
fn no_identity_that_can_write_is_in_reach_before_a_change_is_on_the_default_branch() {
    let (mut open, mut published) = (0, 0);
    for (name, spec) in specs() {
        let (tree, project) = (render(&spec), load(&spec));
        let vaults = vaults(&project);
        for path in ["pipelines/pull-request.yml", "pipelines/build.yml"] {
            jobs(&tree, path, |stage, job, groups| {
                let (connections, others) = identities(job);
                let of_default_branch =
                    path.ends_with("build.yml") && stage.node.text_at("condition") == Some(DEFAULT_BRANCH);
                if of_default_branch {
                    published += usize::from(!connections.is_empty());
                    return;
                }
                open += 1;
                assert!(connections.is_empty(), "{name}: {path}: {} uses {connections:?}", job.name);
                assert!(others.is_empty(), "{name}: {path}: {} has {others:?}", job.name);
                let secrets: Vec<&&str> = groups.iter().filter(|group| vaults.contains(**group)).collect();
                assert!(secrets.is_empty(), "{name}: {path}: {} reads {secrets:?}", job.name);
            });
        }
    }
    assert!(open >= 80 && published >= 20, "{open} open jobs and {published} that publish were seen");
}

#[test]
fn every_connection_that_a_pipeline_uses_and_every_vault_that_one_reads_is_under_branch_control() {
    for (name, spec) in specs() {
        let (tree, project) = (render(&spec), load(&spec));
        let values: BTreeMap<String, String> = variables(&project, Scope::Everything)
            .into_iter()
            .map(|name| (name, "00000000-0000-0000-0000-000000000001".to_owned()))
            .collect();
        let content = Content::default();
        let wanted =
            Wanted { project: &project, tree: &tree, content: &content, values: &values, scope: Scope::Everything };
        let resources = desired(&wanted).unwrap_or_else(|missing| panic!("{name}: {missing:?}"));
        let allowed = |host: &str| {
            let check = format!("{host}/branch-control");
            let found = resources.iter().find(|r| r.key.kind == Kind::Check && r.key.name == check);
            let found = found.unwrap_or_else(|| panic!("{name}: {host} is open to every branch"));
            assert_eq!(found.fields["isDisabled"], false);
            found.fields["inputs.allowedBranches"].as_str().unwrap().to_owned()
        };
        let mut used = BTreeSet::new();
        let paths: Vec<String> = tree.iter().map(|(path, _)| path.to_string()).collect();
        let pipelines = paths
            .iter()
            .filter(|path| path.starts_with("pipelines/") && path.ends_with(".yml") && path.matches('/').count() == 1);
        for path in pipelines {
            jobs(&tree, path, |_, job, _| used.extend(identities(job).0));
        }
        assert!(used.len() > project.environments.len() / 2, "{name}: {used:?}");
        let named = project.environments.iter().flat_map(|e| &e.checks.branches).map(|b| b.as_str());
        let known: BTreeSet<String> =
            named.chain([project.devops.branch.as_str()]).map(|branch| format!("refs/heads/{branch}")).collect();
        let hosts = used.iter().map(|name| format!("service-connection/{name}"));
        for host in hosts.chain(vaults(&project).iter().map(|name| format!("variable-group/{name}"))) {
            let branches = allowed(&host);
            let branches: BTreeSet<String> = branches.split(',').map(str::to_owned).collect();
            assert!(branches.contains(&format!("refs/heads/{}", project.devops.branch.as_str())), "{name}: {host}");
            assert!(branches.is_subset(&known), "{name}: {host} lets {branches:?} in");
        }
    }
}

#[test]
fn what_destroys_or_takes_down_passes_the_gates_of_its_environment() {
    let mut guarded = 0;
    for (name, spec) in specs() {
        let (tree, project) = (render(&spec), load(&spec));
        for path in ["pipelines/infrastructure.yml", "pipelines/cleanup.yml"] {
            if tree.get(path).is_none() {
                continue;
            }
            jobs(&tree, path, |stage, job, _| {
                let text = format!("{:?}", job.node);
                let destroys = text.contains("destroy-infrastructure.sh");
                let removes = text.contains("remove-expired") && !text.contains("\"true\"");
                let deploys = text.contains("deploy-infrastructure.sh");
                if !(destroys || removes || deploys) || stage.name.ends_with("_platform") {
                    return;
                }
                let gate = job.node.text_at("environment");
                let known = project.environments.iter().any(|e| Some(e.devops_environment.as_str()) == gate);
                assert!(job.deployment && known, "{name}: {path}: {} of {} passes no gate", job.name, stage.name);
                // The question of who approves is asked before the stage begins, so what it is about is shown before.
                assert!(!text.contains("what-if.sh"), "{name}: {path}: {}", stage.name);
                guarded += 1;
            });
        }
    }
    assert!(guarded >= 60, "only {guarded} jobs were seen");
}

#[test]
fn what_would_change_is_shown_in_a_stage_of_its_own_before() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let mut shown = BTreeSet::new();
        jobs(&tree, "pipelines/infrastructure.yml", |stage, job, _| {
            let text = format!("{:?}", job.node);
            if text.contains("what-if.sh") {
                shown.insert(stage.name.to_owned());
            }
            if text.contains("deploy-infrastructure.sh") {
                let waits: Vec<&str> = stage.depends.iter().flatten().filter_map(|node| node.text()).collect();
                assert_eq!(waits, [format!("Preview_{}", stage.name)], "{name}");
                assert!(shown.contains(waits[0]), "{name}: {} comes before its preview", stage.name);
            }
        });
        assert!(shown.len() >= 2, "{name}");
    }
}

#[test]
fn what_would_change_of_a_router_is_shown_before_the_approval_of_whatever_deploys_it() {
    let mut seen = BTreeSet::new();
    for (name, spec) in specs() {
        let tree = render(&spec);
        for path in ["pipelines/infrastructure.yml", "pipelines/release.yml"] {
            let mut shown = BTreeSet::new();
            jobs(&tree, path, |stage, job, _| {
                let text = format!("{:?}", job.node);
                if text.contains("what-if.sh") && text.contains("TEMPLATE") && text.contains("\"router\"") {
                    // What shows it waits for nobody's approval.
                    assert!(!job.deployment && job.node.text_at("environment").is_none(), "{name}: {path}");
                    shown.insert(stage.name.to_owned());
                }
                if text.contains("deploy-router.sh") || text.contains("find-router.sh") {
                    let waits: Vec<&str> = stage.depends.iter().flatten().filter_map(|node| node.text()).collect();
                    let before = format!("Preview_{}", stage.name);
                    assert!(waits.contains(&before.as_str()) && shown.contains(&before), "{name}: {path}: {waits:?}");
                    seen.insert((name.clone(), path));
                }
            });
        }
    }
    // Clear text deploys one with the infrastructure only.
    assert!(seen.len() >= 3 && seen.iter().any(|(_, path)| path.ends_with("release.yml")), "{seen:?}");
}

#[test]
fn who_confirms_is_named_and_does_not_confirm_a_run_of_their_own() {
    for (name, spec) in specs() {
        let (tree, project) = (render(&spec), load(&spec));
        let mut seen = 0;
        jobs(&tree, "pipelines/infrastructure.yml", |stage, job, _| {
            for step in job.steps.iter().filter(|step| step.node.text_at("task") == Some("ManualValidation@1")) {
                let input =
                    |key: &str| step.node.get("inputs").and_then(|inputs| inputs.text_at(key)).unwrap_or_default();
                assert!(!input("approvers").trim().is_empty(), "{name}: {}", stage.name);
                let own = project.environments.iter().filter_map(|e| e.approvals.as_ref());
                if own.clone().all(|approvals| !approvals.requester_may_approve) {
                    assert!(input("allowApproversToApproveTheirOwnRuns").eq_ignore_ascii_case("false"), "{name}");
                }
                seen += 1;
            }
        });
        assert_eq!(seen, project.environments.len() + 1, "{name}");
    }
}
