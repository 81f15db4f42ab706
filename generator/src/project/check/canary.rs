//! How many pods a canary has.
//!
//! `KubernetesManifest@1` with `trafficSplitMethod: pod` makes `Math.round(replicas * percentage / 100)` pods of the new
//! version, and as many of the old one beside the stable deployment (azure-pipelines-tasks, KubernetesManifestV1,
//! `PodCanaryDeploymentHelper.ts`). Nothing there minds a result of 0: the deployment of no pods counts as done, and what
//! tests it finds nobody.

use super::issues::Issues;
use crate::spec::located::path::Path;
use crate::spec::{EnvironmentSpec, ReplicasSpec};

/// Refuses a share of which no pod is left, and one that leaves none.
///
/// Counted on the least number of replicas: with more of them, neither side gets fewer.
pub(super) fn check(environment: &EnvironmentSpec, replicas: &ReplicasSpec, at: &Path, issues: &mut Issues) {
    let Some(percent) = environment.canary_percent else { return };
    if !(1..=99).contains(&percent) || replicas.min < 1 || replicas.min > replicas.max || works(replicas.min, percent) {
        return;
    }
    let (count, share) = nearest(replicas.min, percent);
    let pods = match pods(replicas.min, percent) {
        0 => "no pod",
        _ => "every pod",
    };
    let message = format!("a canary of {percent} % of {} is {pods}", plural(replicas.min));
    let mut help = if count == replicas.min {
        format!("the nearest that works is `canaryPercent: {share}`")
    } else {
        let max = replicas.max.max(count);
        format!("the nearest that works is `canaryPercent: {share}` with `replicas: {{min: {count}, max: {max}}}`")
    };
    if let Some(more) = (replicas.min + 1..=1000).find(|more| works(*more, percent)).filter(|_| share != percent) {
        help += &format!("; {percent} % need at least {}", plural(more));
    }
    let counts = ["min", "max"].map(|count| Path::root().keys(&["scoring", "replicas", count]));
    let [least, most] = counts;
    issues.add(&at.key("canaryPercent"), message).about(least).about(most).help(help);
}

/// Pods of the new version. `Math.round` takes a half up.
fn pods(replicas: i64, percent: i64) -> i64 {
    (replicas * percent + 50) / 100
}

/// Whether at least one pod is of the new version, and at least one is not.
fn works(replicas: i64, percent: i64) -> bool {
    (1..replicas).contains(&pods(replicas, percent))
}

/// The pair that works with the fewest further replicas, and then the least other percentage.
fn nearest(replicas: i64, percent: i64) -> (i64, i64) {
    let count = replicas.max(2);
    let share = (1..100).filter(|share| works(count, *share)).min_by_key(|share| (share - percent).abs());
    (count, share.unwrap_or(50))
}

fn plural(replicas: i64) -> String {
    if replicas == 1 { "1 replica".to_owned() } else { format!("{replicas} replicas") }
}
