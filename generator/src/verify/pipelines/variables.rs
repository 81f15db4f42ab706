//! Variables: each `$(name)` is set by somebody, each group is one of the project's and open to the pipeline.

use std::collections::BTreeSet;

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Stage, Variable};
use azure_pipelines::template::macros;

use super::super::Finding;
use super::files::{Files, finding};
use super::scripts;
use crate::project::Project;
use crate::project::variables::{GroupContent, PipelineKind};

/// Starts of the names that Azure Pipelines defines itself (Microsoft Learn, "Use predefined variables").
const PREDEFINED: [&str; 13] = [
    "agent.",
    "build.",
    "checks.",
    "common.",
    "environment.",
    "pipeline.",
    "release.",
    "resources.",
    "strategy.",
    "system.",
    "rev:",
    "date:",
    "tf_build",
];

/// Checks the variables of a pipeline that is one of the tool's own `kind`, if it is.
pub fn check(
    pipeline: &Pipeline<'_>,
    kind: Option<PipelineKind>,
    project: &Project,
    files: &Files<'_>,
    findings: &mut Vec<Finding>,
) {
    let checker = Checker { kind, project, open: pipeline.open, root: &pipeline.root.place.file };
    let whole = checker.declared(&pipeline.variables, BTreeSet::new(), findings);
    for stage in &pipeline.stages {
        let of_stage = checker.declared(&stage.variables, whole.clone(), findings);
        for job in &stage.jobs {
            checker.job(stage, job, of_stage.clone(), files, findings);
        }
    }
}

struct Checker<'a> {
    kind: Option<PipelineKind>,
    project: &'a Project,
    open: bool,
    /// The pipeline's file: a template can be right in one pipeline and wrong in another.
    root: &'a str,
}

impl Checker<'_> {
    /// Names after `variables`, whose values may use what was declared before and each other.
    fn declared(
        &self,
        variables: &[Variable<'_>],
        mut known: BTreeSet<String>,
        findings: &mut Vec<Finding>,
    ) -> BTreeSet<String> {
        for variable in variables {
            match variable {
                Variable::Named { name, .. } => drop(known.insert(name.to_lowercase())),
                Variable::Group(group) => known.extend(self.group(group, findings)),
            }
        }
        for variable in variables {
            if let Variable::Named { value, .. } = variable {
                self.uses(value, &known, findings);
            }
        }
        known
    }

    /// What a group brings, if the project has it and this pipeline may see it.
    fn group(&self, node: &Node, findings: &mut Vec<Finding>) -> Vec<String> {
        let name = node.text().unwrap_or_default();
        let Some(group) =
            self.project.variable_groups.iter().find(|group| group.name.as_str().eq_ignore_ascii_case(name))
        else {
            if !name.contains("${{") {
                findings.push(finding(&node.place, format!("there is no variable group `{name}` in the spec")));
            }
            return Vec::new();
        };
        if let Some(kind) = self.kind.filter(|kind| !group.pipelines.contains(kind)) {
            let message = format!(
                "variable group `{name}` is not open to the {} pipeline; add it to the group in the spec",
                kind.as_str()
            );
            findings.push(finding(&node.place, message));
        }
        match &group.content {
            GroupContent::KeyVault { secrets, .. } => secrets.iter().map(|s| s.as_str().to_lowercase()).collect(),
            GroupContent::Plain(values) => values.keys().map(|name| name.as_str().to_lowercase()).collect(),
            GroupContent::Named(names) => names.iter().map(|name| name.as_str().to_lowercase()).collect(),
        }
    }

    fn job(
        &self,
        stage: &Stage<'_>,
        job: &Job<'_>,
        known: BTreeSet<String>,
        files: &Files<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let mut known = self.declared(&job.variables, known, findings);
        // Before the first step.
        for key in ["displayName", "environment", "pool", "timeoutInMinutes"] {
            for node in [job.node.get(key), stage.node.get(key)].into_iter().flatten() {
                node.walk(&mut |node, _| self.uses(node, &known, findings));
            }
        }
        for step in &job.steps {
            let own = step.script_file().is_none().then(|| step.inline()).flatten();
            step.node.walk(&mut |node, _| {
                // An inline script is judged as a script: there, `$(name)` may be the shell's.
                if !own.is_some_and(|script| std::ptr::eq(script, node)) {
                    self.uses(node, &known, findings);
                }
            });
            let name = step.name().unwrap_or_default().to_lowercase();
            for set in scripts::text_of(step, files).iter().flat_map(|text| scripts::sets(text)) {
                let set_name = set.name.to_lowercase();
                known.insert(if set.output { format!("{name}.{set_name}") } else { set_name });
            }
        }
    }

    fn uses(&self, node: &Node, known: &BTreeSet<String>, findings: &mut Vec<Finding>) {
        for name in node.text().into_iter().flat_map(macros) {
            let low = name.to_lowercase();
            let predefined = PREDEFINED.iter().any(|prefix| low.starts_with(prefix));
            if !predefined && !known.contains(&low) && !self.open {
                let message = format!(
                    "nobody sets the variable `{name}` in {}: no `variables`, no linked variable group, no earlier \
                     step; an unknown `$({name})` stays as it is",
                    self.root
                );
                findings.push(finding(&node.place, message));
            }
        }
    }
}
