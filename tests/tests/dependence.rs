//! A changed line of the spec changes only files that say they depend on it; `explain` tells the truth.

use system_tests::{render_text, root};

/// A part of the spec, and a change of one line in it.
const CHANGES: [(&str, &str, &str); 24] = [
    ("project.description", "one year after baseline", "a year after baseline"),
    ("project.tags", "cost-center: ml-research", "cost-center: ml-other"),
    ("azure.location", "location: westeurope", "location: northeurope"),
    ("devops.branch", "branch: main", "branch: trunk"),
    ("devops.agent", "image: ubuntu-24.04", "image: ubuntu-22.04"),
    ("data.columns", "{name: age, min: -0.2", "{name: age, min: -0.3"),
    ("data.holdout", "fraction: 0.2", "fraction: 0.25"),
    ("data.distribution", "psi: 0.2", "psi: 0.3"),
    ("model.parameters", "alpha: 0.4", "alpha: 0.5"),
    ("model.metric", "margin: 0\n", "margin: 1\n"),
    ("model.tags", "task: regression", "task: other"),
    ("training.compute", "idleSeconds: 300", "idleSeconds: 600"),
    ("training.timeoutMinutes", "timeoutMinutes: 60", "timeoutMinutes: 90"),
    ("training.schedules", "0 3 * * 1", "0 4 * * 1"),
    ("training.onNewData", "prefix: incoming/", "prefix: arriving/"),
    ("scoring.contract", "smokeRequests: 20", "smokeRequests: 30"),
    ("scoring.memoryGiB", "memoryGiB: 1", "memoryGiB: 2"),
    ("scoring.replicas", "targetCpuPercent: 70", "targetCpuPercent: 60"),
    ("scoring.logging", "sample: 0.1", "sample: 0.2"),
    ("environments", "timeToLiveHours: 12", "timeToLiveHours: 24"),
    ("environments", "canaryPercent: 20", "canaryPercent: 30"),
    ("variableGroups", "name: diabetes-settings", "name: diabetes-values"),
    ("monitoring.alerts", "failedPercent: 5", "failedPercent: 6"),
    ("monitoring.budget", "amount: 300", "amount: 400"),
];

#[test]
fn a_changed_line_changes_only_files_that_say_they_depend_on_it() {
    let text = std::fs::read_to_string(root().join("out/mlops.yaml")).unwrap();
    let before = render_text("before", &text);
    let mut wrong = Vec::new();
    for (part, from, to) in CHANGES {
        assert!(text.contains(from), "out/mlops.yaml no longer holds {from:?}");
        let after = render_text(part, &text.replacen(from, to, 1));
        let mut changed = 0;
        for (path, file) in after.iter() {
            if before.get(path.as_str()).is_some_and(|old| old.bytes == file.bytes) {
                continue;
            }
            changed += 1;
            let covers = |said: &str| {
                part == said || part.starts_with(&format!("{said}.")) || said.starts_with(&format!("{part}."))
            };
            if !file.because.iter().any(|said| covers(said)) {
                wrong.push(format!("{path} changed with {part}, but says {:?}", file.because));
            }
        }
        assert!(changed > 0, "{part}: {from:?} changes nothing");
        assert!(changed < after.len() / 2, "{part} changes {changed} of {} files", after.len());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
