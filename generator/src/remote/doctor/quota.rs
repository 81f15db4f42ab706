//! Virtual CPUs of the training cluster, in its priority.

use super::Finding;
use crate::project::training::{Compute, Priority};

const CHECK: &str = "quota";

/// A size of virtual machines, as Azure ML lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Family: `standardDSv2Family`.
    pub family: String,
    /// Virtual CPUs of a node.
    pub cpus: u64,
    /// Whether it can be had at low priority.
    pub low_priority: bool,
}

/// Use of a family, or of all low-priority nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// `standardDSv2Family`, `LowPriorityCores`.
    pub name: String,
    /// In use.
    pub used: i64,
    /// The quota; negative for none.
    pub limit: i64,
}

/// Whether the cluster at its full size fits into the quota of `location`. `size` is `None` where the region lacks it.
pub fn check(compute: &Compute, location: &str, size: Option<&Size>, usages: &[Usage]) -> Finding {
    let sku = compute.sku.as_str();
    let Some(size) = size else {
        return Finding::blocks(
            CHECK,
            format!("Azure ML has no size {sku} in {location}"),
            "set another `training.compute.sku`, or another region",
        );
    };
    let low = compute.priority == Priority::LowPriority;
    if low && !size.low_priority {
        return Finding::blocks(
            CHECK,
            format!("{sku} cannot be had at low priority"),
            "set `training.compute.priority: dedicated`, or another size",
        );
    }
    let is_low = |usage: &Usage| usage.name.to_lowercase().replace([' ', '-'], "").contains("lowpriority");
    let fits = |usage: &&Usage| if low { is_low(usage) } else { usage.name.eq_ignore_ascii_case(&size.family) };
    let kind = if low { "low-priority nodes".to_owned() } else { size.family.clone() };
    let Some(usage) = usages.iter().find(fits) else {
        return Finding::note(
            CHECK,
            format!("Azure ML tells no quota for {kind} in {location}"),
            "see Azure ML studio, Quota",
        );
    };
    let needed = i64::try_from(size.cpus.saturating_mul(u64::from(compute.max_nodes))).unwrap_or(i64::MAX);
    let free = if usage.limit < 0 { i64::MAX } else { usage.limit.saturating_sub(usage.used) };
    let figures = format!(
        "{} nodes of {sku} need {needed} virtual CPUs; of {kind} in {location}, {} of {} are in use",
        compute.max_nodes, usage.used, usage.limit
    );
    let remedy = format!(
        "ask for more (Azure ML studio, Quota, {kind}), or lower `training.compute.maxNodes`, or choose another size, \
         priority or region"
    );
    if needed <= free {
        Finding::good(CHECK, figures)
    } else if free < i64::try_from(size.cpus).unwrap_or(i64::MAX) {
        Finding::blocks(CHECK, format!("{figures}: not even one node fits"), remedy)
    } else {
        Finding::note(CHECK, format!("{figures}: the cluster cannot grow to its full size now"), remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::name::ComputeName;
    use crate::project::training::Sku;
    use crate::remote::doctor::Level;

    fn compute(priority: Priority) -> Compute {
        Compute {
            name: ComputeName::parse("cpu-cluster").unwrap(),
            sku: Sku::parse("Standard_D4ds_v5").unwrap(),
            min_nodes: 0,
            max_nodes: 4,
            priority,
            idle_seconds: 300,
        }
    }

    #[test]
    fn the_quota_is_that_of_the_family_or_of_low_priority() {
        let size = Size { family: "standardDSv2Family".to_owned(), cpus: 4, low_priority: true };
        let usages = |family: i64, low: i64| {
            let usage = |name: &str, used| Usage { name: name.to_owned(), used, limit: 100 };
            vec![usage("standarddsv2family", family), usage("LowPriorityCores", low)]
        };
        let level = |priority, usages: &[Usage]| check(&compute(priority), "westeurope", Some(&size), usages).level;
        assert_eq!(level(Priority::Dedicated, &usages(84, 100)), Level::Good);
        assert_eq!(level(Priority::Dedicated, &usages(85, 0)), Level::Note);
        assert_eq!(level(Priority::Dedicated, &usages(97, 0)), Level::Blocks);
        assert_eq!(level(Priority::LowPriority, &usages(100, 84)), Level::Good);
        assert_eq!(level(Priority::LowPriority, &usages(0, 100)), Level::Blocks);
        assert_eq!(level(Priority::LowPriority, &[]), Level::Note);
        assert_eq!(check(&compute(Priority::Dedicated), "l", None, &[]).level, Level::Blocks);
        let never = Size { low_priority: false, ..size.clone() };
        assert_eq!(check(&compute(Priority::LowPriority), "l", Some(&never), &usages(0, 0)).level, Level::Blocks);
    }
}
